#include "cli/operator.h"

#include "cli/terminal.h"

OperatorRecord *operator_sign_in(Context *context, const char *command, GError **error)
{
    g_autoptr(Secret) token = terminal_token(error);
    return token == NULL ? NULL : operators_sign_in(context, token, command, error);
}

bool operator_sign_in_if_named(Context *context, const char *command, int64_t *id, GError **error)
{
    *id = 0;
    if (g_getenv("ISSUER_TOKEN_FILE") == NULL) {
        return true;
    }
    g_autoptr(OperatorRecord) person = operator_sign_in(context, command, error);
    if (person == NULL) {
        return false;
    }
    *id = person->id;
    return true;
}
