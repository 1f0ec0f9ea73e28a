/* Parts by the look of them, for mails whose structure no parser can follow: a boundary that the
 * header does not name, a second Content-Type, a header torn in two. */
#include "base/bytes.h"
#include "mail/headers.h"
#include "mail/mime.h"

#include <string.h>

#define MAX_LOOSE_PARTS  200
#define MAX_BOUNDARY     200
#define MAX_HEADER_BLOCK (16UL * 1024)

static gsize line_size(const char *data, gsize length)
{
    const char *end = memchr(data, '\n', length);
    return end == NULL ? length : (gsize)(end + 1 - data);
}

/* Where the next line that begins with two hyphens stands, at `at` or behind; else the length. */
static gsize next_dashed(const char *data, gsize length, gsize at)
{
    if (at == 0 && length >= 2 && data[0] == '-' && data[1] == '-') {
        return 0;
    }
    const gsize from = at - MIN(at, 1);
    const char *next = bytes_find(data + from, length - from, "\n--", 3);
    return next == NULL ? length : (gsize)(next + 1 - data);
}

/* Whether such a line may be a boundary with a part after it: "--word", then a header field. */
static bool begins_part(const char *data, gsize length)
{
    gsize size = line_size(data, MIN(length, MAX_BOUNDARY));
    if (size < 4 || g_ascii_isspace(data[2])) {
        return false;
    }
    return size < length && g_ascii_strncasecmp(data + size, "content-", 8) == 0 &&
           headers_is_field(data + size, length - size);
}

/* The value of a parameter such as charset=utf-8 within a Content-Type value. New string or NULL.
 */
static char *parameter(const char *value, const char *name)
{
    const char *at = value == NULL ? NULL : strcasestr(value, name);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(name);
    at += strspn(at, " \"'");
    return g_strndup(at, strcspn(at, " \"';"));
}

static MimePart *part_new(const char *data, gsize length)
{
    g_autoptr(Headers) headers = headers_read(data, MIN(length, MAX_HEADER_BLOCK));
    gsize body = headers_size(headers);
    const char *type = headers_first(headers, "content-type");
    MimePart *part = g_new0(MimePart, 1);
    part->data = data + body;
    part->length = length - body;
    part->type =
        type == NULL ? g_strdup("text/plain") : g_ascii_strdown(type, (gssize)strcspn(type, "; "));
    part->charset = parameter(type, "charset=");
    part->encoding = g_strdup(headers_first(headers, "content-transfer-encoding"));
    part->attached = true;
    return part;
}

GPtrArray *mime_loose_parts(const char *data, gsize length)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func((GDestroyNotify)mime_part_free);
    gsize start = 0; /* of the part at hand, behind its boundary line; 0: none yet */
    for (gsize at = next_dashed(data, length, 0); at < length && parts->len < MAX_LOOSE_PARTS;
         at = next_dashed(data, length, at + 1)) {
        if (!begins_part(data + at, length - at)) {
            continue;
        }
        if (start > 0) {
            g_ptr_array_add(parts, part_new(data + start, at - start));
        }
        start = at + line_size(data + at, length - at);
    }
    if (start > 0 && start < length) {
        g_ptr_array_add(parts, part_new(data + start, length - start));
    }
    return parts;
}
