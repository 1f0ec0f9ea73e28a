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

/* A token for an operator who is to be added. It is made first, so that it can be brought to safety
 * first: on record stands its digest alone. The caller owns it. */
Secret *operators_make_token(GError **error);

/* Who is to be added. */
typedef struct {
    const OperatorRecord *by; /* the admin who adds; NULL: the first admin, added by the database's
                                 owner while there is none */
    const char *name;
    const char *role;
    const Secret *token;
    unsigned days; /* the token's life */
} OperatorOrder;

/* Adds an operator. ISSUER_ERROR_DENIED if `by` may not, ISSUER_ERROR_USAGE for a wrong name or
 * role, ISSUER_ERROR_CONFLICT for a name that is taken. */
bool operators_add(Context *context, const OperatorOrder *order, GError **error);

/* All operators, by name: of OperatorRecord *. */
GPtrArray *operators_list(Context *context, GError **error);

/* Ends an operator and its tokens. An admin cannot revoke the last admin (ISSUER_ERROR_DENIED). */
bool operators_revoke(Context *context, const OperatorRecord *by, const char *name, GError **error);

#endif
