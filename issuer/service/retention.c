#include "service/retention.h"

#include "base/clock.h"

#define MOST 200 /* looked at in one transaction */

static int64_t days_of(const Settings *settings)
{
    return config_number(settings_config(settings), "retention-days");
}

bool retention_wanted(const Settings *settings)
{
    return days_of(settings) > 0;
}

bool retention_step(Context *context, RetentionDone *done, GError **error)
{
    const RetentionStep step = {
        .days = days_of(context->settings), .now = clock_now(), .most = MOST, .after = done->last};
    return retention_store_step(context->database, &step, done, error);
}
