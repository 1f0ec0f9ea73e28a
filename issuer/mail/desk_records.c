#include "mail/desk_records.h"

#include "base/text.h"
#include "mail/json_split.h"

#include <jansson.h>
#include <string.h>

#define MAX_LEVELS 16 /* of objects in a ticket */

typedef struct {
    const DeskOut *out;
    bool stopped;
    uint64_t mails;
} Records;

bool desk_records_is_one(const char *data, gsize length)
{
    static const char blank[] = " \t\r\n";
    gsize at = length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    char signs[3] = {'\0'};
    for (gsize count = 0; count < 2 && at < length; at++) {
        if (strchr(blank, data[at]) == NULL || data[at] == '\0') {
            signs[count++] = data[at];
        }
    }
    return (signs[0] == '{' && (signs[1] == '"' || signs[1] == '}')) ||
           (signs[0] == '[' && (signs[1] == '{' || signs[1] == '[' || signs[1] == ']'));
}

// ---- values ----

/* A value as text; NULL for what has none. New string. */
static char *text_of(json_t *value)
{
    if (json_is_string(value)) {
        return g_strdup(json_string_value(value));
    }
    if (json_is_integer(value)) {
        return g_strdup_printf("%lld", (long long)json_integer_value(value));
    }
    return json_is_boolean(value) ? g_strdup(json_is_true(value) ? "true" : "false") : NULL;
}

/* The member of that name, whatever its letters' case; NULL: it has none. Owned by the object. */
static json_t *member(json_t *object, const char *wanted)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        if (g_ascii_strcasecmp(name, wanted) == 0) {
            return value;
        }
    }
    return NULL;
}

/* The first of these members that is a text. Owned by the object. */
static const char *member_text(json_t *object, const char *const *names)
{
    for (gsize i = 0; names[i] != NULL; i++) {
        const char *text = json_string_value(member(object, names[i]));
        if (text != NULL) {
            return text;
        }
    }
    return NULL;
}

/* Where a person is an object of its own: its address, and in which part it acts. */
static void take_person(DeskRow *row, const char *name, DeskField field, json_t *person)
{
    static const char *const addresses[] = {"email",  "address", "emailAddress", "email_address",
                                            "handle", "text",    "id",           NULL};
    static const char *const kinds[] = {"type", "role", "kind", NULL};
    json_t *inner = member(person, "emailAddress"); // Microsoft Graph
    const char *kind = member_text(person, kinds);
    if (field == DESK_TO && g_strcmp0(kind, "from") == 0) {
        field = DESK_FROM; // Front has all of them in one list
    }
    desk_fields_set(row, field, member_text(json_is_object(inner) ? inner : person, addresses));
    if (field == DESK_FROM && kind != NULL) {
        // FreeScout and Help Scout call their own people users; Intercom calls customers so.
        bool own = g_ascii_strcasecmp(kind, "user") == 0 && g_str_has_prefix(name, "created");
        g_clear_pointer(&row->values[DESK_AUTHOR_KIND], g_free);
        desk_fields_set(row, DESK_AUTHOR_KIND, own ? "agent" : kind);
    }
}

/* The first address of a list of them, and whoever it says the mail is from. */
static void take_list(DeskRow *row, const char *name, DeskField field, const json_t *list)
{
    for (gsize i = 0; i < json_array_size(list); i++) {
        json_t *one = json_array_get(list, i);
        if (json_is_object(one)) {
            take_person(row, name, field, one);
        } else {
            desk_fields_set(row, field, json_string_value(one));
        }
    }
}

static bool is_person(DeskField field)
{
    return field == DESK_FROM || field == DESK_CUSTOMER || field == DESK_TO;
}

/* Zendesk: via → source → from → address. */
static void take_via(DeskRow *row, const json_t *via)
{
    json_t *from = json_object_get(json_object_get(via, "source"), "from");
    if (json_is_object(from)) {
        take_person(row, "from", DESK_FROM, from);
    }
}

static bool is_text(DeskField field)
{
    return field == DESK_BODY || field == DESK_TEXT || field == DESK_HTML;
}

/* Texts as Atlassian's programs keep them: paragraphs of pieces, each an object of its own. */
// NOLINTNEXTLINE(misc-no-recursion): as deep as MAX_LEVELS
static void append_document(GString *text, json_t *node, unsigned level)
{
    const char *type = json_string_value(json_object_get(node, "type"));
    const char *piece = json_string_value(json_object_get(node, "text"));
    g_string_append(text, piece != NULL ? piece : "");
    const json_t *content = json_object_get(node, "content");
    for (gsize i = 0; level < MAX_LEVELS && i < json_array_size(content); i++) {
        append_document(text, json_array_get(content, i), level + 1);
    }
    if (g_strcmp0(type, "text") != 0) {
        g_string_append_c(text, '\n');
    }
}

/* A text that is an object: its pieces, or its kind and content (Microsoft Graph). */
static void take_text(DeskRow *row, DeskField field, json_t *object)
{
    static const char *const contents[] = {"content", "value", "text", "plain", "html", NULL};
    static const char *const types[] = {"contentType", "content_type", "format", NULL};
    if (json_is_array(json_object_get(object, "content"))) {
        g_autoptr(GString) text = g_string_new(NULL);
        append_document(text, object, 0);
        desk_fields_set(row, field, text->str);
        return;
    }
    desk_fields_set(row, DESK_CONTENT_TYPE, member_text(object, types));
    desk_fields_set(row, field, member_text(object, contents));
}

static void take_member(DeskRow *row, const char *name, json_t *value)
{
    const DeskField field = desk_fields_find(name);
    if (strcmp(name, "via") == 0) {
        take_via(row, value);
    } else if (is_person(field) && json_is_object(value)) {
        take_person(row, name, field, value);
    } else if (is_person(field) && json_is_array(value)) {
        take_list(row, name, field, value);
    } else if (is_text(field) && json_is_object(value)) {
        take_text(row, field, value);
    } else if (field == DESK_UNKNOWN) {
        desk_fields_set_unknown(row, json_string_value(value));
    } else if (field != DESK_ATTACHMENTS) {
        g_autofree char *text = text_of(value);
        desk_fields_set(row, field, text);
    }
}

static void take_members(DeskRow *row, json_t *object)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        take_member(row, name, value);
    }
    // Zendesk says with "public" what others say with "private".
    if (json_is_false(json_object_get(object, "public"))) {
        desk_fields_set(row, DESK_INTERNAL, "true");
    }
}

// ---- files ----

static bool take_file(GPtrArray *files, json_t *attachment)
{
    static const char *const contents[] = {
        "data", "content", "content_base64", "base64", "file_content", "contents", NULL};
    static const char *const names[] = {"filename", "file_name", "fileName", "name", NULL};
    const char *encoded = json_is_object(attachment) ? member_text(attachment, contents) : NULL;
    GBytes *content = encoded == NULL ? NULL : desk_mail_decode(encoded);
    if (content == NULL) {
        return false;
    }
    DeskFile *file = g_new0(DeskFile, 1);
    file->name = g_strdup(member_text(attachment, names));
    file->content = content;
    g_ptr_array_add(files, file);
    return true;
}

/* The files that came with the mail; false if there are some that the export does not hold. */
static bool take_files(GPtrArray *files, json_t *object)
{
    bool all = true;
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        if (desk_fields_find(name) != DESK_ATTACHMENTS) {
            continue;
        }
        for (gsize i = 0; i < json_array_size(value); i++) {
            all = take_file(files, json_array_get(value, i)) && all;
        }
    }
    return all;
}

// ---- objects ----

static void give_mail(Records *records, json_t *object, const DeskRow *row)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(desk_mail_free_file);
    bool partial = !take_files(files, object);
    records->mails++;
    records->stopped = !desk_out_row(records->out, row, files, partial);
}

static void take_object(Records *records, json_t *object, const DeskRow *ticket, unsigned level);

/* What stands within the ticket: its mails, or further objects that hold them. */
// NOLINTNEXTLINE(misc-no-recursion): as deep as MAX_LEVELS
static void take_inner(Records *records, json_t *value, const DeskRow *row, unsigned level)
{
    if (json_is_object(value)) {
        take_object(records, value, row, level + 1);
    }
    for (gsize i = 0; i < json_array_size(value) && !records->stopped; i++) {
        json_t *element = json_array_get(value, i);
        if (json_is_object(element)) {
            take_object(records, element, row, level + 1);
        }
    }
}

/* Jira's "comment" is no text, but {"comments": […]}. */
static bool member_is_list(const json_t *object)
{
    return json_array_size(json_object_get(object, "comments")) > 0;
}

static bool may_hold_mails(const char *name, json_t *value)
{
    DeskField field = desk_fields_find(name);
    if (is_text(field) && json_is_object(value)) {
        return member_is_list(value); // take_text() has taken it
    }
    return !is_person(field) && field != DESK_ATTACHMENTS && strcmp(name, "via") != 0;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as MAX_LEVELS
static void take_object(Records *records, json_t *object, const DeskRow *ticket, unsigned level)
{
    if (level >= MAX_LEVELS) {
        return;
    }
    g_auto(DeskRow) row = {{NULL}};
    take_members(&row, object);
    desk_fields_inherit(&row, ticket);
    if (desk_fields_have_mail(&row)) {
        give_mail(records, object, &row);
    }
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        if (!records->stopped && may_hold_mails(name, value)) {
            take_inner(records, value, &row, level);
        }
    }
}

// ---- the file ----

static void tell(Records *records, char *why)
{
    records->stopped = !records->out->trouble(records->out->data, why) || records->stopped;
    g_free(why);
}

static void take_record(Records *records, const char *data, gsize size, uint64_t offset)
{
    json_error_t error;
    json_t *object = json_loadb(data, size, JSON_ALLOW_NUL, &error);
    if (object == NULL) {
        g_autofree char *text = text_one_line(error.text, 0); // it quotes what it stumbled over
        tell(records, g_strdup_printf("has something at byte %llu that is no JSON (%s); export it "
                                      "again",
                                      (unsigned long long)offset, text));
        return;
    }
    const DeskRow nothing = {{NULL}};
    take_object(records, object, &nothing, 0);
    json_decref(object);
}

static void tell_end(Records *records, JsonSplitKind kind, uint64_t offset)
{
    if (kind == JSON_SPLIT_CUT) {
        tell(records, g_strdup_printf("ends within what begins at byte %llu, so mails are "
                                      "missing; export it again",
                                      (unsigned long long)offset));
    } else if (kind == JSON_SPLIT_FAILED) {
        tell(records,
             g_strdup_printf("cannot be read further than byte %llu; see to it, and give it again",
                             (unsigned long long)offset));
    } else if (records->mails == 0) {
        tell(records, g_strdup("is JSON without a mail: no member of it is a text (body, text, "
                               "html, raw); export the mails with their texts"));
    }
}

void desk_records_read(int fd, const DeskOut *out)
{
    Records records = {.out = out};
    g_autoptr(JsonSplit) split = json_split_new(fd, DESK_MOST);
    const char *data = NULL;
    gsize size = 0;
    uint64_t offset = 0;
    JsonSplitKind kind = JSON_SPLIT_OBJECT;
    while (!records.stopped && (kind == JSON_SPLIT_OBJECT || kind == JSON_SPLIT_TOO_LONG)) {
        kind = json_split_next(split, &data, &size, &offset);
        if (kind == JSON_SPLIT_OBJECT) {
            take_record(&records, data, size, offset);
        } else if (kind == JSON_SPLIT_TOO_LONG) {
            tell(&records, g_strdup_printf("has an object at byte %llu of more than %lu MiB, which "
                                           "is not read; export it in pieces",
                                           (unsigned long long)offset, DESK_MOST >> 20));
        }
    }
    if (!records.stopped) {
        tell_end(&records, kind, offset);
    }
}
