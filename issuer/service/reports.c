#include "service/reports.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/dates.h"

#include <string.h>

#define MOST_FRACTION 6 /* digits of a second: what the database keeps */

/* The last member: joined by hashing. */
static const Report reports[] = {
    {"licenses", "report_licenses", "report_licenses_rows", false},
    {"orders", "report_orders", "report_orders_rows", false},
    {"expiring", "report_expiring", "report_expiring_rows", false},
    {"activations", "report_activations", "report_activations_rows", false},
    {"restorations", "report_restorations", NULL, false},
    {"support-years", "report_support_years", "report_support_years_rows", false},
    {"issuance", "report_issuance", NULL, false},
    {"holds", "report_holds", NULL, false},
    {"response-times", "report_response_times", NULL, true},
    {"keys", "report_keys", NULL, true},
    {"late-entries", "report_late_entries", "report_late_entries_rows", true},
    {"reconciliation", "report_reconciliation", NULL, false},
};

const Report *reports_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(reports); i++) {
        if (strcmp(reports[i].name, name) == 0) {
            return &reports[i];
        }
    }
    return NULL;
}

static bool refuse_time(const char *option, const char *text, const char *forms, GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE, "--%s '%s' is no %s", option, text, forms);
    return false;
}

/* A time in UTC with as many digits of its second as the database keeps; or a day alone. */
static bool read_known_at(const char *text, ReportQuestion *question, char **kept, GError **error)
{
    static const char forms[] =
        "time: write 2027-03-31, 2027-03-31T12:00:00Z or 2027-03-31T12:00:00.123456Z (UTC)";
    const char *point = strchr(text, '.');
    const gsize digits = point != NULL ? strspn(point + 1, "0123456789") : 0;
    if (point != NULL && (digits < 1 || digits > MOST_FRACTION ||
                          (point[1 + digits] != '\0' && strcmp(point + 1 + digits, "Z") != 0))) {
        return refuse_time("known-at", text, forms, error);
    }
    g_autofree char *whole =
        point != NULL ? g_strndup(text, (gsize)(point - text)) : g_strdup(text);
    int64_t instant = 0;
    bool day = false;
    if (!dates_read_time(whole, &instant, &day) || (day && point != NULL)) {
        return refuse_time("known-at", text, forms, error);
    }
    if (day) {
        question->known_day = dates_day_of(instant);
        return true;
    }
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(instant);
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
    *kept = g_strdup_printf("%s.%.*sZ", seconds, digits > 0 ? (int)digits : 1,
                            digits > 0 ? point + 1 : "0");
    question->known_at = *kept;
    return true;
}

bool reports_settle(Context *context, const ReportOrder *order, ReportMoment *moment,
                    GError **error)
{
    ReportQuestion question = {
        .zone = config_text(settings_config(context->settings), "finance-zone"),
        .now = clock_now(),
        .as_of = DATES_NONE,
        .known_day = DATES_NONE,
    };
    g_autofree char *kept = NULL;
    if (order->rows && order->report->rows == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "the report %s has no --rows: it lists each thing anyway", order->report->name);
        return false;
    }
    if (order->as_of != NULL && !dates_read(order->as_of, &question.as_of)) {
        return refuse_time("as-of", order->as_of, "day: write 2027-03-31", error);
    }
    if (order->known_at != NULL && !read_known_at(order->known_at, &question, &kept, error)) {
        return false;
    }
    return report_query_settle(context->database, &question, moment, error);
}

bool reports_run(Context *context, const ReportOrder *order, const ReportMoment *moment,
                 ReportPiece piece, gpointer data, GError **error)
{
    const ReportFunction function = {
        .name = order->rows ? order->report->rows : order->report->function,
        .in_order = !order->report->hashed,
    };
    return report_query_run(context->database, &function, moment, piece, data, error);
}
