#include "mail/headers.h"

#include <string.h>

#define MAX_TELLING    100 /* besides */
#define MAX_NAME       128
#define MAX_VALUE_SIZE (64UL * 1024)

typedef struct {
    char *name; /* lower case */
    GString *value;
    bool cut; /* there was more of it */
} Field;

struct Headers {
    GPtrArray *fields;
    gsize start;
    gsize size;
    bool full;         /* a field was left out, … */
    bool telling_full; /* … be it a telling one */
};

static void field_free(gpointer data)
{
    Field *field = data;
    g_free(field->name);
    g_string_free(field->value, TRUE);
    g_free(field);
}

/* The length of a field's name, 0 if the line is no field. Blanks before the colon are against the
 * grammar but common. */
static gsize name_length(const char *line, gsize length)
{
    gsize name = 0;
    while (name < length && name < MAX_NAME && line[name] > ' ' && line[name] < 127 &&
           line[name] != ':') {
        name++;
    }
    gsize colon = name;
    while (colon < length && (line[colon] == ' ' || line[colon] == '\t')) {
        colon++;
    }
    return colon < length && line[colon] == ':' ? name : 0;
}

bool headers_is_field(const char *line, gsize length)
{
    return name_length(line, length) > 0;
}

/* Adds `length` bytes to a value: each run of white space becomes one blank. NUL bytes are dropped,
 * for the value is a C string. */
static void append_value(Field *field, const char *text, gsize length)
{
    GString *value = field->value;
    field->cut = field->cut || length > MAX_VALUE_SIZE - value->len;
    for (gsize i = 0; i < length && value->len < MAX_VALUE_SIZE; i++) {
        bool blank = g_ascii_isspace(text[i]);
        if (blank && (value->len == 0 || value->str[value->len - 1] == ' ')) {
            continue;
        }
        if (text[i] != '\0') {
            g_string_append_c(value, blank ? ' ' : text[i]);
        }
    }
}

static Field *field_new(const char *line, gsize name, gsize length)
{
    Field *field = g_new0(Field, 1);
    field->name = g_ascii_strdown(line, (gssize)name);
    field->value = g_string_sized_new(length);
    const char *colon = memchr(line, ':', length);
    append_value(field, colon + 1, length - (gsize)(colon + 1 - line));
    return field;
}

/* Who wrote a mail, and whether a program did: read wherever it stands, so that it cannot be hidden
 * behind fields without end. */
static bool is_telling(const char *name, gsize length)
{
    static const char *const names[] = {"from",
                                        "sender",
                                        "reply-to",
                                        "return-path",
                                        "x-original-from",
                                        "x-original-sender",
                                        "auto-submitted",
                                        "content-type",
                                        "message-id",
                                        "date"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strlen(names[i]) == length && g_ascii_strncasecmp(name, names[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_room(Headers *headers, const char *name, gsize length)
{
    if (headers->fields->len < HEADERS_MOST_FIELDS) {
        return true;
    }
    const bool telling = is_telling(name, length);
    const bool room = telling && headers->fields->len < HEADERS_MOST_FIELDS + MAX_TELLING;
    headers->full = headers->full || !room;
    headers->telling_full = headers->telling_full || (telling && !room);
    return room;
}

static void read_line(Headers *headers, Field **last, const char *line, gsize length)
{
    if (line[0] == ' ' || line[0] == '\t') {
        if (*last != NULL) {
            append_value(*last, " ", 1);
            append_value(*last, line, length);
        }
        return;
    }
    gsize name = name_length(line, length);
    if (name == 0 || !has_room(headers, line, name)) {
        *last = NULL; /* its continuation lines are no field's either */
        return;
    }
    *last = field_new(line, name, length);
    g_ptr_array_add(headers->fields, *last);
}

/* Skips what may stand before the first field. */
static gsize skip_preface(const char *data, gsize length)
{
    gsize at = length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < length && (data[at] == '\n' || data[at] == '\r')) {
        at++;
    }
    if (length - at > 5 && memcmp(data + at, "From ", 5) == 0) {
        const char *end = memchr(data + at, '\n', length - at);
        at = end == NULL ? length : (gsize)(end + 1 - data);
    }
    return at;
}

Headers *headers_read(const char *data, gsize length)
{
    Headers *headers = g_new0(Headers, 1);
    headers->fields = g_ptr_array_new_with_free_func(field_free);
    Field *last = NULL;
    gsize at = skip_preface(data, length);
    while (at < length) {
        const char *line = data + at;
        const char *end = memchr(line, '\n', length - at);
        gsize size = end == NULL ? length - at : (gsize)(end - line);
        at += end == NULL ? size : size + 1;
        if (size > 0 && line[size - 1] == '\r') {
            size--;
        }
        if (size == 0) {
            break;
        }
        bool first = headers->fields->len == 0;
        read_line(headers, &last, line, size);
        if (first && headers->fields->len > 0) {
            headers->start = (gsize)(line - data);
        }
    }
    headers->size = at;
    for (guint i = 0; i < headers->fields->len; i++) {
        Field *field = g_ptr_array_index(headers->fields, i);
        g_strchomp(field->value->str);
    }
    return headers;
}

gsize headers_start(const Headers *headers)
{
    return headers->start;
}

gsize headers_size(const Headers *headers)
{
    return headers->size;
}

guint headers_place(const Headers *headers, const char *name, guint nth)
{
    for (guint i = 0; i < headers->fields->len; i++) {
        const Field *field = g_ptr_array_index(headers->fields, i);
        if (strcmp(field->name, name) == 0 && nth-- == 0) {
            return i;
        }
    }
    return G_MAXUINT;
}

const char *headers_nth(const Headers *headers, const char *name, guint nth)
{
    const guint place = headers_place(headers, name, nth);
    return place < headers->fields->len
               ? ((const Field *)g_ptr_array_index(headers->fields, place))->value->str
               : NULL;
}

const char *headers_first(const Headers *headers, const char *name)
{
    return headers_nth(headers, name, 0);
}

guint headers_count(const Headers *headers, const char *name)
{
    guint count = 0;
    while (headers_nth(headers, name, count) != NULL) {
        count++;
    }
    return count;
}

bool headers_is_cut(const Headers *headers, const char *name)
{
    bool cut = headers->telling_full;
    for (guint i = 0; i < headers->fields->len && !cut; i++) {
        const Field *field = g_ptr_array_index(headers->fields, i);
        cut = field->cut && strcmp(field->name, name) == 0;
    }
    return cut;
}

bool headers_is_full(const Headers *headers)
{
    return headers->full;
}

void headers_free(Headers *headers)
{
    if (headers == NULL) {
        return;
    }
    g_ptr_array_unref(headers->fields);
    g_free(headers);
}
