/* Looking up usage licenses. */
#ifndef ISSUER_SERVICE_USAGE_LICENSES_H
#define ISSUER_SERVICE_USAGE_LICENSES_H

#include "core/usage_license.h"
#include "db/decision_query.h"
#include "db/usage_license_query.h"
#include "service/context.h"

typedef struct {
    UsageLicenseDetail *detail; /* by the records */
    UsageLicense *license;      /* by its own bytes */
} UsageLicenseShown;

/* The number in a serial as a person types it ("UL-00000042", "ul-42", "42"); ISSUER_ERROR_USAGE if
 * it is none. */
bool usage_licenses_serial(const char *text, int64_t *serial, GError **error);

/* The usage license number `serial` with all that is on record about it; errors of
 * usage_license_query_show(). The caller owns it. */
UsageLicenseShown *usage_licenses_show(Context *context, int64_t serial, GError **error);

/* Its code as it is mailed: title, lines, title. New string. */
char *usage_licenses_armored(const UsageLicenseShown *shown, GError **error);

void usage_license_shown_free(UsageLicenseShown *shown);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(UsageLicenseShown, usage_license_shown_free)

#endif
