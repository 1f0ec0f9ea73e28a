#include "service/check.h"

#include "base/clock.h"
#include "base/error.h"
#include "db/health_store.h"
#include "db/report_query.h"
#include "service/check_internal.h"
#include "service/schema.h"

#include <string.h>

static const char settings_thing[] = "settings";
static const char database_thing[] = "database";
static const char schema_thing[] = "schema";
static const char clock_thing[] = "clock";
static const char zone_thing[] = "finance zone";

static void check_settings_found(GPtrArray *lines, const Settings *settings)
{
    const char *path = settings_path(settings);
    check_add(lines, settings_thing, CHECK_OK,
              g_strdup(path != NULL ? path : "no file: built-in values and the environment"), NULL);
}

static bool check_clock(GPtrArray *lines, Context *context, GError **error)
{
    int64_t theirs = 0;
    if (!health_store_clock(context->database, &theirs, error)) {
        return false;
    }
    int64_t ahead = theirs - clock_now();
    bool close = ABS(ahead) <= CHECK_CLOCK_MOST;
    check_add(lines, clock_thing, close ? CHECK_OK : CHECK_WRONG,
              g_strdup_printf("the database's clock is %" G_GINT64_FORMAT " s %s this machine's",
                              (gint64)ABS(ahead), ahead < 0 ? "behind" : "ahead of"),
              close ? NULL : "have both machines set their clocks by the same time servers");
    return true;
}

static bool check_database(GPtrArray *lines, Context *context, GError **error)
{
    const char *conninfo = config_text(settings_config(context->settings), "database");
    context->database = database_open(conninfo, "issuer check", error);
    char *server = context->database != NULL ? health_store_server(context->database, error) : NULL;
    if (server == NULL) {
        return false;
    }
    check_add(lines, database_thing, CHECK_OK, server, NULL);
    return check_clock(lines, context, error);
}

static bool schema_is_ours(GPtrArray *lines, Context *context)
{
    GError *problem = NULL;
    if (!schema_check(context, &problem)) {
        check_add_error(lines, schema_thing, problem);
        return false;
    }
    check_add(lines, schema_thing, CHECK_OK, g_strdup("this program's, version " ISSUER_VERSION),
              NULL);
    return true;
}

/* The zone of the reports, and whether finance's own tools, which ask the views, have the same. */
static bool check_zone(GPtrArray *lines, Context *context, GError **error)
{
    const char *zone = config_text(settings_config(context->settings), "finance-zone");
    GError *problem = NULL;
    if (!report_query_check_zone(context->database, zone, &problem)) {
        if (!g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_INPUT)) {
            g_propagate_error(error, problem);
            return false;
        }
        check_add_error(lines, zone_thing, problem);
        return true;
    }
    g_autofree char *views = report_query_views_zone(context->database, error);
    if (views == NULL) {
        return false;
    }
    const bool same = strcmp(zone, views) == 0;
    g_autofree char *advice = g_strdup_printf(
        "as the database's owner: alter database … set issuer.finance_zone = '%s'", zone);
    check_add(lines, zone_thing, same ? CHECK_OK : CHECK_WARNING,
              same ? g_strdup(zone)
                   : g_strdup_printf("reports have the days of %s, the views report_…_now of the "
                                     "database those of %s",
                                     zone, views),
              same ? NULL : advice);
    return true;
}

static bool is_unavailable(const GError *error)
{
    return g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE);
}

/* What only the records can answer; false when they cannot be asked any more. */
static bool check_in_database(GPtrArray *lines, Context *context, GError **error)
{
    if (!check_database(lines, context, error)) {
        return false;
    }
    if (!schema_is_ours(lines, context)) {
        check_add(lines, "records", CHECK_NOT_ASKED, g_strdup("the schema comes first"), NULL);
        return true;
    }
    return check_zone(lines, context, error) && check_denied_list(lines, context, error) &&
           check_records(lines, context, error) && check_journal(lines, context, error) &&
           check_quarantine(lines, context, error);
}

static void check_all(GPtrArray *lines, Context *context, GError **error)
{
    GError *problem = NULL;
    check_settings_found(lines, context->settings);
    check_keys(lines, context);
    check_mail(lines, context->settings);
    check_mailboxes(lines, context->settings);
    check_drops(lines, context->settings);
    check_parsers(lines);
    check_reports(lines, context->settings);
    if (check_in_database(lines, context, &problem)) {
        return;
    }
    bool denied = g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_DENIED);
    check_add(lines, context->database == NULL ? database_thing : "records", CHECK_WRONG,
              g_strdup(problem->message),
              denied ? "connect with a login of the daemon's or the admins' role" : NULL);
    if (is_unavailable(problem)) {
        g_propagate_error(error, problem);
    } else {
        g_error_free(problem);
    }
}

GPtrArray *check_run(const char *config_path, GError **error)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func((GDestroyNotify)check_line_free);
    GError *problem = NULL;
    g_autoptr(Context) context =
        context_open(config_path, CONTEXT_SETTINGS, "issuer check", &problem);
    if (context != NULL) {
        check_all(lines, context, error);
        return lines;
    }
    check_add_error(lines, settings_thing, problem);
    check_add(lines, "all else", CHECK_NOT_ASKED, g_strdup("the settings come first"), NULL);
    return lines;
}

bool check_found_wrong(const GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++) {
        if (((const CheckLine *)g_ptr_array_index(lines, i))->state == CHECK_WRONG) {
            return true;
        }
    }
    return false;
}
