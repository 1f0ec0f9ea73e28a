/* A usage license for tests, as the batch makes them. */
#ifndef TESTS_UNIT_USAGE_LICENSE_FIXTURE_H
#define TESTS_UNIT_USAGE_LICENSE_FIXTURE_H

#include "core/usage_license.h"

#include <string.h>

/* Serial and time as given, all else as it stands here; a regular one. The caller owns it. */
static inline UsageLicense *usage_license_sample(int64_t serial, int64_t iat)
{
    UsageLicense *license = g_new0(UsageLicense, 1);
    license->iss = g_strdup("Example Licensing");
    license->serial = serial;
    license->license_id = g_strdup("LIC-00000007");
    license->customer = g_strdup("Wasserwerk \"Süd\" GmbH");
    license->product = g_strdup("chariot");
    license->iat = iat;
    license->exp = license->iat + INT64_C(365 * 86400);
    license->features = g_ptr_array_new_with_free_func((GDestroyNotify)feature_free);
    g_ptr_array_add(license->features, feature_new("mqtt-server", FEATURE_PERPETUAL, 0, -1));
    g_ptr_array_add(license->features, feature_new("support", FEATURE_TERM, license->exp, -1));
    g_ptr_array_add(license->features, feature_new("snowflake-bridge", FEATURE_METERED, 0, 12));
    license->entitlement = 3;
    license->activation_number = 2;
    license->activation_allowed = 5;
    license->supersedes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    const int64_t earlier = 41;
    g_array_append_val(license->supersedes, earlier);
    license->request = digest_sha256(&serial, sizeof serial);
    license->instance.host = g_strdup("scada-1");
    license->instance.fingerprint.present[FINGERPRINT_MAC] = true;
    memset(license->instance.fingerprint.value[FINGERPRINT_MAC], 7, FINGERPRINT_PART_SIZE);
    license->instance_key = digest_sha256("key", 3);
    return license;
}

#endif
