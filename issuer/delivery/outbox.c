#include "delivery/outbox.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_MOST 200  /* with ".eml" and a temporary ending still a legal file name everywhere */
#define MAIL_MODE 0640 /* whoever sends from the folder shares our group */

/* A name is one file of the folder: no separator, nothing hidden, nothing a shell would expand. */
static bool name_is_plain(const char *name)
{
    const size_t length = strlen(name);
    if (length == 0 || length > NAME_MOST || name[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_isalnum(name[i]) && name[i] != '-' && name[i] != '.') {
            return false;
        }
    }
    return true;
}

bool outbox_write(const char *folder, const char *name, GBytes *mail, GError **error)
{
    if (!name_is_plain(name)) {
        g_autofree char *shown = g_strescape(name, NULL);
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "\"%s\" cannot name a mail in %s: use letters, digits, '-' and '.'", shown,
                    folder);
        return false;
    }
    g_autofree char *file = g_strconcat(name, ".eml", NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    gsize size = 0;
    const void *data = g_bytes_get_data(mail, &size);
    return file_write_durably(path, data, size, MAIL_MODE, error);
}

bool outbox_check(const char *folder, GError **error)
{
    g_autofree char *trial = g_build_filename(folder, ".issuer-check-XXXXXX", NULL);
    int fd = g_mkstemp(trial);
    if (fd < 0) {
        int saved = errno;
        g_set_error(error, ISSUER_ERROR,
                    saved == ENOENT ? ISSUER_ERROR_NOT_FOUND : ISSUER_ERROR_FAILED,
                    "no mail can be written into %s: %s", folder, g_strerror(saved));
        return false;
    }
    (void)close(fd);
    (void)g_unlink(trial);
    return true;
}
