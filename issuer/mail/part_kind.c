#include "mail/part_kind.h"

#include "mail/headers.h"
#include "mail/sniff.h"

#include <string.h>

#define HTML_LOOK    1024          /* bytes */
#define HEADERS_LOOK (64UL * 1024) /* bytes */

bool part_kind_is_html(const MimePart *part, const char *text, gsize length)
{
    if (strcmp(part->type, "text/html") == 0 || strcmp(part->type, "application/xhtml+xml") == 0) {
        return true;
    }
    gsize look = MIN(length, HTML_LOOK);
    return memmem(text, look, "<html", 5) != NULL || memmem(text, look, "<HTML", 5) != NULL ||
           memmem(text, look, "<!DOCTYPE html", 14) != NULL;
}

bool part_kind_is_mail(const MimePart *part, const char *data, gsize length)
{
    static const char *const usual[] = {"mime-version", "message-id", "received", "content-type"};
    bool named = g_str_has_prefix(part->type, "message/rfc822") ||
                 g_str_has_prefix(part->type, "message/global");
    if (!named && sniff_file(data, MIN(length, SNIFF_SIZE)) != SNIFF_MESSAGE) {
        return false;
    }
    g_autoptr(Headers) headers = headers_read(data, MIN(length, HEADERS_LOOK));
    unsigned count = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++) {
        count += headers_first(headers, usual[i]) != NULL;
    }
    return count > 0 && (headers_first(headers, "from") != NULL || count > 1);
}

const char *part_kind_unless_text(const MimePart *part, const char *data, gsize length)
{
    if (length == 0) {
        return NULL;
    }
    return g_str_has_prefix(part->type, "text/") ? sniff_magic(data, length)
                                                 : sniff_name(data, length);
}
