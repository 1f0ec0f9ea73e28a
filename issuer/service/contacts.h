/* The contacts of a license: who may ask for it, and who hears of it. */
#ifndef ISSUER_SERVICE_CONTACTS_H
#define ISSUER_SERVICE_CONTACTS_H

#include "base/secret.h"
#include "db/contact_store.h"
#include "service/context.h"

/* What was changed, as it is on record. */
typedef struct {
    char *license_id;
    char *entry;
    int64_t left; /* how many contacts the license has from now on, where one ended */
} ContactChanged;

/* Adds an address or @domain, as a person typed it, to a license. ISSUER_ERROR_USAGE if it is none
 * or a public provider's domain; else as contact_store_add(). What waits for it is not decided
 * here. The caller owns it. */
ContactChanged *contacts_add(Context *context, const Secret *token, const char *license_id,
                             const char *typed, GError **error);

/* Ends a contact. As contact_store_end(). The caller owns it. */
ContactChanged *contacts_end(Context *context, const Secret *token, const char *license_id,
                             const char *typed, GError **error);

void contact_changed_free(ContactChanged *changed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ContactChanged, contact_changed_free)

/* Erases a person's address wherever it stands. As contact_store_erase(). */
bool contacts_erase(Context *context, const Secret *token, const char *address, const char *reason,
                    ContactErased *erased, GError **error);

#endif
