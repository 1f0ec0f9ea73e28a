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
 * if it is not in force, or its role may not use `command` ("license add"): which may stands in
 * schema/repeat/access_rights.sql. The caller owns it. */
OperatorRecord *operators_sign_in(Context *context, const Secret *token, const char *command,
                                  GError **error);

/* A token for an operator who is to be added. It is made first, so that it can be brought to safety
 * first: on record stands its digest alone. The caller owns it. */
Secret *operators_make_token(GError **error);

/* Who is to be added, or given a new token. */
typedef struct {
    const Secret *by; /* token of the admin who orders it, as handed over; NULL: a first admin,
                         added by the database's owner while no admin has a token in force */
    const char *name;
    const char *role;    /* of who is added */
    const Secret *token; /* the new one */
    unsigned days;       /* that it is in force */
} OperatorOrder;

/* Adds an operator. ISSUER_ERROR_DENIED if `by` may not, or for a first one who is none;
 * ISSUER_ERROR_USAGE for a wrong name or role, ISSUER_ERROR_CONFLICT for a name that is taken. */
bool operators_add(Context *context, const OperatorOrder *order, GError **error);

/* Gives an operator a new token; the ones before are void. ISSUER_ERROR_DENIED if `by` may not,
 * ISSUER_ERROR_NOT_FOUND if none of that name is in force. */
bool operators_renew(Context *context, const OperatorOrder *order, GError **error);

/* All operators, by name: of OperatorRecord *. */
GPtrArray *operators_list(Context *context, GError **error);

/* Ends an operator and its tokens, on the word of who has the token `by`; an admin cannot revoke
 * the last admin (ISSUER_ERROR_DENIED). Gives what that operator did that somebody may want to look
 * at again: of OperatorDeed *, the caller's. */
GPtrArray *operators_revoke(Context *context, const Secret *by, const char *name, GError **error);

/* Which role may use which command: of OperatorRight *, the caller's. `role` may be NULL: all. */
GPtrArray *operators_rights(Context *context, const char *role, GError **error);

#endif
