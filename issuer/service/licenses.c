#include "service/licenses.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/dates.h"

/* Nothing is issued for it any more, as little as for one that was ended; nobody has to book that.
 */
static void note_expiry(LicenseSummary *summary)
{
    if (g_strcmp0(summary->state, "current") == 0 && summary->expires_on != DATES_NONE &&
        clock_now() >= dates_end(summary->expires_on)) {
        g_free(summary->state);
        summary->state = g_strdup("expired");
    }
}

LicenseDetail *licenses_show(Context *context, const char *license_id, bool all, GError **error)
{
    LicenseDetail *detail =
        license_query_show(context->database, license_id, all ? 0 : LICENSES_MOST_SHOWN, error);
    if (detail != NULL) {
        note_expiry(detail->summary);
    }
    return detail;
}

LicenseUses *licenses_uses(Context *context, const char *license_id, GError **error)
{
    g_autoptr(LicenseSummary) summary = license_query_summary(context->database, license_id, error);
    g_autoptr(Listing) rows =
        summary != NULL ? license_page_uses(context->database, summary->id, error) : NULL;
    if (rows == NULL) {
        return NULL;
    }
    LicenseUses *uses = g_new0(LicenseUses, 1);
    uses->now = clock_now();
    uses->summary = g_steal_pointer(&summary);
    uses->uses = g_steal_pointer(&rows);
    return uses;
}

void license_uses_free(LicenseUses *uses)
{
    if (uses == NULL) {
        return;
    }
    license_summary_free(uses->summary);
    listing_free(uses->uses);
    g_free(uses);
}

/* Of one license more than a list has, `more` tells. */
static GPtrArray *cut_list(GPtrArray *found, bool *more)
{
    *more = found != NULL && found->len > LICENSES_MOST_FOUND;
    if (*more) {
        g_ptr_array_set_size(found, LICENSES_MOST_FOUND);
    }
    for (guint i = 0; found != NULL && i < found->len; i++) {
        note_expiry(g_ptr_array_index(found, i));
    }
    return found;
}

GPtrArray *licenses_find(Context *context, const char *text, bool *more, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(text));
    if (bare[0] == '\0') {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "say what to look for: a License ID, customer, contact, order, host, request, "
                    "serial or the key's last symbols");
        return NULL;
    }
    return cut_list(license_query_find(context->database, bare, LICENSES_MOST_FOUND + 1, error),
                    more);
}

GPtrArray *licenses_undelivered(Context *context, bool *more, GError **error)
{
    return cut_list(license_query_undelivered(context->database, LICENSES_MOST_FOUND + 1, error),
                    more);
}
