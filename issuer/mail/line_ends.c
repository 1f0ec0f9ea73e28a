#include "mail/line_ends.h"

#include "mail/headers.h"

#include <string.h>

bool line_ends_are_cr(const char *data, gsize length)
{
    if (length < 2) {
        return false; /* no lines; no bytes may have no place */
    }
    const char *first = memchr(data, '\r', length);
    return first != NULL && memchr(data, '\n', length) == NULL &&
           memchr(first + 1, '\r', length - (gsize)(first + 1 - data)) != NULL;
}

/* The bytes of the line at `data` up to a carriage return that ends it alone; `length` at the end
 * of the data, more if it ends otherwise. */
static gsize line_size(const char *data, gsize length)
{
    gsize size = 0;
    while (size < length && data[size] != '\r' && data[size] != '\n') {
        size++;
    }
    const bool other =
        size < length && (data[size] == '\n' || (size + 1 < length && data[size + 1] == '\n'));
    return other ? length + 1 : size;
}

bool line_ends_of_header_are_cr(const char *data, gsize length)
{
    unsigned fields = 0;
    for (gsize at = 0; at < length;) {
        const gsize size = line_size(data + at, length - at);
        if (size > length - at) {
            return false;
        }
        if (size == 0) {
            break;
        }
        const bool folded = fields > 0 && (data[at] == ' ' || data[at] == '\t');
        if (!folded && !headers_is_field(data + at, size)) {
            return false;
        }
        fields += !folded;
        at += size + 1;
    }
    return fields >= 2;
}

void line_ends_make_lf(char *data, gsize length, char after)
{
    char *end = data + length;
    for (char *at = data; (at = memchr(at, '\r', (gsize)(end - at))) != NULL; at++) {
        if ((at + 1 < end ? at[1] : after) != '\n') {
            *at = '\n';
        }
    }
}
