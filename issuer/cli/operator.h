/* Who runs a command: the operator known by a token. */
#ifndef ISSUER_CLI_OPERATOR_H
#define ISSUER_CLI_OPERATOR_H

#include "service/context.h"
#include "service/operators.h"

/* The operator, by the token from ISSUER_TOKEN_FILE or from the terminal, whose role must be one
 * that may use `command` ("license add"): ISSUER_ERROR_DENIED otherwise. The caller owns it. */
OperatorRecord *operator_sign_in(Context *context, const char *command, GError **error);

/* The same, but without ISSUER_TOKEN_FILE nobody is named: `id` is 0, and the database alone
 * judges, by the role that is connected. For what its owner sets up before there are operators. */
bool operator_sign_in_if_named(Context *context, const char *command, int64_t *id, GError **error);

#endif
