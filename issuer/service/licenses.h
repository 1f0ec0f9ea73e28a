/* Looking up licenses. The state "current" of one that is past its expiry is told as "expired". */
#ifndef ISSUER_SERVICE_LICENSES_H
#define ISSUER_SERVICE_LICENSES_H

#include "db/license_query.h"
#include "service/context.h"
#include "service/listings.h"

#define LICENSES_MOST_FOUND 200
#define LICENSES_MOST_SHOWN 15 /* rows of each list on a license's page */

/* One license with what is on record about it, of each list LICENSES_MOST_SHOWN rows and one that
 * tells of more, or `all`; see license_query_show(). */
LicenseDetail *licenses_show(Context *context, const char *license_id, bool all, GError **error);

/* The uses of a license as its customer may read them. */
typedef struct {
    LicenseSummary *summary;
    Listing *uses; /* see license_page_uses() */
    int64_t now;   /* when it was read, seconds */
} LicenseUses;

/* ISSUER_ERROR_NOT_FOUND. The caller owns it. */
LicenseUses *licenses_uses(Context *context, const char *license_id, GError **error);
void license_uses_free(LicenseUses *uses);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LicenseUses, license_uses_free)

/* Licenses to which `text` leads, at most LICENSES_MOST_FOUND; see license_query_find(). `more`:
 * there are more than these. ISSUER_ERROR_USAGE for an empty text. */
GPtrArray *licenses_find(Context *context, const char *text, bool *more, GError **error);

/* Those that were sold and whose key nobody has got yet, the oldest first, as many and with `more`
 * as in licenses_find(). */
GPtrArray *licenses_undelivered(Context *context, bool *more, GError **error);

#endif
