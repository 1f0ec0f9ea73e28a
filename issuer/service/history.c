#include "service/history.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/finder.h"
#include "service/operators.h"

Listing *history_events(Context *context, const EventFilter *filter, GError **error)
{
    return history_query_events(context->database, filter, error);
}

Listing *history_alerts(Context *context, bool all, GError **error)
{
    return history_query_alerts(context->database, all, clock_now(), HISTORY_MOST, error);
}

Listing *history_instructions(Context *context, bool all, GError **error)
{
    return history_query_instructions(context->database, all, HISTORY_MOST, error);
}

bool history_close_alert(Context *context, const Secret *token, const char *typed,
                         const char *reason, GError **error)
{
    guint64 number = 0;
    if (!g_ascii_string_to_unsigned(typed, 10, 1, G_MAXINT64, &number, NULL)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "'%s' is no alert's number: `issuer alert list` shows them", typed);
        return false;
    }
    const Digest digest = operators_token_digest(token);
    g_autofree char *kept = finder_mask_license_keys(reason);
    return history_query_close_alert(context->database, &digest, (int64_t)number, kept, clock_now(),
                                     error);
}
