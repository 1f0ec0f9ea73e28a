/* The signing keys whose usage licenses are on record. */
#ifndef ISSUER_DB_SIGNING_KEY_STORE_H
#define ISSUER_DB_SIGNING_KEY_STORE_H

#include "core/digest.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *kid;
    GBytes *certificate; /* DER */
    int64_t not_before;  /* seconds */
    int64_t not_after;   /* seconds */
    bool development;
} SigningKeyRow;

/* A key as it stands on record. */
typedef struct {
    char *kid;
    int64_t not_before; /* seconds */
    int64_t not_after;  /* seconds */
    bool development;
    int64_t revoked_at; /* seconds; 0: in force */
    int64_t licenses;   /* usage licenses that it has signed; -1: not counted */
} SigningKeyRecord;

typedef struct {
    const char *kid;
    const char *reason;
    const Digest *by;         /* token of who revokes; NULL: nobody is named */
    const SigningKeyRow *key; /* goes on record first, if it is not; or NULL */
    int64_t now;              /* seconds */
} SigningKeyRevocation;

/* Records the key with an event, unless it is on record. */
bool signing_key_store_record(Database *database, const SigningKeyRow *row, int64_t now,
                              GError **error);

/* ISSUER_ERROR_DENIED if the key is on record as revoked. */
bool signing_key_store_check(Database *database, const char *kid, GError **error);

/* Puts on record, with its events, that the key is revoked; waits for transactions that store usage
 * licenses of it, and the schema's guard refuses all that come later. ISSUER_ERROR_NOT_FOUND if it
 * is not on record or revoked already. */
bool signing_key_store_revoke(Database *database, const SigningKeyRevocation *revocation,
                              GError **error);

/* All keys on record, newest first: of SigningKeyRecord *. With `count`, what each has signed is
 * counted, which takes the longer the more there is. */
GPtrArray *signing_key_store_list(Database *database, bool count, GError **error);

#endif
