#include "mail/multipart_end.h"

#include "mail/headers.h"

#include <string.h>

#define MAX_BOUNDARY 200 /* bytes; RFC 2046 allows 70 */

/* The parameter's value, or NULL. */
static char *read_boundary(const char *content_type)
{
    g_autofree char *lower = g_ascii_strdown(content_type, -1);
    const char *hit = strstr(lower, "boundary=");
    if (hit == NULL) {
        return NULL;
    }
    const char *value = content_type + (hit - lower) + strlen("boundary=");
    bool quoted = *value == '"';
    value += quoted;
    return g_strndup(value, MIN(strcspn(value, quoted ? "\"" : "; \t"), MAX_BOUNDARY));
}

bool multipart_end_is_missing(const char *data, gsize length)
{
    g_autoptr(Headers) headers = headers_read(data, length);
    const char *type = headers_first(headers, "content-type");
    g_autofree char *boundary = type == NULL ? NULL : read_boundary(type);
    if (boundary == NULL || boundary[0] == '\0') {
        return false;
    }
    g_autofree char *line = g_strdup_printf("\n--%s--", boundary);
    return memmem(data, length, line, strlen(line)) == NULL;
}
