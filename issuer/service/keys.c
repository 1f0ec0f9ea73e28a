#include "service/keys.h"

#include "base/clock.h"
#include "core/base64url.h"
#include "service/keys_internal.h"
#include "sign/ceremony.h"

#include <string.h>

const char *keys_folder(const Context *context)
{
    return config_text(settings_config(context->settings), "key-folder");
}

bool keys_load(Context *context, Keys *keys, GError **error)
{
    keys->entries = key_folder_list(keys_folder(context), clock_now(), error);
    if (keys->entries == NULL || context->database == NULL) {
        return keys->entries != NULL;
    }
    keys->records = signing_key_store_list(context->database, keys->counts, error);
    return keys->records != NULL;
}

void keys_clear(Keys *keys)
{
    g_clear_pointer(&keys->entries, g_ptr_array_unref);
    g_clear_pointer(&keys->records, g_ptr_array_unref);
}

const KeyEntry *keys_find_entry(const Keys *keys, const char *id)
{
    for (guint i = 0; i < keys->entries->len; i++) {
        const KeyEntry *entry = g_ptr_array_index(keys->entries, i);
        if (strcmp(certificate_kid(entry->certificate), id) == 0) {
            return entry;
        }
    }
    return NULL;
}

const KeyEntry *keys_find_signing(const Keys *keys)
{
    for (guint i = 0; i < keys->entries->len; i++) {
        const KeyEntry *entry = g_ptr_array_index(keys->entries, i);
        if (entry->state == KEY_STATE_SIGNS) {
            return entry;
        }
    }
    return NULL;
}

const SigningKeyRecord *keys_find_record(const Keys *keys, const char *id)
{
    for (guint i = 0; keys->records != NULL && i < keys->records->len; i++) {
        const SigningKeyRecord *record = g_ptr_array_index(keys->records, i);
        if (strcmp(record->kid, id) == 0) {
            return record;
        }
    }
    return NULL;
}

bool keys_is_listed(const DeniedKeys *denied, const char *id)
{
    Digest thumbprint;
    return denied != NULL && base64url_read_exact(id, strlen(id), thumbprint.bytes, DIGEST_SIZE) &&
           denied_keys_contains(denied, &thumbprint);
}

bool keys_init(Context *context, const Secret *passphrase, GError **error)
{
    return ceremony_init(keys_folder(context), passphrase, clock_now(), error);
}

static KeyRecord *record_of_entry(const Keys *keys, const KeyEntry *entry)
{
    const Certificate *certificate = entry->certificate;
    const SigningKeyRecord *on_record = keys_find_record(keys, certificate_kid(certificate));
    KeyRecord *record = g_new0(KeyRecord, 1);
    record->id = g_strdup(certificate_kid(certificate));
    record->role = entry->is_root ? "root" : "signing";
    record->state = key_state_text(entry->state);
    record->development = certificate_is_development(certificate);
    record->not_before = certificate_not_before(certificate);
    record->not_after = certificate_not_after(certificate);
    record->licenses = keys->records != NULL && keys->counts && !entry->is_root ? 0 : -1;
    if (on_record != NULL) {
        record->revoked_at = on_record->revoked_at;
        record->licenses = on_record->licenses;
    }
    /* The records refuse it, whatever this folder's list says. */
    if (record->revoked_at != 0) {
        record->state = key_state_text(KEY_STATE_DENIED);
    }
    return record;
}

static KeyRecord *record_of_record(const SigningKeyRecord *on_record)
{
    KeyRecord *record = g_new0(KeyRecord, 1);
    record->id = g_strdup(on_record->kid);
    record->role = "signing";
    record->state = on_record->revoked_at != 0 ? key_state_text(KEY_STATE_DENIED) : "on-record";
    record->development = on_record->development;
    record->not_before = on_record->not_before;
    record->not_after = on_record->not_after;
    record->revoked_at = on_record->revoked_at;
    record->licenses = on_record->licenses;
    return record;
}

static void key_record_free(KeyRecord *record)
{
    if (record != NULL) {
        g_free(record->id);
        g_free(record);
    }
}

GPtrArray *keys_list(Context *context, bool count, GError **error)
{
    g_auto(Keys) keys = {.counts = count};
    if (!keys_load(context, &keys, error)) {
        return NULL;
    }
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)key_record_free);
    for (guint i = 0; i < keys.entries->len; i++) {
        g_ptr_array_add(list, record_of_entry(&keys, g_ptr_array_index(keys.entries, i)));
    }
    for (guint i = 0; keys.records != NULL && i < keys.records->len; i++) {
        const SigningKeyRecord *record = g_ptr_array_index(keys.records, i);
        if (keys_find_entry(&keys, record->kid) == NULL) {
            g_ptr_array_add(list, record_of_record(record));
        }
    }
    return list;
}

bool keys_want_passphrase(const Context *context)
{
    return !key_folder_is_development(keys_folder(context));
}

static KeyRotation *rotation_of(const Keys *keys, const char *id, const KeyEntry *before)
{
    const KeyEntry *made = keys_find_entry(keys, id);
    g_assert(made != NULL); /* it was written a moment ago */
    KeyRotation *rotation = g_new0(KeyRotation, 1);
    rotation->id = g_strdup(id);
    rotation->not_before = certificate_not_before(made->certificate);
    rotation->not_after = certificate_not_after(made->certificate);
    if (before != NULL) {
        rotation->before = g_strdup(certificate_kid(before->certificate));
        rotation->before_not_after = certificate_not_after(before->certificate);
    }
    return rotation;
}

KeyRotation *keys_rotate(Context *context, unsigned root, const Secret *passphrase, GError **error)
{
    g_auto(Keys) before = {0};
    g_auto(Keys) after = {0};
    if (!keys_load(context, &before, error)) {
        return NULL;
    }
    g_autofree char *id =
        ceremony_rotate(keys_folder(context), root, passphrase, clock_now(), error);
    if (id == NULL || !keys_load(context, &after, error)) {
        return NULL;
    }
    return rotation_of(&after, id, keys_find_signing(&before));
}

void key_rotation_free(KeyRotation *rotation)
{
    if (rotation != NULL) {
        g_free(rotation->id);
        g_free(rotation->before);
        g_free(rotation);
    }
}
