#include "cli/operator.h"

#include "cli/terminal.h"

bool operator_sign_in_if_named(Context *context, const char *command, OperatorToken *token,
                               GError **error)
{
    *token = (OperatorToken){0};
    if (g_getenv("ISSUER_TOKEN_FILE") == NULL) {
        return true;
    }
    g_autoptr(Secret) secret = terminal_token(error);
    g_autoptr(OperatorRecord) person =
        secret == NULL ? NULL : operators_sign_in(context, secret, command, error);
    if (person == NULL) {
        return false;
    }
    *token = (OperatorToken){.digest = operators_token_digest(secret), .named = true};
    return true;
}
