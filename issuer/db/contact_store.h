/* What is changed of a license's contacts, each by one function of the database. */
#ifndef ISSUER_DB_CONTACT_STORE_H
#define ISSUER_DB_CONTACT_STORE_H

#include "core/digest.h"
#include "db/database.h"

#include <stdint.h>

/* What is to be changed, by the operator with this token. */
typedef struct {
    Digest token;
    const char *license_id;
    const char *entry;  /* as address_read_contact() gives it; to be erased: an address */
    const char *reason; /* to be erased */
    int64_t now;
} ContactChange;

/* How many rows an address was erased from. */
typedef struct {
    int64_t contacts;
    int64_t messages;
    int64_t replies;
} ContactErased;

/* Adds a contact. The License ID as it is on record, new string; NULL with ISSUER_ERROR_DENIED,
 * _NOT_FOUND (the license), _INPUT (it is one already). */
char *contact_store_add(Database *db, const ContactChange *change, GError **error);

/* Ends a contact; `left` is how many the license has from now on. The same; ISSUER_ERROR_DENIED,
 * _NOT_FOUND. */
char *contact_store_end(Database *db, const ContactChange *change, int64_t *left, GError **error);

/* Erases an address everywhere. ISSUER_ERROR_DENIED, _NOT_FOUND, _INPUT. */
bool contact_store_erase(Database *db, const ContactChange *change, ContactErased *erased,
                         GError **error);

#endif
