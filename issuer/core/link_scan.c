#include "core/link_scan.h"

#include "base/bytes.h"
#include "core/compact_scan.h"

#include <stdbool.h>
#include <string.h>

#define MOST_ROUNDS 4 /* escapes of escapes, and the link as it stands */

#define SHORTEST_TOLD   ((gsize)60)        /* bytes of a link; no header of ours is shorter */
#define LEAST_WIDTH     50                 /* bytes of a line; no program wraps shorter ones */
#define LONGEST_WRAPPED ((gsize)32 * 1024) /* bytes; a code of the largest kind is shorter */

static const char ends[] = " \t\r\n<>\"'()";

/* Undoes "%XX", or with `mark` "-" what Proofpoint makes of it. False: there is nothing of it. */
static bool unescape(const GString *link, char mark, GString *out)
{
    bool any = false;
    g_string_truncate(out, 0);
    for (gsize i = 0; i < link->len; i++) {
        const char *at = link->str + i; /* a string of its own: behind its end stands a zero */
        if (*at == mark && g_ascii_isxdigit(at[1]) && g_ascii_isxdigit(at[2])) {
            const int byte = g_ascii_xdigit_value(at[1]) * 16 + g_ascii_xdigit_value(at[2]);
            g_string_append_c(out, (char)byte);
            i += 2;
            any = true;
        } else {
            g_string_append_c(out, mark == '-' && *at == '_' ? '/' : *at);
        }
    }
    return any;
}

/* Searches what the link holds, each part of it by itself. A code that is wrapped may have escaped
 * line breaks. */
static void search(const GString *link, uint64_t place, GPtrArray *found)
{
    g_autoptr(GString) parts = g_string_new_len(link->str, (gssize)link->len);
    for (gsize i = 0; i < parts->len; i++) {
        const char c = parts->str[i];
        if (!g_ascii_isalnum(c) && !g_ascii_isspace(c) && strchr("-_.", c) == NULL) {
            parts->str[i] = '"';
        }
    }
    compact_scan_find(parts->str, parts->len, place, found);
}

static bool is_whole(const GPtrArray *found)
{
    for (guint i = 0; i < found->len; i++) {
        if (((const CompactFind *)g_ptr_array_index(found, i))->problem == NULL) {
            return true;
        }
    }
    return false;
}

/* Reads a link until a whole code is found: as it stands, then without the escapes that begin with
 * `mark`, then without those that these have covered. Returns whether there is one. */
static bool read_link(const GString *link, char mark, uint64_t place, GPtrArray *found)
{
    g_autoptr(GString) text = g_string_new_len(link->str, (gssize)link->len);
    g_autoptr(GString) next = g_string_sized_new(link->len);
    for (unsigned round = 0; round < MOST_ROUNDS; round++) {
        search(text, place, found);
        if (is_whole(found) || !unescape(text, mark, next)) {
            break;
        }
        g_string_assign(text, next->str);
        mark = '%';
    }
    return is_whole(found);
}

/* Keeps what was read of a link; returns whether it is a whole code. */
static bool take_link(const GString *link, uint64_t place, GPtrArray *found)
{
    g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func((GDestroyNotify)compact_scan_free);
    const bool read = read_link(link, '%', place, own) ||
                      (strstr(link->str, "/v2/url?u=") != NULL && read_link(link, '-', place, own));
    while (own->len > 0) {
        CompactFind *find = g_ptr_array_steal_index(own, 0);
        if (!read || find->problem == NULL) { /* what a wrong way has shown is damaged */
            compact_scan_keep(found, find);
        } else {
            compact_scan_free(find);
        }
    }
    return read;
}

/* Where the line behind a line's end at `at` begins, its marks of quoting passed over; NULL if
 * `at` is no line's end. */
static const char *next_line(const char *at, const char *end)
{
    at += at < end && *at == '\r';
    if (at == end || *at != '\n') {
        return NULL;
    }
    at++;
    while (at < end && *at != '\0' && strchr(" \t>|", *at) != NULL) {
        at++;
    }
    return at;
}

/* Whether the line that ends at `at` is so long that something may have been wrapped there. */
static bool ends_long_line(const char *begin, const char *at)
{
    return at - begin >= LEAST_WIDTH && memrchr(at - LEAST_WIDTH, '\n', LEAST_WIDTH) == NULL;
}

/* Appends the lines that a link goes on in, which ends at `at`: programs wrap a long one anywhere
 * (RFC 3986, appendix C). Another link is none of it, so that each byte is read once. */
static void append_lines(GString *link, const char *at, const char *end)
{
    while (link->len < LONGEST_WRAPPED && (at = next_line(at, end)) != NULL) {
        const char *begin = at;
        while (at < end && strchr(ends, *at) == NULL) {
            at++;
        }
        const gsize length = (gsize)(at - begin);
        if (length == 0 || memmem(begin, length, "://", 3) != NULL) {
            break;
        }
        if (link->str[link->len - 1] == '=') { /* a soft line break that nobody has undone */
            g_string_truncate(link, link->len - 1);
        }
        g_string_append_len(link, begin, (gssize)length);
    }
}

/* A text, where what was found goes, and room for a link that is put together. */
typedef struct {
    const char *text;
    const char *end;
    GPtrArray *found;
    GString *link;
} Scan;

static void read_links(Scan *scan, const char *begin, const char *at, uint64_t place)
{
    GString *link = scan->link;
    g_string_truncate(link, 0);
    g_string_append_len(link, begin, at - begin);
    if (ends_long_line(scan->text, at)) {
        append_lines(link, at, scan->end);
    }
    if (link->len < SHORTEST_TOLD) {
        return;
    }
    const gsize joined = link->len;
    g_autoptr(GString) alone = g_string_new_len(begin, at - begin);
    g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func((GDestroyNotify)compact_scan_free);
    if (!take_link(alone, place, own) && joined > alone->len) {
        g_ptr_array_set_size(own, 0); /* what was cut at the line's end */
        (void)take_link(link, place, own);
    }
    while (own->len > 0) {
        compact_scan_keep(scan->found, g_ptr_array_steal_index(own, 0));
    }
}

void link_scan_find(const char *text, gsize length, uint64_t place, GPtrArray *found)
{
    g_autoptr(GString) link = g_string_new(NULL);
    const char *end = text + length;
    Scan scan = {text, end, found, link};
    const char *from = text; /* no link that was read goes beyond it */
    const char *at = text;
    while ((at = bytes_find(at, (gsize)(end - at), "eyJ", 3)) != NULL) {
        const char *begin = at;
        while (begin > from && strchr(ends, begin[-1]) == NULL) {
            begin--;
        }
        while (at < end && strchr(ends, *at) == NULL) {
            at++;
        }
        if (memmem(begin, (gsize)(at - begin), "://", 3) != NULL) {
            read_links(&scan, begin, at, place + (gsize)(begin - text));
        }
        from = at;
    }
}
