#include "mail/mime_outline.h"

#include <string.h>

#define MAX_DASHED  20000               /* lines that may be boundaries */
#define MAX_FIELD   (64UL * 1024)       /* bytes of one field with the lines that continue it */
#define MAX_TELLING 8                   /* Content-… fields of one header */
#define BUDGET      (2UL * 1024 * 1024) /* bytes of fields that tell of a part, and of others */
#define FIELD_COST  32                  /* bytes that each of them counts for besides */
#define LONG_LINE   1000                /* bytes; RFC 5322 allows 998 */

/* Something that is left out. */
typedef struct {
    gsize at;    /* where in the outline */
    gsize total; /* bytes left out so far, with these */
} Gap;

struct MimeOutline {
    const char *data; /* the mail */
    gsize length;
    GByteArray *copy; /* NULL: nothing is left out */
    GArray *gaps;     /* of Gap */
    gsize copied;     /* bytes of the mail that are in the copy, or in a gap */
    bool is_short;
};

/* The header that is gone through, or lines of text without an empty one between, which look the
 * same from here. */
typedef struct {
    gsize dashed;
    gsize spent[2]; /* of the budget of fields and lines that tell nothing, and of telling fields */
    gsize telling;  /* how many fields of this header tell what a part is */
    gsize size;     /* bytes of the field at hand so far */
    bool tells;     /* the field at hand does */
    bool given;     /* it is given */
} Walk;

static void leave_out(MimeOutline *outline, gsize start, gsize end)
{
    outline->copy = outline->copy == NULL ? g_byte_array_new() : outline->copy;
    g_byte_array_append(outline->copy, (const guint8 *)outline->data + outline->copied,
                        (guint)(start - outline->copied));
    outline->copied = end;
    const guint count = outline->gaps->len;
    const Gap *last = count == 0 ? NULL : &g_array_index(outline->gaps, Gap, count - 1);
    const Gap gap = {outline->copy->len, (last == NULL ? 0 : last->total) + (end - start)};
    if (last != NULL && last->at == gap.at) {
        g_array_set_size(outline->gaps, count - 1);
    }
    g_array_append_val(outline->gaps, gap);
}

static bool tells_of_a_part(const char *line, gsize size)
{
    static const char name[] = "content-";
    return size > sizeof name && g_ascii_tolower(line[0]) == 'c' &&
           g_ascii_strncasecmp(line, name, sizeof name - 1) == 0;
}

static void begin_field(Walk *walk, MimeOutline *outline, const char *line, gsize size)
{
    walk->size = 0;
    walk->tells = tells_of_a_part(line, size);
    walk->telling += walk->tells;
    const bool spent = walk->spent[walk->tells] >= BUDGET;
    walk->given = !spent && walk->telling <= MAX_TELLING;
    walk->spent[walk->tells] += walk->given ? FIELD_COST : 0;
    outline->is_short = outline->is_short || (walk->tells && spent);
}

/* How much of a line is given. One of more than 4 kB without a colon makes GMime's parser stick for
 * ever. */
static gsize given_size(const Walk *walk, const char *line, gsize size)
{
    const gsize room = MIN(size, MAX_FIELD - MIN(walk->size, MAX_FIELD));
    const bool sticks = room > LONG_LINE && memchr(line, ':', LONG_LINE) == NULL;
    return sticks ? LONG_LINE : room;
}

/* A line of `size` bytes without its end, and `whole` with it, that is neither empty nor a
 * boundary.
 */
static void take_line(Walk *walk, MimeOutline *outline, const char *line, gsize size, gsize whole)
{
    const gsize at = (gsize)(line - outline->data);
    if (line[0] != ' ' && line[0] != '\t') {
        begin_field(walk, outline, line, size);
    }
    const gsize given = walk->given ? given_size(walk, line, size) : 0;
    if (given == 0) {
        leave_out(outline, at, at + whole);
    } else if (given < size) {
        leave_out(outline, at + given, at + size);
    }
    walk->size += size;
    walk->spent[walk->tells] += given;
}

static void read_lines(Walk *walk, MimeOutline *outline)
{
    const char *const data = outline->data;
    for (gsize at = 0; at < outline->length;) {
        const char *line = data + at;
        const char *end = memchr(line, '\n', outline->length - at);
        const gsize size = end == NULL ? outline->length - at : (gsize)(end - line);
        const gsize whole = end == NULL ? size : size + 1;
        const bool dashed = size > 2 && line[0] == '-' && line[1] == '-' && line[2] > ' ';
        const bool empty = size == 0 || (size == 1 && line[0] == '\r');
        walk->dashed += dashed;
        if (dashed || empty) {
            walk->telling = 0;
            walk->size = 0;
            walk->tells = false;
        } else {
            take_line(walk, outline, line, size, whole);
        }
        at += whole;
    }
}

MimeOutline *mime_outline_new(const char *data, gsize length)
{
    g_autoptr(MimeOutline) outline = g_new0(MimeOutline, 1);
    outline->data = data;
    outline->length = length;
    outline->gaps = g_array_new(FALSE, FALSE, sizeof(Gap));
    Walk walk = {.given = true};
    read_lines(&walk, outline);
    if (outline->copy != NULL) {
        g_byte_array_append(outline->copy, (const guint8 *)data + outline->copied,
                            (guint)(length - outline->copied));
    }
    return walk.dashed > MAX_DASHED ? NULL : g_steal_pointer(&outline);
}

const char *mime_outline_bytes(const MimeOutline *outline, gsize *length)
{
    *length = outline->copy == NULL ? outline->length : outline->copy->len;
    return outline->copy == NULL ? outline->data : (const char *)outline->copy->data;
}

/* How many bytes were left out in gaps that stand before byte `at` of the outline. */
static gsize left_out_before(const MimeOutline *outline, gsize at)
{
    guint low = 0; /* how many gaps stand there */
    guint high = outline->gaps->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(outline->gaps, Gap, middle).at < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? 0 : g_array_index(outline->gaps, Gap, low - 1).total;
}

gsize mime_outline_start(const MimeOutline *outline, gsize at)
{
    return at + left_out_before(outline, at);
}

gsize mime_outline_end(const MimeOutline *outline, gsize at)
{
    gsize length = 0;
    const char *bytes = mime_outline_bytes(outline, &length);
    const gsize cr = at < length && bytes[at] == '\r' ? 1 : 0;
    const gsize lf = at + cr < length && bytes[at + cr] == '\n' ? 1 : 0;
    const gsize behind = lf == 0 ? at : at + cr + lf;
    const gsize before = left_out_before(outline, at);
    const gsize with = left_out_before(outline, behind + 1);
    return with > before ? behind + with : at + before;
}

bool mime_outline_is_short(const MimeOutline *outline)
{
    return outline->is_short;
}

void mime_outline_free(MimeOutline *outline)
{
    if (outline == NULL) {
        return;
    }
    g_clear_pointer(&outline->copy, g_byte_array_unref);
    g_array_unref(outline->gaps);
    g_free(outline);
}
