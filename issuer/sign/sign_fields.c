#include "sign/sign_fields.h"

#include "base/error.h"
#include "base/text.h"
#include "core/ed25519.h"
#include "core/emergency.h"
#include "core/strict_json.h"

#include <string.h>

#define FEATURES_MOST   256
#define SUPERSEDED_MOST 1024

/* ---- writing ---- */

static GVariant *bytes_value(const uint8_t *bytes, gsize size)
{
    return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes, size, 1);
}

static GVariant *features_value(const GPtrArray *features)
{
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("a(syxx)"));
    for (guint i = 0; i < features->len; i++) {
        const Feature *feature = g_ptr_array_index(features, i);
        g_variant_builder_add(&builder, "(syxx)", feature->code, (guchar)feature->kind,
                              feature->until, feature->limit);
    }
    return g_variant_builder_end(&builder);
}

static GVariant *serials_value(const GArray *serials)
{
    const guint count = serials != NULL ? serials->len : 0;
    return g_variant_new_fixed_array(G_VARIANT_TYPE_INT64, count > 0 ? serials->data : NULL, count,
                                     sizeof(int64_t));
}

static GVariant *parts_value(const Fingerprint *fingerprint)
{
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("aay"));
    for (gsize i = 0; i < FINGERPRINT_PARTS; i++) {
        g_variant_builder_add_value(
            &builder, bytes_value(fingerprint->value[i],
                                  fingerprint->present[i] ? FINGERPRINT_PART_SIZE : 0));
    }
    return g_variant_builder_end(&builder);
}

GVariant *sign_fields_write(const UsageLicense *license)
{
    return g_variant_new(
        "(sxbsssxx@a(syxx)uuu@ax@ays@aay@ay)", license->iss, license->serial,
        (gboolean)license->emergency, license->license_id, license->customer, license->product,
        license->iat, license->exp, features_value(license->features), license->entitlement,
        license->activation_number, license->activation_allowed, serials_value(license->supersedes),
        bytes_value(license->request.bytes, DIGEST_SIZE), license->instance.host,
        parts_value(&license->instance.fingerprint),
        bytes_value(license->instance_key.bytes, DIGEST_SIZE));
}

/* ---- reading ---- */

/* One usage license that is being read, and its name for messages. */
typedef struct {
    UsageLicense *license;
    GError **error;
} Reading;

static bool refuse(const Reading *reading, const char *what)
{
    g_autofree char *serial = usage_license_serial_text(reading->license->serial);
    g_set_error(reading->error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                "the signer does not sign usage license %s: %s", serial, what);
    return false;
}

static bool read_bytes(GVariant *fields, gsize at, uint8_t *out, gsize size)
{
    gsize count = 0;
    g_autoptr(GVariant) value = g_variant_get_child_value(fields, at);
    const void *bytes = g_variant_get_fixed_array(value, &count, 1);
    if (count == size && size > 0) {
        memcpy(out, bytes, size);
    }
    return count == size;
}

static bool is_number(int64_t number, int64_t least)
{
    return number >= least && number <= STRICT_JSON_MOST;
}

static bool read_feature(const Reading *reading, GVariant *value)
{
    const UsageLicense *license = reading->license;
    const char *code = NULL;
    guchar kind = 0;
    gint64 until = 0;
    gint64 limit = 0;
    g_variant_get(value, "(&syxx)", &code, &kind, &until, &limit);
    if (!text_is_safe(code, STRICT_JSON_STRING) || kind > FEATURE_METERED || !is_number(until, 0) ||
        !is_number(limit, -1)) {
        return refuse(reading, "a feature is not as features are");
    }
    if (license->emergency && until > license->exp) {
        return refuse(reading, "a feature of an emergency grant lasts longer than the grant");
    }
    g_ptr_array_add(license->features, feature_new(code, (FeatureKind)kind, until, limit));
    return true;
}

static bool read_features(const Reading *reading, GVariant *fields)
{
    g_autoptr(GVariant) value = g_variant_get_child_value(fields, 8);
    const gsize count = g_variant_n_children(value);
    bool good = count <= FEATURES_MOST || refuse(reading, "it has too many features");
    for (gsize i = 0; good && i < count; i++) {
        g_autoptr(GVariant) feature = g_variant_get_child_value(value, i);
        good = read_feature(reading, feature);
    }
    return good;
}

static bool read_superseded(const Reading *reading, GVariant *fields)
{
    gsize count = 0;
    g_autoptr(GVariant) value = g_variant_get_child_value(fields, 12);
    const int64_t *serials = g_variant_get_fixed_array(value, &count, sizeof(int64_t));
    bool good = count <= SUPERSEDED_MOST;
    for (gsize i = 0; good && i < count; i++) {
        good = is_number(serials[i], 1);
        g_array_append_val(reading->license->supersedes, serials[i]);
    }
    return good || refuse(reading, "what it supersedes are no serials");
}

static bool read_fingerprint(const Reading *reading, GVariant *fields)
{
    Fingerprint *fingerprint = &reading->license->instance.fingerprint;
    g_autoptr(GVariant) parts = g_variant_get_child_value(fields, 15);
    bool good = g_variant_n_children(parts) == FINGERPRINT_PARTS;
    for (gsize i = 0; good && i < FINGERPRINT_PARTS; i++) {
        fingerprint->present[i] =
            read_bytes(parts, i, fingerprint->value[i], FINGERPRINT_PART_SIZE);
        good = fingerprint->present[i] || read_bytes(parts, i, fingerprint->value[i], 0);
    }
    return good || refuse(reading, "the fingerprint of the host is none");
}

static bool read_texts(const Reading *reading, GVariant *fields)
{
    UsageLicense *license = reading->license;
    gboolean emergency = FALSE;
    g_variant_get(fields, "(sxbsssxxa(syxx)uuuaxaysaayay)", &license->iss, &license->serial,
                  &emergency, &license->license_id, &license->customer, &license->product,
                  &license->iat, &license->exp, NULL, &license->entitlement,
                  &license->activation_number, &license->activation_allowed, NULL, NULL,
                  &license->instance.host, NULL, NULL);
    license->emergency = emergency;
    const char *const texts[] = {license->iss, license->license_id, license->customer,
                                 license->product, license->instance.host};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (!text_is_safe(texts[i], STRICT_JSON_STRING)) {
            return refuse(reading, "a text in it is too long or has control characters");
        }
    }
    return true;
}

static bool judge_grant(const Reading *reading)
{
    const UsageLicense *license = reading->license;
    if (!is_number(license->serial, 1) || !is_number(license->iat, 1) ||
        !is_number(license->exp, 0) || license->entitlement == 0) {
        return refuse(reading, "a number in it is out of its range");
    }
    if (license->emergency) {
        return (license->exp == license->iat + EMERGENCY_SECONDS &&
                license->activation_number == 0) ||
               refuse(reading, "an emergency grant lasts seven days and takes no use");
    }
    return (license->activation_number >= 1 &&
            license->activation_number <= license->activation_allowed) ||
           refuse(reading, "its use is not one of those that are allowed");
}

UsageLicense *sign_fields_read(GVariant *fields, GError **error)
{
    g_autoptr(UsageLicense) license = g_new0(UsageLicense, 1);
    const Reading reading = {license, error};
    license->features = g_ptr_array_new_with_free_func((GDestroyNotify)feature_free);
    license->supersedes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (!read_texts(&reading, fields) || !judge_grant(&reading) ||
        !read_features(&reading, fields) || !read_superseded(&reading, fields) ||
        !read_fingerprint(&reading, fields)) {
        return NULL;
    }
    if (!read_bytes(fields, 13, license->request.bytes, DIGEST_SIZE) ||
        !read_bytes(fields, 16, license->instance_key.bytes, DIGEST_SIZE)) {
        (void)refuse(&reading, "the request or the key that it is for is none");
        return NULL;
    }
    if (!ed25519_key_is_sound(&license->instance_key)) {
        (void)refuse(&reading, "the server's key is no usable Ed25519 key");
        return NULL;
    }
    return g_steal_pointer(&license);
}
