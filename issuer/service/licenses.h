/* Looking up licenses. The state "current" of one that is past its expiry is told as "expired". */
#ifndef ISSUER_SERVICE_LICENSES_H
#define ISSUER_SERVICE_LICENSES_H

#include "db/license_query.h"
#include "service/context.h"

#define LICENSES_MOST_FOUND 200

/* One license with all that is on record about it; see license_query_show(). */
LicenseDetail *licenses_show(Context *context, const char *license_id, GError **error);

/* Licenses to which `text` leads, at most LICENSES_MOST_FOUND; see license_query_find(). `more`:
 * there are more than these. ISSUER_ERROR_USAGE for an empty text. */
GPtrArray *licenses_find(Context *context, const char *text, bool *more, GError **error);

#endif
