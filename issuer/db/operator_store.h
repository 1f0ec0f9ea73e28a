/* Operators and the digests of their tokens. */
#ifndef ISSUER_DB_OPERATOR_STORE_H
#define ISSUER_DB_OPERATOR_STORE_H

#include "core/digest.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t id;
    char *name;
    char *role;            /* "support", "orders", "admin", "finance" */
    int64_t effective;     /* seconds */
    int64_t revoked_at;    /* seconds; 0: in force */
    int64_t token_expires; /* seconds; of the newest token in force; 0: none is */
} OperatorRecord;

typedef struct {
    const char *name;
    const char *role;
    Digest token;       /* SHA-256 of the token */
    int64_t expires_at; /* seconds */
    int64_t by;         /* the operator who adds; 0 only for the first admin */
    int64_t now;        /* seconds */
} OperatorNew;

/* Adds an operator with one token, in the caller's transaction; returns its id, 0 on error.
 * ISSUER_ERROR_USAGE for an unknown role, ISSUER_ERROR_CONFLICT for a name that is taken. */
int64_t operator_store_add(Database *db, const OperatorNew *new_operator, GError **error);

/* Whether anybody with the role "admin" is in force at `now`; keeps others from adding one until
 * the transaction ends. -1 on error. */
int operator_store_has_admin(Database *db, int64_t now, GError **error);

/* Ends an operator and all its tokens at `now`. ISSUER_ERROR_NOT_FOUND if none of that name is in
 * force. */
bool operator_store_revoke(Database *db, const char *name, int64_t by, int64_t now, GError **error);

/* All operators, by name: of OperatorRecord *. Token expiries stay 0 for a role that may not read
 * them. */
GPtrArray *operator_store_list(Database *db, int64_t now, GError **error);

/* The operator whose token has this digest, both in force at `now`, and whose role may use
 * `command`; ISSUER_ERROR_DENIED says what is lacking. The caller owns it. */
OperatorRecord *operator_store_require(Database *db, const Digest *token, const char *command,
                                       int64_t now, GError **error);

void operator_record_free(OperatorRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OperatorRecord, operator_record_free)

#endif
