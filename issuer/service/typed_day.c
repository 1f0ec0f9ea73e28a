#include "service/typed_day.h"

#include "base/error.h"

bool typed_day_read(const char *text, int32_t *day, GError **error)
{
    *day = DATES_NONE;
    if (text == NULL || dates_read(text, day)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE, "\"%s\" is no day: give it as 2027-03-31",
                text);
    return false;
}
