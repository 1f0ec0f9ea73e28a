/* What folder and records say of the keys, for the files that serve keys.h and for `issuer check`.
 */
#ifndef ISSUER_SERVICE_KEYS_INTERNAL_H
#define ISSUER_SERVICE_KEYS_INTERNAL_H

#include "db/signing_key_store.h"
#include "service/context.h"
#include "sign/key_folder.h"

typedef struct {
    GPtrArray *entries; /* of KeyEntry: the folder's */
    GPtrArray *records; /* of SigningKeyRecord; NULL without a database */
    bool counts;        /* set before loading: count what each has signed */
} Keys;

/* The settings' key folder; owned by the settings. */
const char *keys_folder(const Context *context);

/* Fills both lists. Errors of key_folder_list() and the database's. */
bool keys_load(Context *context, Keys *keys, GError **error);

/* NULL where there is none; owned by the lists. keys_find_signing() gives the key that signs. */
const KeyEntry *keys_find_entry(const Keys *keys, const char *id);
const KeyEntry *keys_find_signing(const Keys *keys);
const SigningKeyRecord *keys_find_record(const Keys *keys, const char *id);

/* Whether the denied list (NULL: there is none) names this key. */
bool keys_is_listed(const DeniedKeys *denied, const char *id);

void keys_clear(Keys *keys);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Keys, keys_clear)

#endif
