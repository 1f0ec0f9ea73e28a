/* Revoking a signing key: on the root-signed denied list, which Chariot learns of, and on record,
 * which the issuer itself goes by. */
#include "service/keys.h"

#include "base/clock.h"
#include "base/error.h"
#include "service/keys_internal.h"
#include "sign/ceremony.h"

/* Where the revocation is not written yet. */
typedef struct {
    bool list;
    bool record;
} Lack;

static bool is_key_of_ours(const Keys *keys, const char *id, const char *folder, GError **error)
{
    const KeyEntry *entry = keys_find_entry(keys, id);
    if (entry == NULL && keys_find_record(keys, id) == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "no key '%s' in %s%s: issuer key list shows them", id, folder,
                    keys->records != NULL ? " or on record" : "");
        return false;
    }
    if (entry != NULL && entry->is_root) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s is a root: the denied list is for signing keys; keys/README.md says what "
                    "to do when a root is lost or exposed",
                    id);
        return false;
    }
    return true;
}

static bool see_lack(const Keys *keys, const char *folder, const char *id, Lack *lack,
                     GError **error)
{
    g_autoptr(DeniedKeys) denied = NULL;
    if (!is_key_of_ours(keys, id, folder, error) ||
        !key_folder_denied_keys(folder, &denied, error)) {
        return false;
    }
    const SigningKeyRecord *record = keys_find_record(keys, id);
    lack->list = !keys_is_listed(denied, id);
    lack->record = keys->records != NULL && (record == NULL || record->revoked_at == 0);
    if (!lack->list && !lack->record) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "key %s is revoked already", id);
        return false;
    }
    return true;
}

bool keys_revoke_wants_root(Context *context, const char *id, bool *wanted, GError **error)
{
    g_auto(Keys) keys = {0};
    Lack lack = {0};
    bool seen =
        keys_load(context, &keys, error) && see_lack(&keys, keys_folder(context), id, &lack, error);
    *wanted = lack.list;
    return seen;
}

/* A key that never signed is recorded first, so that it never will. */
static bool put_on_record(Context *context, const KeyEntry *entry, const KeyRevocation *revocation,
                          GError **error)
{
    SigningKeyRow key = {.kid = revocation->id};
    SigningKeyRevocation row = {.kid = revocation->id,
                                .reason = revocation->reason,
                                .by = revocation->token,
                                .now = clock_now()};
    if (entry != NULL) {
        const Certificate *certificate = entry->certificate;
        key.certificate = certificate_der(certificate);
        key.not_before = certificate_not_before(certificate);
        key.not_after = certificate_not_after(certificate);
        key.development = certificate_is_development(certificate);
        row.key = &key;
    }
    return signing_key_store_revoke(context->database, &row, error);
}

static bool put_on_list(const Context *context, const KeyRevocation *revocation, GError **error)
{
    return ceremony_revoke(keys_folder(context), revocation->id, revocation->root,
                           revocation->passphrase, clock_now(), error);
}

/* The record is written before the list and made durable after it: what the database refuses is
 * known before a list is out. A crash between the two leaves a list without its record, which the
 * same command completes. */
static bool put_on_both(Context *context, const KeyEntry *entry, const KeyRevocation *revocation,
                        const Lack *lack, GError **error)
{
    if (!database_begin(context->database, error)) {
        return false;
    }
    bool done = put_on_record(context, entry, revocation, error) &&
                (!lack->list || put_on_list(context, revocation, error)) &&
                database_commit(context->database, error);
    if (!done) {
        database_rollback(context->database);
    }
    return done;
}

static KeyRevoked *report(Context *context, const char *id, GError **error)
{
    g_auto(Keys) keys = {.counts = true};
    g_autoptr(DeniedKeys) denied = NULL;
    if (!keys_load(context, &keys, error) ||
        !key_folder_denied_keys(keys_folder(context), &denied, error)) {
        return NULL;
    }
    const SigningKeyRecord *record = keys_find_record(&keys, id);
    const KeyEntry *signs = keys_find_signing(&keys);
    KeyRevoked *revoked = g_new0(KeyRevoked, 1);
    revoked->listed_at = denied != NULL ? denied->iat : 0;
    revoked->listed = denied != NULL ? denied->kids->len : 0;
    revoked->licenses = record != NULL ? record->licenses : -1;
    revoked->signs = signs != NULL ? g_strdup(certificate_kid(signs->certificate)) : NULL;
    return revoked;
}

KeyRevoked *keys_revoke(Context *context, const KeyRevocation *revocation, GError **error)
{
    g_auto(Keys) keys = {0};
    Lack lack = {0};
    if (!keys_load(context, &keys, error) ||
        !see_lack(&keys, keys_folder(context), revocation->id, &lack, error)) {
        return NULL;
    }
    const KeyEntry *entry = keys_find_entry(&keys, revocation->id);
    bool done = lack.record ? put_on_both(context, entry, revocation, &lack, error)
                            : put_on_list(context, revocation, error);
    return done ? report(context, revocation->id, error) : NULL;
}

void key_revoked_free(KeyRevoked *revoked)
{
    if (revoked != NULL) {
        g_free(revoked->signs);
        g_free(revoked);
    }
}
