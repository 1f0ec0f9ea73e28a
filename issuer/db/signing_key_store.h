/* The signing keys whose usage licenses are on record. */
#ifndef ISSUER_DB_SIGNING_KEY_STORE_H
#define ISSUER_DB_SIGNING_KEY_STORE_H

#include "db/database.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *kid;
    GBytes *certificate; /* DER */
    int64_t not_before;  /* seconds */
    int64_t not_after;   /* seconds */
    bool development;
} SigningKeyRow;

/* Records the key with an event, unless it is on record. */
bool signing_key_store_record(Database *database, const SigningKeyRow *row, int64_t now,
                              GError **error);

/* How many usage licenses each key has signed: kid → GUINT_TO_POINTER(count). New table. */
GHashTable *signing_key_store_counts(Database *database, GError **error);

#endif
