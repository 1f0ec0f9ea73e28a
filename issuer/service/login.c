#include "service/login.h"

#include "base/error.h"
#include "base/file.h"

#include <string.h>

#define SECRET_MOST 16384 /* bytes: tokens are long */

Secret *login_secret(const Config *config, const char *key, GError **error)
{
    const char *path = config_text(config, key);
    g_autoptr(GError) cause = NULL;
    g_autoptr(Secret) content = file_read_private(path, SECRET_MOST, &cause);
    if (content == NULL) {
        config_refuse(config, key, error,
                      "%s; it must be a file with the secret in its first line, which only this "
                      "user can read",
                      cause->message);
        return NULL;
    }
    const gsize length = strcspn(secret_peek(content), "\r\n");
    if (length == 0) {
        config_refuse(config, key, error, "%s: its first line is empty: write the secret there",
                      path);
        return NULL;
    }
    return secret_new_copy(secret_peek(content), length);
}

bool login_check_authority(const Config *config, const char *key, GError **error)
{
    const char *path = config_text(config, key);
    g_autofree char *content = NULL;
    g_autoptr(GError) cause = NULL;
    if (*path == '\0') {
        return true;
    }
    if (!g_file_get_contents(path, &content, NULL, &cause)) {
        return config_refuse(config, key, error,
                             "%s; set %s to the certificates (PEM) that the server's must chain to",
                             cause->message, key);
    }
    return strstr(content, "-----BEGIN ") != NULL ||
           config_refuse(config, key, error,
                         "%s holds no certificate; set %s to the certificates (PEM) that the "
                         "server's must chain to",
                         path, key);
}
