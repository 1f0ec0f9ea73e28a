#include "base/clock.h"

#include "base/error.h"
#include "base/text.h"

#define VARIABLE "ISSUER_NOW"
#define NOW_MOST INT64_C(253402300799) /* the last second of the year 9999 */

bool clock_check(GError **error)
{
    const char *text = g_getenv(VARIABLE);
    int64_t now = 0;
    if (text == NULL || text_read_number(text, 0, NOW_MOST, &now)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                VARIABLE " must be a time in seconds since 1970, not '%s'", text);
    return false;
}

int64_t clock_now(void)
{
    int64_t now = 0;
    return text_read_number(g_getenv(VARIABLE), 0, NOW_MOST, &now) ? now : clock_machine();
}

int64_t clock_machine(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

int64_t clock_monotonic_us(void)
{
    return g_get_monotonic_time();
}
