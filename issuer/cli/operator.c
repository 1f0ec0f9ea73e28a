#include "cli/operator.h"

#include "cli/terminal.h"

OperatorRecord *operator_sign_in(Context *context, const char *const *roles, GError **error)
{
    g_autoptr(Secret) token = terminal_token(error);
    if (token == NULL) {
        return NULL;
    }
    g_autoptr(OperatorRecord) person = operators_of_token(context, token, error);
    if (person == NULL || !operators_require(person, roles, error)) {
        return NULL;
    }
    return g_steal_pointer(&person);
}

bool operator_sign_in_if_named(Context *context, const char *const *roles, int64_t *id,
                               GError **error)
{
    *id = 0;
    if (g_getenv("ISSUER_TOKEN_FILE") == NULL) {
        return true;
    }
    g_autoptr(OperatorRecord) person = operator_sign_in(context, roles, error);
    if (person == NULL) {
        return false;
    }
    *id = person->id;
    return true;
}
