/* Whether the records still say what they must. */
#include "db/health_store.h"
#include "service/check_internal.h"

static const char serials_thing[] = "serial numbers";
static const char records_thing[] = "records";

static const char advice_serious[] =
    "let nobody change the records by hand; restore them from a copy, or report this";
static const char advice_known[] = "look at the license with issuer license show";

static void add_findings(GPtrArray *lines, const char *thing, const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const HealthFinding *finding = g_ptr_array_index(findings, i);
        check_add(lines, thing, finding->serious ? CHECK_WRONG : CHECK_WARNING,
                  g_strdup_printf("%s: %" G_GINT64_FORMAT ", the first is %s", finding->what,
                                  (gint64)finding->count, finding->example),
                  finding->serious ? advice_serious : advice_known);
    }
}

static char *serials_text(const HealthTotals *totals)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " usage licenses and %" G_GINT64_FORMAT
                           " void numbers in %" G_GINT64_FORMAT " closed and %" G_GINT64_FORMAT
                           " open blocks",
                           (gint64)totals->usage_licenses, (gint64)totals->voids,
                           (gint64)totals->blocks_closed, (gint64)totals->blocks_open);
}

static char *records_text(const HealthTotals *totals)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " licenses, %" G_GINT64_FORMAT
                           " activations, of which %" G_GINT64_FORMAT " take a use",
                           (gint64)totals->licenses, (gint64)totals->activations,
                           (gint64)totals->counted);
}

bool check_records(GPtrArray *lines, Context *context, GError **error)
{
    HealthTotals totals = {0};
    g_autoptr(GPtrArray) serials = NULL;
    g_autoptr(GPtrArray) records = NULL;
    if (!health_store_totals(context->database, &totals, error) ||
        (serials = health_store_serials(context->database, error)) == NULL ||
        (records = health_store_records(context->database, error)) == NULL) {
        return false;
    }
    add_findings(lines, serials_thing, serials);
    if (serials->len == 0) {
        check_add(lines, serials_thing, CHECK_OK, serials_text(&totals), NULL);
    }
    add_findings(lines, records_thing, records);
    if (records->len == 0) {
        check_add(lines, records_thing, CHECK_OK, records_text(&totals), NULL);
    }
    return true;
}
