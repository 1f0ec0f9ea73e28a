/* Whether the keys are as they must be, and for how long. */
#include "base/clock.h"
#include "base/file.h"
#include "core/dates.h"
#include "service/check_internal.h"
#include "service/keys_internal.h"

#define DAY 86400 /* seconds */

static const char folder_thing[] = "key folder";
static const char files_thing[] = "key files";
static const char roots_thing[] = "roots";
static const char signing_thing[] = "signing key";
static const char development_thing[] = "development keys";
static const char list_thing[] = "denied list";

static void check_files(GPtrArray *lines, const GPtrArray *entries)
{
    guint count = 0;
    bool fine = true;
    for (guint i = 0; i < entries->len; i++) {
        const KeyEntry *entry = g_ptr_array_index(entries, i);
        GError *problem = NULL;
        if (entry->has_private && !file_check_private(entry->key_path, &problem)) {
            check_add_error(lines, files_thing, problem);
            fine = false;
        }
        count += entry->has_private;
    }
    if (fine) {
        check_add(lines, files_thing, CHECK_OK,
                  g_strdup_printf("%u private keys, of the right owner and mode", count), NULL);
    }
}

/* "until 2027-03-31 12:00 UTC (80 days)" */
static char *until_text(int64_t end, int64_t now)
{
    g_autofree char *day = dates_instant_text(end);
    return g_strdup_printf("until %s (%" G_GINT64_FORMAT " days)", day,
                           (gint64)((end - now) / DAY));
}

static void check_root(GPtrArray *lines, const KeyEntry *entry, int64_t now)
{
    int64_t end = certificate_not_after(entry->certificate);
    g_autofree char *until = until_text(end, now);
    if (end < now + (int64_t)CHECK_KEY_DAYS * DAY) {
        check_add(lines, roots_thing, end < now ? CHECK_WRONG : CHECK_WARNING,
                  g_strdup_printf("root %u is valid %s", entry->number, until),
                  "make new roots, and have Chariot trust them before");
    } else if (entry->has_private && !certificate_is_development(entry->certificate)) {
        check_add(lines, roots_thing, CHECK_WARNING,
                  g_strdup_printf("the private key of root %u lies in the folder", entry->number),
                  "carry it away, to media that are kept offline (keys/README.md)");
    } else {
        check_add(lines, roots_thing, CHECK_OK,
                  g_strdup_printf("root %u is valid %s", entry->number, until), NULL);
    }
}

static void check_signing(GPtrArray *lines, const Signer *signer, int64_t now)
{
    int64_t end = signer_not_after(signer);
    bool soon = end < now + (int64_t)CHECK_KEY_DAYS * DAY;
    g_autofree char *until = until_text(end, now);
    check_add(lines, signing_thing, soon ? CHECK_WARNING : CHECK_OK,
              g_strdup_printf("%s signs %s", signer_kid(signer), until),
              soon ? "make the next one in time: issuer key rotate" : NULL);
}

static void check_development(GPtrArray *lines, const Signer *signer, bool allowed)
{
    if (signer_is_development(signer)) {
        check_add(
            lines, development_thing, allowed ? CHECK_WARNING : CHECK_WRONG,
            g_strdup_printf("the keys are development keys: no customer's server accepts what "
                            "they sign%s",
                            allowed ? "" : ", and ingest refuses them"),
            "make keys with a passphrase: issuer key init into a new key-folder");
    } else if (allowed) {
        check_add(lines, development_thing, CHECK_WARNING,
                  g_strdup("none in use, but allow-development-keys is on"),
                  "turn it off, so that no such keys are ever used by mistake");
    } else {
        check_add(lines, development_thing, CHECK_OK, g_strdup("none, and none would be used"),
                  NULL);
    }
}

static void check_signer(GPtrArray *lines, const Context *context, int64_t now)
{
    GError *problem = NULL;
    g_autoptr(Signer) signer = signer_open(keys_folder(context), true, now, &problem);
    if (signer == NULL) {
        check_add_error(lines, signing_thing, problem);
        return;
    }
    check_signing(lines, signer, now);
    check_development(lines, signer,
                      config_flag(settings_config(context->settings), "allow-development-keys"));
}

void check_keys(GPtrArray *lines, const Context *context)
{
    int64_t now = clock_now();
    GError *problem = NULL;
    g_autoptr(GPtrArray) entries = key_folder_list(keys_folder(context), now, &problem);
    if (entries == NULL) {
        check_add_error(lines, folder_thing, problem);
        check_add(lines, signing_thing, CHECK_NOT_ASKED, g_strdup("the key folder comes first"),
                  NULL);
        return;
    }
    check_add(lines, folder_thing, CHECK_OK, g_strdup(keys_folder(context)), NULL);
    check_files(lines, entries);
    for (guint i = 0; i < entries->len; i++) {
        const KeyEntry *entry = g_ptr_array_index(entries, i);
        if (entry->is_root) {
            check_root(lines, entry, now);
        }
    }
    check_signer(lines, context, now);
}

/* True if list and records agree on this key. */
static bool check_listed(GPtrArray *lines, const DeniedKeys *denied, const SigningKeyRecord *record)
{
    bool listed = keys_is_listed(denied, record->kid);
    if (listed == (record->revoked_at != 0)) {
        return true;
    }
    check_add(lines, list_thing, CHECK_WRONG,
              g_strdup_printf(listed ? "%s is on the list, but not on record as revoked"
                                     : "%s is on record as revoked, but not on the list",
                              record->kid),
              listed ? "put it on record: issuer key revoke, which needs no root for it"
                     : "copy the newest denied.jws into the key folder, or revoke the key again");
    return false;
}

static char *list_text(const DeniedKeys *denied)
{
    if (denied == NULL) {
        return g_strdup("there is none: no key was revoked");
    }
    g_autofree char *made = dates_instant_text(denied->iat);
    return g_strdup_printf("%u revoked keys, signed at %s", denied->kids->len, made);
}

bool check_denied_list(GPtrArray *lines, Context *context, GError **error)
{
    g_autoptr(GPtrArray) records = signing_key_store_list(context->database, false, error);
    g_autoptr(DeniedKeys) denied = NULL;
    if (records == NULL) {
        return false;
    }
    if (!key_folder_denied_keys(keys_folder(context), &denied, NULL)) {
        check_add(lines, list_thing, CHECK_NOT_ASKED, g_strdup("the key folder comes first"), NULL);
        return true;
    }
    bool agree = true;
    for (guint i = 0; i < records->len; i++) {
        agree &= check_listed(lines, denied, g_ptr_array_index(records, i));
    }
    if (agree) {
        check_add(lines, list_thing, CHECK_OK, list_text(denied), NULL);
    }
    return true;
}
