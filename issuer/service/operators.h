/* Operators: who they are, and the tokens by which they are known. */
#ifndef ISSUER_SERVICE_OPERATORS_H
#define ISSUER_SERVICE_OPERATORS_H

#include "base/secret.h"
#include "db/operator_store.h"
#include "service/context.h"

#define OPERATORS_TOKEN_DAYS 365 /* a token's life unless told otherwise */

/* What stands on record for a token as a person hands it over, blanks around it aside. */
Digest operators_token_digest(const Secret *token);

/* The operator of a token as a person hands it over (blanks around it aside); ISSUER_ERROR_DENIED
 * if it is not in force. */
OperatorRecord *operators_of_token(Context *context, const Secret *token, GError **error);

/* Whether `operator` has one of the `roles` (NULL-terminated); ISSUER_ERROR_DENIED names what is
 * needed otherwise. */
bool operators_require(const OperatorRecord *operator, const char * const * roles, GError **error);

/* Adds an operator and returns its new token, which nobody can ever read again. `by`: the admin who
 * adds; NULL: the first admin, added by the database's owner while there is none
 * (ISSUER_ERROR_DENIED otherwise). `days`: the token's life. ISSUER_ERROR_INPUT for a wrong name or
 * role. */
Secret *operators_add(Context *context, const OperatorRecord *by, const char *name,
                      const char *role, unsigned days, GError **error);

/* All operators, by name: of OperatorRecord *. */
GPtrArray *operators_list(Context *context, GError **error);

/* Ends an operator and its tokens. An admin cannot revoke the last admin (ISSUER_ERROR_DENIED). */
bool operators_revoke(Context *context, const OperatorRecord *by, const char *name, GError **error);

#endif
