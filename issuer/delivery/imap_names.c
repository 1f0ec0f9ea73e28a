/* The names of servers and folders, judged and written as they go over the wire. */
#include "base/error.h"
#include "base/text.h"
#include "delivery/imap.h"
#include "delivery/imap_session.h"
#include "delivery/server_url.h"

#include <string.h>

#define SCHEME      "imap"
#define FOLDER_MOST 255 /* characters of a folder's name */

char *imap_judge_url(const char *url)
{
    return server_url_is_plain(url, SCHEME)
               ? NULL
               : g_strdup(
                     "must be imaps://HOST or imap://HOST (with STARTTLS), with :PORT if wanted");
}

char *imap_judge_folder(const char *folder)
{
    return *folder != '\0' && text_is_safe(folder, FOLDER_MOST)
               ? NULL
               : g_strdup("must be the name of a folder, as INBOX");
}

char *imap_place(const char *url)
{
    return g_strdup(server_url_place(url, SCHEME));
}

/* As names of folders go over the wire (RFC 3501 section 5.1.3), in quotes. */
char *imap_quote_folder(const char *folder, GError **error)
{
    g_autofree char *wrong = imap_judge_folder(folder);
    g_autofree char *encoded =
        wrong == NULL ? g_convert(folder, -1, "UTF-7-IMAP", "UTF-8", NULL, NULL, NULL) : NULL;
    if (encoded == NULL || strpbrk(encoded, "\r\n") != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "a folder %s",
                    wrong != NULL ? wrong : "must have a name that can be written in UTF-7");
        return NULL;
    }
    GString *quoted = g_string_new("\"");
    for (const char *at = encoded; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            g_string_append_c(quoted, '\\');
        }
        g_string_append_c(quoted, *at);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}
