#include "service/keys.h"

#include "base/clock.h"
#include "db/signing_key_store.h"
#include "sign/ceremony.h"
#include "sign/key_folder.h"

static const char *folder_of(const Context *context)
{
    return config_text(settings_config(context->settings), "key-folder");
}

bool keys_init(Context *context, const Secret *passphrase, GError **error)
{
    return ceremony_init(folder_of(context), passphrase, clock_now(), error);
}

static KeyRecord *record_of(const KeyEntry *entry, GHashTable *counts)
{
    const Certificate *certificate = entry->certificate;
    KeyRecord *record = g_new0(KeyRecord, 1);
    record->id = g_strdup(certificate_kid(certificate));
    record->role = entry->is_root ? "root" : "signing";
    record->state = key_state_text(entry->state);
    record->development = certificate_is_development(certificate);
    record->not_before = certificate_not_before(certificate);
    record->not_after = certificate_not_after(certificate);
    record->licenses = -1;
    if (counts != NULL) {
        record->licenses = GPOINTER_TO_UINT(g_hash_table_lookup(counts, record->id));
    }
    return record;
}

GPtrArray *keys_list(Context *context, GError **error)
{
    g_autoptr(GPtrArray) entries = key_folder_list(folder_of(context), clock_now(), error);
    if (entries == NULL) {
        return NULL;
    }
    g_autoptr(GHashTable) counts = NULL;
    if (context->database != NULL) {
        counts = signing_key_store_counts(context->database, error);
        if (counts == NULL) {
            return NULL;
        }
    }
    GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)key_record_free);
    for (guint i = 0; i < entries->len; i++) {
        g_ptr_array_add(records, record_of(g_ptr_array_index(entries, i), counts));
    }
    return records;
}

void key_record_free(KeyRecord *record)
{
    if (record != NULL) {
        g_free(record->id);
        g_free(record);
    }
}
