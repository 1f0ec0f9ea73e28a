#include "sign/failure.h"

#include <openssl/err.h>

void failure_set(GError **error, IssuerErrorCode code, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    if (reason != NULL) {
        g_set_error(error, ISSUER_ERROR, (gint)code, "%s: %s", what, reason);
    } else {
        g_set_error_literal(error, ISSUER_ERROR, (gint)code, what);
    }
    ERR_clear_error();
}
