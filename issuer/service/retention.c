#include "service/retention.h"

#include "base/clock.h"
#include "db/retention_store.h"

#define MOST 200 /* in one transaction */

static int64_t days_of(const Settings *settings)
{
    return config_number(settings_config(settings), "retention-days");
}

bool retention_wanted(const Settings *settings)
{
    return days_of(settings) > 0;
}

bool retention_step(Context *context, int64_t *emptied, bool *more, GError **error)
{
    const RetentionStep step = {
        .days = days_of(context->settings), .now = clock_now(), .most = MOST};
    *more = false;
    if (!retention_store_step(context->database, &step, emptied, error)) {
        return false;
    }
    *more = *emptied >= MOST;
    return true;
}
