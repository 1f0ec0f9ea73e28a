/* Who runs a command: the operator known by a token. */
#ifndef ISSUER_CLI_OPERATOR_H
#define ISSUER_CLI_OPERATOR_H

#include "service/context.h"
#include "service/operators.h"

/* A token by its digest; without a name nobody has signed in. */
typedef struct {
    Digest digest;
    bool named;
} OperatorToken;

/* The token from ISSUER_TOKEN_FILE, whose operator's role must be one that may use `command`
 * ("license import"): ISSUER_ERROR_DENIED otherwise. Without that variable nobody is named, and the
 * database alone judges, by the role that is connected: for what its owner sets up before there are
 * operators. */
bool operator_sign_in_if_named(Context *context, const char *command, OperatorToken *token,
                               GError **error);

#endif
