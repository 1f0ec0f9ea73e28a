#include "service/check_internal.h"

#include "db/health_store.h"
#include "db/report_query.h"

static const char thing[] = "report database";

static bool look(GPtrArray *lines, Context *context, GError **error)
{
    g_autofree char *since = NULL;
    if (!report_query_behind(context->database, CONTEXT_BEHIND_S, &since, error)) {
        return false;
    }
    char *server = health_store_server(context->database, error);
    if (server == NULL) {
        return false;
    }
    if (since == NULL) {
        check_add(lines, thing, CHECK_OK, server, NULL);
    } else {
        check_add(lines, thing, CHECK_WARNING,
                  g_strdup_printf("%s: behind since %s", server, since),
                  "see whether the standby receives what the database records, and whether "
                  "issuer run is at work");
        g_free(server);
    }
    return true;
}

void check_reports(GPtrArray *lines, Settings *settings)
{
    g_autoptr(GError) problem = NULL;
    if (*config_text(settings_config(settings), "report-database") == '\0') {
        return;
    }
    g_autoptr(Context) context =
        context_open_with(settings, CONTEXT_REPORTS, "issuer check", &problem);
    if (context == NULL || !look(lines, context, &problem)) {
        check_add_error(lines, thing, g_steal_pointer(&problem));
    }
}
