#include "service/expiry_notices.h"

#include "base/clock.h"
#include "base/text.h"
#include "db/expiry_notice_store.h"

static const char *const *days_of(const Settings *settings)
{
    return config_list(settings_config(settings), "expiry-notice-days");
}

bool expiry_notices_wanted(const Settings *settings)
{
    return days_of(settings)[0] != NULL;
}

bool expiry_notices_queue(Context *context, int64_t *queued, GError **error)
{
    g_autoptr(GArray) days = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (const char *const *text = days_of(context->settings); *text != NULL; text++) {
        int64_t number = 0;
        if (text_read_number(*text, 1, EXPIRY_DAYS_MOST, &number)) {
            g_array_append_val(days, number);
        }
    }
    return expiry_notice_store_queue(context->database, days, clock_now(), queued, error);
}
