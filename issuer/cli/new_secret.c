#include "cli/new_secret.h"

#include "base/error.h"
#include "base/file.h"

#include <glib/gstdio.h>

bool new_secret_keep(const char *path, const Secret *secret, GError **error)
{
    return path == NULL || file_create(path, secret_peek(secret), secret_size(secret), 0600, error);
}

void new_secret_forget(const char *path, const GError *failure)
{
    if (path != NULL && !g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE)) {
        (void)g_unlink(path);
    }
}
