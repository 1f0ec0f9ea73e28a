#include "service/contacts.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/address.h"
#include "core/finder.h"
#include "service/operators.h"
#include "service/typed_text.h"

static ContactChanged *changed_from(char *license_id, const char *entry, int64_t left)
{
    if (license_id == NULL) {
        return NULL;
    }
    ContactChanged *changed = g_new0(ContactChanged, 1);
    changed->license_id = license_id;
    changed->entry = g_strdup(entry);
    changed->left = left;
    return changed;
}

void contact_changed_free(ContactChanged *changed)
{
    if (changed == NULL) {
        return;
    }
    g_free(changed->license_id);
    g_free(changed->entry);
    g_free(changed);
}

ContactChanged *contacts_add(Context *context, const Secret *token, const char *license_id,
                             const char *typed, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(typed));
    g_autofree char *entry = address_read_contact(bare, error);
    if (entry == NULL || !typed_text_has_no_key(entry, "the contact", error)) {
        return NULL;
    }
    const ContactChange change = {
        .token = operators_token_digest(token),
        .license_id = license_id,
        .entry = entry,
        .now = clock_now(),
    };
    return changed_from(contact_store_add(context->database, &change, error), entry, 0);
}

/* What stands on record is looked up as it was typed: what could not be a contact today may be one
 * of old. */
ContactChanged *contacts_end(Context *context, const Secret *token, const char *license_id,
                             const char *typed, GError **error)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(typed));
    g_autofree char *bare = g_ascii_strdown(trimmed, -1);
    int64_t left = 0;
    const ContactChange change = {
        .token = operators_token_digest(token),
        .license_id = license_id,
        .entry = bare,
        .now = clock_now(),
    };
    char *ended = contact_store_end(context->database, &change, &left, error);
    return changed_from(ended, bare, left);
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
