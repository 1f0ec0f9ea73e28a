/* What a person writes of a change to a license, as words of a command: a feature with years, limit
 * or day, a new expiry, a serial. What a number means depends on the feature's kind, which the
 * records know. */
#ifndef ISSUER_CORE_LICENSE_WISH_H
#define ISSUER_CORE_LICENSE_WISH_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define LICENSE_WISH_NONE 0 /* no number */

typedef struct {
    char *code;
    int64_t number; /* years, or the limit of a metered feature; LICENSE_WISH_NONE */
    int32_t until;  /* last day; DATES_NONE */
} FeatureWish;

/* Reads a NULL-terminated list (NULL: none) of "support", "support=2", "snowflake-bridge=50000" or
 * "support=2028-03-31". Of FeatureWish *, the caller's; NULL with ISSUER_ERROR_USAGE if one is none
 * of these. */
GPtrArray *license_wish_features(const char *const *texts, GError **error);

typedef struct {
    int64_t years; /* LICENSE_WISH_NONE: to the day that follows */
    int32_t until; /* DATES_NONE: perpetual */
} ExpiryWish;

/* Reads "2" (years), "2028-03-31" or "never". ISSUER_ERROR_USAGE, with `wish` untouched, if it is
 * none of these. */
bool license_wish_expiry(const char *text, ExpiryWish *wish, GError **error);

/* The same without years, where there is no end that they could continue from: the day, or
 * DATES_NONE for never. */
bool license_wish_last_day(const char *text, int32_t *until, GError **error);

#endif
