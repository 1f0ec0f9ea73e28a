#include "service/verify.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/dates.h"
#include "db/usage_license_query.h"
#include "service/context.h"
#include "service/license_file.h"
#include "sign/key_folder.h"
#include "sign/verifier.h"

#include <string.h>

const char *verify_verdict_text(VerifyVerdict verdict)
{
    static const char *const texts[] = {
        [VERDICT_GOOD] = "good",
        [VERDICT_NOT_ON_RECORD] = "good, NOT ON RECORD",
        [VERDICT_NOT_ASKED] = "good, database not asked",
        [VERDICT_NOT_GOOD] = "not good",
    };
    return texts[verdict];
}

bool verify_is_alarming(const VerifiedLicense *license)
{
    return license->verdict == VERDICT_NOT_GOOD || license->verdict == VERDICT_NOT_ON_RECORD;
}

/* ---- by the roots and the denied list ---- */

static bool exists(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static Verifier *open_verifier(const Settings *settings, const VerifyOptions *options,
                               GError **error)
{
    const char *folder = config_text(settings_config(settings), "key-folder");
    g_autofree char *anchors = g_build_filename(folder, KEY_FOLDER_ANCHORS, NULL);
    g_autofree char *list = g_build_filename(folder, KEY_FOLDER_DENIED, NULL);
    const char *denied = options->denied;
    if (options->anchors == NULL && !exists(anchors)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "no roots to verify with: %s is not there; name a file of them with --anchors, "
                    "or the setting key-folder",
                    anchors);
        return NULL;
    }
    if (denied == NULL && options->anchors == NULL && exists(list)) {
        denied = list;
    }
    return verifier_open(options->anchors != NULL ? options->anchors : anchors, denied, error);
}

static VerifiedLicense *check_token(const Verifier *verifier, const FoundToken *token)
{
    VerifiedLicense *verified = g_new0(VerifiedLicense, 1);
    verified->verdict = VERDICT_NOT_GOOD;
    if (token->problem != NULL) {
        verified->damaged = true;
        verified->why = g_strdup_printf("the code is damaged: %s", token->problem);
        return verified;
    }
    g_autoptr(GError) problem = NULL;
    verified->license = verifier_check(verifier, token->jws, strlen(token->jws), &problem);
    if (verified->license != NULL) {
        verified->verdict = VERDICT_NOT_ASKED;
        return verified;
    }
    verified->why = g_strdup(problem->message);
    verified->license = usage_license_read(token->jws, strlen(token->jws), NULL);
    return verified;
}

/* ---- by the records ---- */

static void add_why(VerifiedLicense *verified, const char *text)
{
    char *why =
        verified->why != NULL ? g_strconcat(verified->why, "; ", text, NULL) : g_strdup(text);
    g_free(verified->why);
    verified->why = why;
}

static void judge_record(VerifiedLicense *verified, const char *jws, const char *on_record)
{
    g_autofree char *serial = usage_license_serial_text(verified->license->serial);
    verified->verdict = VERDICT_NOT_ON_RECORD;
    if (on_record == NULL) {
        verified->why = g_strdup_printf("no usage license %s is on record", serial);
    } else if (strcmp(on_record, jws) != 0) {
        verified->why = g_strdup_printf("the usage license %s on record has other bytes", serial);
    } else {
        verified->verdict = VERDICT_GOOD;
    }
}

static bool ask_one(Context *context, VerifiedLicense *verified, const char *jws, GError **error)
{
    g_autofree char *on_record = NULL;
    g_autofree char *state = NULL;
    if (!usage_license_query_bytes(context->database, verified->license->serial, &on_record, &state,
                                   error)) {
        return false;
    }
    judge_record(verified, jws, on_record);
    if (verified->verdict == VERDICT_GOOD) {
        verified->state = g_steal_pointer(&state);
    }
    return true;
}

static bool ask_all(const char *config_path, const GPtrArray *licenses, const GPtrArray *tokens,
                    GError **error)
{
    g_autoptr(Context) context =
        context_open(config_path, CONTEXT_DATABASE, "issuer verify", error);
    for (guint i = 0; context != NULL && i < licenses->len; i++) {
        VerifiedLicense *verified = g_ptr_array_index(licenses, i);
        const FoundToken *token = g_ptr_array_index(tokens, i);
        if (verified->verdict != VERDICT_NOT_GOOD &&
            !ask_one(context, verified, token->jws, error)) {
            return false;
        }
    }
    return context != NULL;
}

/* Why the database was not asked, with each license that it was not asked about. */
static void note_not_asked(const GPtrArray *licenses, const char *why)
{
    for (guint i = 0; i < licenses->len; i++) {
        VerifiedLicense *verified = g_ptr_array_index(licenses, i);
        if (verified->verdict == VERDICT_NOT_ASKED) {
            add_why(verified, why);
        }
    }
}

static bool any_is_good(const GPtrArray *licenses)
{
    for (guint i = 0; i < licenses->len; i++) {
        const VerifiedLicense *verified = g_ptr_array_index(licenses, i);
        if (verified->verdict != VERDICT_NOT_GOOD) {
            return true;
        }
    }
    return false;
}

static void ask_records(const char *config_path, const VerifyOptions *options,
                        const GPtrArray *licenses, const GPtrArray *tokens)
{
    g_autoptr(GError) problem = NULL;
    if (options->offline) {
        note_not_asked(licenses, "--offline was given");
    } else if (any_is_good(licenses) && !ask_all(config_path, licenses, tokens, &problem)) {
        note_not_asked(licenses, problem->message);
    }
}

/* An expired license is as good as it ever was, but no server installs it. */
static void note_expired(const GPtrArray *licenses, int64_t now)
{
    for (guint i = 0; i < licenses->len; i++) {
        VerifiedLicense *verified = g_ptr_array_index(licenses, i);
        if (verified->verdict != VERDICT_NOT_GOOD && verified->license->exp != 0 &&
            verified->license->exp <= now) {
            g_autofree char *since = dates_instant_text(verified->license->exp);
            g_autofree char *text = g_strdup_printf("it has been past its expiry since %s", since);
            add_why(verified, text);
        }
    }
}

static void verified_license_free(VerifiedLicense *license)
{
    if (license == NULL) {
        return;
    }
    g_free(license->why);
    usage_license_free(license->license);
    g_free(license->state);
    g_free(license);
}

static void free_verified(gpointer verified)
{
    verified_license_free(verified);
}

GPtrArray *verify_file(const char *config_path, const VerifyOptions *options, GError **error)
{
    g_autoptr(Settings) settings = settings_load(config_path, error);
    if (settings == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) tokens = license_file_read(options->path, settings_mail(settings), error);
    g_autoptr(Verifier) verifier = tokens == NULL ? NULL : open_verifier(settings, options, error);
    if (verifier == NULL) {
        return NULL;
    }
    GPtrArray *licenses = g_ptr_array_new_with_free_func(free_verified);
    for (guint i = 0; i < tokens->len; i++) {
        g_ptr_array_add(licenses, check_token(verifier, g_ptr_array_index(tokens, i)));
    }
    ask_records(config_path, options, licenses, tokens);
    note_expired(licenses, clock_now());
    return licenses;
}
