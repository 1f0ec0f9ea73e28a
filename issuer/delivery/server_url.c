#include "delivery/server_url.h"

#include "base/text.h"

#include <string.h>

#define USER_MOST 255 /* characters */

const char *server_url_place(const char *url, const char *scheme)
{
    const gsize length = strlen(scheme);
    if (g_ascii_strncasecmp(url, scheme, length) != 0) {
        return NULL;
    }
    const char *rest = url + length;
    rest += g_ascii_tolower(*rest) == 's';
    return g_str_has_prefix(rest, "://") ? rest + 3 : NULL;
}

bool server_url_is_plain(const char *url, const char *scheme)
{
    const char *place = server_url_place(url, scheme);
    const gsize length = place != NULL ? strlen(place) : 0;
    return length > 0 && strspn(place, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789.:-[]") == length;
}

char *server_url_host(const char *url, const char *scheme)
{
    const char *place = server_url_place(url, scheme);
    if (place == NULL) {
        return NULL;
    }
    return *place == '[' ? g_strndup(place + 1, strcspn(place + 1, "]"))
                         : g_strndup(place, strcspn(place, ":"));
}

char *server_judge_user(const char *text)
{
    g_autofree char *stripped = g_strstrip(g_strdup(text));
    return text_is_safe(text, USER_MOST) && !text_is_blank(text) && strcmp(stripped, text) == 0
               ? NULL
               : g_strdup_printf("must be the name to log in with: 1 to %d characters, without "
                                 "line breaks, control characters and blanks around it",
                                 USER_MOST);
}
