/* The keys that sign usage licenses, as people look after them. */
#ifndef ISSUER_SERVICE_KEYS_H
#define ISSUER_SERVICE_KEYS_H

#include "base/secret.h"
#include "service/context.h"

typedef struct {
    char *id;          /* thumbprint, base64url */
    const char *role;  /* "root" or "signing" */
    const char *state; /* "root", "spare", "signs", …; static */
    bool development;
    int64_t not_before; /* seconds */
    int64_t not_after;  /* seconds */
    int64_t licenses;   /* signed with it, by the records; -1: not asked for (no database) */
} KeyRecord;

/* Makes two roots and a signing key in the settings' key folder; `passphrase` NULL: development
 * keys. Errors of ceremony_init(). */
bool keys_init(Context *context, const Secret *passphrase, GError **error);

/* All keys of the folder, as KeyRecord; with a database, how many licenses each has signed. */
GPtrArray *keys_list(Context *context, GError **error);

void key_record_free(KeyRecord *record);

#endif
