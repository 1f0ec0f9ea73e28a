#include "base/clock.h"

#include <glib.h>

int64_t clock_now(void)
{
    const char *fixed = g_getenv("ISSUER_NOW");
    gint64 value = 0;
    if (fixed != NULL && g_ascii_string_to_signed(fixed, 10, 0, G_MAXINT64 / 2, &value, NULL)) {
        return value;
    }
    return g_get_real_time() / G_USEC_PER_SEC;
}

int64_t clock_monotonic_us(void)
{
    return g_get_monotonic_time();
}
