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
    const Digest *by; /* token of the admin who adds; NULL: the database's owner adds a first one */
    const char *name;
    const char *role;
    Digest token;  /* SHA-256 of the new token */
    unsigned days; /* that it is in force */
    int64_t now;   /* seconds */
} OperatorNew;

/* Adds an operator with one token. ISSUER_ERROR_USAGE for an unknown role, ISSUER_ERROR_CONFLICT
 * for a name that is taken, ISSUER_ERROR_DENIED where `by` may not; nothing is changed then. */
bool operator_store_add(Database *db, const OperatorNew *new_operator, GError **error);

/* A new token for an operator, whose others are void from `now` on; role is not looked at.
 * ISSUER_ERROR_NOT_FOUND if none of that name is in force. */
bool operator_store_renew(Database *db, const OperatorNew *renewed, GError **error);

/* Ends an operator and all its tokens at `now`, on the word of who has the token `by`.
 * ISSUER_ERROR_NOT_FOUND if none of that name is in force, ISSUER_ERROR_DENIED for the last admin.
 */
bool operator_store_revoke(Database *db, const Digest *by, const char *name, int64_t now,
                           GError **error);

/* One thing that an operator did. */
typedef struct {
    char *kind;    /* "restoration approved", "license import" */
    char *subject; /* "case 1003 of LIC-7" */
    char *day;     /* "2026-03-31", UTC */
} OperatorDeed;

/* What an operator did that somebody may want to look at again, oldest first: of OperatorDeed *. */
GPtrArray *operator_store_deeds(Database *db, const char *name, GError **error);

/* One row of the table of role and command. */
typedef struct {
    char *command;
    char *roles;  /* JSON array: whose token it takes; none: it asks for no token */
    char *logins; /* JSON array: the groups whose database login it works with */
    char *roles_text, *logins_text; /* for people: "support, admin" */
} OperatorRight;

/* All rows by command; with `role` (or NULL) those of which it may use the command. Of
 * OperatorRight *. */
GPtrArray *operator_store_rights(Database *db, const char *role, GError **error);

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
