#include "service/contacts.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/address.h"
#include "core/finder.h"
#include "service/operators.h"

bool contacts_add(Context *context, const Secret *token, const char *license_id, const char *typed,
                  GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(typed));
    g_autofree char *entry = address_read_contact(bare, error);
    if (entry == NULL) {
        return false;
    }
    const ContactChange change = {
        .token = operators_token_digest(token),
        .license_id = license_id,
        .entry = entry,
        .now = clock_now(),
    };
    return contact_store_add(context->database, &change, error);
}

/* What stands on record is looked up as it was typed: what could not be a contact today may be one
 * of old. */
bool contacts_end(Context *context, const Secret *token, const char *license_id, const char *typed,
                  int64_t *left, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(typed));
    const ContactChange change = {
        .token = operators_token_digest(token),
        .license_id = license_id,
        .entry = bare,
        .now = clock_now(),
    };
    return contact_store_end(context->database, &change, left, error);
}

bool contacts_erase(Context *context, const Secret *token, const char *address, const char *reason,
                    ContactErased *erased, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(address));
    g_autofree char *kept = finder_mask_license_keys(reason);
    const ContactChange change = {
        .token = operators_token_digest(token),
        .entry = bare,
        .reason = kept,
        .now = clock_now(),
    };
    return contact_store_erase(context->database, &change, erased, error);
}
