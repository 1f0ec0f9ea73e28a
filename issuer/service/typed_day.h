/* Days as people type them. */
#ifndef ISSUER_SERVICE_TYPED_DAY_H
#define ISSUER_SERVICE_TYPED_DAY_H

#include "core/dates.h"

/* Reads "2027-03-31" into `day`; NULL, nothing was typed, gives DATES_NONE. ISSUER_ERROR_USAGE. */
bool typed_day_read(const char *text, int32_t *day, GError **error);

#endif
