#include "sign/signer_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "core/dates.h"
#include "core/jws.h"
#include "sign/key_folder.h"

#include <string.h>

static KeyEntry *find_signing(const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++) {
        KeyEntry *entry = g_ptr_array_index(entries, i);
        if (entry->state == KEY_STATE_SIGNS) {
            return entry;
        }
    }
    return NULL;
}

static const KeyEntry *newest_signing(const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++) {
        const KeyEntry *entry = g_ptr_array_index(entries, i);
        if (!entry->is_root) {
            return entry;
        }
    }
    return NULL;
}

/* Why none of the folder's keys can sign, by the newest of them. */
static void explain(const char *folder, const GPtrArray *entries, GError **error)
{
    const KeyEntry *newest = newest_signing(entries);
    if (newest == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "%s holds no signing key: make one with issuer key rotate", folder);
        return;
    }
    const char *kid = certificate_kid(newest->certificate);
    g_autofree char *from = dates_instant_text(certificate_not_before(newest->certificate));
    g_autofree char *until = dates_instant_text(certificate_not_after(newest->certificate));
    switch (newest->state) {
    case KEY_STATE_WAITING:
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "signing key %s in %s is valid only from %s: is the clock right?", kid, folder,
                    from);
        break;
    case KEY_STATE_EXPIRED:
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "signing key %s in %s expired at %s: make a new one with issuer key rotate",
                    kid, folder, until);
        break;
    case KEY_STATE_AWAY:
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "the private half of signing key %s is missing: %s", kid, newest->key_path);
        break;
    default:
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    "signing key %s in %s is revoked: make a new one with issuer key rotate", kid,
                    folder);
        break;
    }
}

static KeyPair *open_pair(const KeyEntry *entry, GError **error)
{
    g_autoptr(Secret) pem = file_read_private(entry->key_path, KEY_FOLDER_MOST, error);
    if (pem == NULL) {
        return NULL;
    }
    g_autoptr(KeyPair) pair = key_pair_read(pem, NULL, entry->key_path, error);
    if (pair == NULL) {
        return NULL;
    }
    Digest public = key_pair_public(pair);
    if (!digest_equal(&public, certificate_public(entry->certificate))) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s is not the key of the certificate beside it", entry->key_path);
        return NULL;
    }
    return g_steal_pointer(&pair);
}

static bool may_use(const char *folder, bool development, bool allowed, GError **error)
{
    if (development && !allowed) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    "the keys in %s are development keys: no customer's server accepts them; allow "
                    "them in the configuration, or make keys with a passphrase",
                    folder);
        return false;
    }
    return true;
}

Signer *signer_open(const char *folder, bool allow_development, int64_t now, GError **error)
{
    g_autoptr(GPtrArray) entries = key_folder_list(folder, now, error);
    if (entries == NULL) {
        return NULL;
    }
    KeyEntry *entry = find_signing(entries);
    if (entry == NULL) {
        explain(folder, entries, error);
        return NULL;
    }
    bool development =
        key_folder_is_development(folder) || certificate_is_development(entry->certificate);
    if (!may_use(folder, development, allow_development, error)) {
        return NULL;
    }
    KeyPair *pair = open_pair(entry, error);
    if (pair == NULL) {
        return NULL;
    }
    Signer *signer = g_new0(Signer, 1);
    signer->pair = pair;
    signer->certificate = g_steal_pointer(&entry->certificate);
    signer->development = development;
    return signer;
}

const char *signer_kid(const Signer *signer)
{
    return certificate_kid(signer->certificate);
}

GBytes *signer_certificate(const Signer *signer)
{
    return certificate_der(signer->certificate);
}

int64_t signer_not_before(const Signer *signer)
{
    return certificate_not_before(signer->certificate);
}

int64_t signer_not_after(const Signer *signer)
{
    return certificate_not_after(signer->certificate);
}

bool signer_is_development(const Signer *signer)
{
    return signer->development;
}

bool signer_check_time(const Signer *signer, int64_t now, GError **error)
{
    const int64_t from = signer_not_before(signer);
    const int64_t until = signer_not_after(signer);
    if (now >= from && now <= until) {
        return true;
    }
    g_autofree char *valid_from = dates_instant_text(from);
    g_autofree char *valid_until = dates_instant_text(until);
    g_set_error(
        error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
        "signing key %s is valid from %s until %s, not now: look at the clock, or make a new "
        "key with issuer key rotate",
        signer_kid(signer), valid_from, valid_until);
    return false;
}

static char *sign(const Signer *signer, const char *signing_input, GError **error)
{
    gsize size = strlen(signing_input);
    uint8_t signature[KEY_PAIR_SIGNATURE_SIZE];
    if (!key_pair_sign(signer->pair, signing_input, size, signature, error)) {
        return NULL;
    }
    /* With the public half that customers hold: a mixed-up key, a failing memory or token shows
     * here and not in a plant. */
    if (!certificate_verify(signer->certificate, signing_input, size, signature)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "the signature of key %s does not hold under its own certificate",
                    signer_kid(signer));
        return NULL;
    }
    return jws_join(signing_input, signature);
}

char *signer_issue(const Signer *signer, const UsageLicense *license, GError **error)
{
    g_autofree char *input =
        usage_license_signing_input(license, signer_kid(signer), signer_certificate(signer));
    return sign(signer, input, error);
}

bool signer_warm(const Signer *signer, GError **error)
{
    g_autofree char *jws = sign(signer, "warm", error);
    return jws != NULL;
}

void signer_free(Signer *signer)
{
    if (signer != NULL) {
        sign_link_free(signer->link);
        key_pair_free(signer->pair);
        certificate_free(signer->certificate);
        g_free(signer);
    }
}
