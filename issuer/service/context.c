#include "service/context.h"

#include "base/clock.h"
#include "base/error.h"
#include "db/migrate.h"
#include "db/report_query.h"
#include "db/signing_key_store.h"

static Database *open_to_read(const Config *config, const char *purpose, GError **error)
{
    const char *apart = config_text(config, "report-database");
    return *apart != '\0'
               ? database_open_to_read(apart, purpose, true, error)
               : database_open_to_read(config_text(config, "database"), purpose, false, error);
}

static bool open_database(Context *context, unsigned needs, const char *purpose, GError **error)
{
    const Config *config = settings_config(context->settings);
    const char *prefix = config_text(config, "role-prefix");
    context->database = (needs & CONTEXT_REPORTS) != 0
                            ? open_to_read(config, purpose, error)
                            : database_open(config_text(config, "database"), purpose, error);
    return context->database != NULL &&
           ((needs & CONTEXT_ANY_SCHEMA) != 0 || migrate_check(context->database, prefix, error));
}

static bool open_signer(Context *context, unsigned needs, GError **error)
{
    const Config *config = settings_config(context->settings);
    if (context->elsewhere != NULL) {
        context->signer = signer_connect(context->elsewhere, error);
        return context->signer != NULL;
    }
    bool development =
        (needs & CONTEXT_DEVELOPMENT_KEYS) != 0 || config_flag(config, "allow-development-keys");
    context->signer =
        signer_open(config_text(config, "key-folder"), development, clock_now(), error);
    return context->signer != NULL;
}

/* The key first: it costs no connection to learn that it cannot be used. */
static bool open_needs(Context *context, unsigned needs, const char *purpose, GError **error)
{
    if ((needs & CONTEXT_SIGNER) != 0 && !open_signer(context, needs, error)) {
        return false;
    }
    return (needs & (CONTEXT_DATABASE | CONTEXT_ANY_SCHEMA | CONTEXT_REPORTS)) == 0 ||
           open_database(context, needs, purpose, error);
}

Context *context_open(const char *config_path, unsigned needs, const char *purpose, GError **error)
{
    g_autoptr(Settings) settings = settings_load(config_path, error);
    return settings != NULL ? context_open_with(settings, needs, purpose, error) : NULL;
}

Context *context_open_with(Settings *settings, unsigned needs, const char *purpose, GError **error)
{
    return context_open_asking(settings, NULL, needs, purpose, error);
}

Context *context_open_asking(Settings *settings, const char *signer, unsigned needs,
                             const char *purpose, GError **error)
{
    Context *context = g_new0(Context, 1);
    context->settings = settings_ref(settings);
    context->elsewhere = g_strdup(signer);
    if (!open_needs(context, needs, purpose, error)) {
        g_clear_pointer(&context, context_free);
    }
    return context;
}

bool context_behind(Context *context, const char *shown, char **line, GError **error)
{
    g_autofree char *since = NULL;
    if (!report_query_behind(context->database, CONTEXT_BEHIND_S, &since, error)) {
        return false;
    }
    *line = since != NULL ? g_strdup_printf("The report database is behind: not all that was "
                                            "recorded after %s is in %s.",
                                            since, shown)
                          : NULL;
    return true;
}

bool context_record_signer(Context *context, GError **error)
{
    const Signer *signer = context->signer;
    SigningKeyRow row = {
        .kid = signer_kid(signer),
        .certificate = signer_certificate(signer),
        .not_before = signer_not_before(signer),
        .not_after = signer_not_after(signer),
        .development = signer_is_development(signer),
    };
    return signing_key_store_record(context->database, &row, clock_now(), error) &&
           context_check_signer(context, error);
}

/* Where the signer cannot be told now, the records refuse what it signs all the same. */
bool context_check_signer(Context *context, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (signing_key_store_check(context->database, signer_kid(context->signer), &failure)) {
        return true;
    }
    if (g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_DENIED) &&
        signer_is_elsewhere(context->signer)) {
        (void)signer_tell_revoked(context->signer, NULL);
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

bool context_need_signer(Context *context, GError **error)
{
    if (context->signer != NULL) {
        return true;
    }
    if (!open_signer(context, CONTEXT_SETTINGS, error)) {
        return false;
    }
    if (!context_record_signer(context, error)) {
        g_clear_pointer(&context->signer, signer_free);
        return false;
    }
    return true;
}

bool context_need_journal(Context *context, GError **error)
{
    const char *folder = config_text(settings_config(context->settings), "journal-folder");
    if (context->journal == NULL && *folder != '\0') {
        context->journal = journal_open(folder, context->database, error);
        return context->journal != NULL;
    }
    return true;
}

void context_free(Context *context)
{
    if (context == NULL) {
        return;
    }
    journal_free(context->journal);
    signer_free(context->signer);
    database_free(context->database);
    settings_free(context->settings);
    g_free(context->elsewhere);
    g_free(context);
}
