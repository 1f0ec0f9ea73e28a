#include "mail/emlx.h"

#include "mail/sniff.h"

#include <string.h>

#define MAX_DIGITS  12
#define DELETED_BIT 2 /* of the property list's "flags" */

/* The count line's length with its end, 0 if it is none; leaves the count in `count`. */
static gsize read_count(const char *data, gsize length, uint64_t *count)
{
    gsize at = 0;
    *count = 0;
    while (at < MIN(length, MAX_DIGITS) && g_ascii_isdigit(data[at])) {
        *count = *count * 10 + (uint64_t)(data[at++] - '0');
    }
    gsize digits = at;
    while (at < length && (data[at] == ' ' || data[at] == '\r')) {
        at++;
    }
    return digits > 0 && at < length && data[at] == '\n' ? at + 1 : 0;
}

bool emlx_is_one(const char *data, gsize length)
{
    uint64_t count = 0;
    gsize start = read_count(data, length, &count);
    if (start == 0 || count == 0 || sniff_file(data + start, length - start) != SNIFF_MESSAGE) {
        return false;
    }
    // A mailbox that is cut off within the zone of a date begins with a number too.
    const bool ends_here = count < length - start;
    return !ends_here || memmem(data + start, length - start, "<?xml", 5) != NULL;
}

/* The last property list of the tail; NULL if it does not end with one. */
static const char *find_list(const char *tail, gsize length)
{
    static const char start[] = "<?xml";
    const char *found = NULL;
    const char *at = tail;
    while ((at = memmem(at, length - (gsize)(at - tail), start, sizeof start - 1)) != NULL) {
        found = at++;
    }
    gsize left = found == NULL ? 0 : length - (gsize)(found - tail);
    return found != NULL && memmem(found, left, "</plist>", 8) != NULL ? found : NULL;
}

/* The number that the list has under "flags"; 0 if there is none. */
static uint64_t read_flags(const char *list, gsize length)
{
    static const char key[] = "<key>flags</key>";
    static const char open[] = "<integer>";
    const char *end = list + length;
    const char *at = memmem(list, length, key, sizeof key - 1);
    at = at == NULL ? NULL : memmem(at, (gsize)(end - at), open, sizeof open - 1);
    if (at == NULL) {
        return 0;
    }
    at += sizeof open - 1;
    uint64_t flags = 0;
    for (gsize i = 0; i < 19 && at < end && g_ascii_isdigit(*at); i++) {
        flags = flags * 10 + (uint64_t)(*at++ - '0');
    }
    return flags;
}

Emlx emlx_read(const char *data, gsize length, const char *tail, gsize tail_length,
               uint64_t file_size)
{
    Emlx emlx = {0};
    uint64_t count = 0;
    emlx.offset = read_count(data, length, &count);
    const uint64_t most = file_size - MIN(emlx.offset, file_size);
    const char *list = count == most ? NULL : find_list(tail, tail_length);
    if (list != NULL) {
        gsize left = tail_length - (gsize)(list - tail);
        emlx.deleted = (read_flags(list, left) & DELETED_BIT) != 0;
        emlx.size = most - MIN((uint64_t)left, most);
    } else {
        emlx.size = MIN(count, most);
        emlx.cut = count > most;
    }
    return emlx;
}

bool emlx_is_partial(const char *data, gsize length)
{
    static const char mark[] = "\nX-Apple-Content-Length:";
    return memmem(data, length, mark, sizeof mark - 1) != NULL;
}
