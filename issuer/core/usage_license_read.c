/* Reading usage licenses: what the issuer signed earlier, or what a customer shows. */
#include "core/usage_license.h"

#include "base/error.h"
#include "core/ed25519.h"
#include "core/instance_claim.h"
#include "core/jws_header.h"

#include <string.h>

static bool refuse(GError **error, const char *why)
{
    g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, why);
    return false;
}

static bool copy_text(const StrictJson *payload, const char *name, char **out, GError **error)
{
    *out = g_strdup(strict_json_text(payload, name, error));
    return *out != NULL;
}

static bool read_serial(const char *text, int64_t *serial, GError **error)
{
    return text != NULL && (usage_license_serial_read(text, serial) ||
                            refuse(error, "a serial is not written as UL- and eight digits"));
}

static bool read_grant(UsageLicense *license, const StrictJson *payload, GError **error)
{
    const char *grant = strict_json_text(payload, "grant", error);
    if (grant == NULL) {
        return false;
    }
    license->emergency = strcmp(grant, "emergency") == 0;
    return license->emergency || strcmp(grant, "regular") == 0 ||
           refuse(error, "the member \"grant\" is neither \"regular\" nor \"emergency\"");
}

static bool read_activation(UsageLicense *license, const StrictJson *payload, GError **error)
{
    int64_t number = 0;
    int64_t allowed = 0;
    if (license->emergency) {
        return true; /* takes no use */
    }
    const StrictJson *activation = strict_json_object(payload, "activation", error);
    if (activation == NULL ||
        !strict_json_number(activation, "number", 1, G_MAXUINT32, &number, error) ||
        !strict_json_number(activation, "allowed", 1, G_MAXUINT32, &allowed, error)) {
        return false;
    }
    license->activation_number = (uint32_t)number;
    license->activation_allowed = (uint32_t)allowed;
    return true;
}

static bool read_kind(const char *text, FeatureKind *kind, GError **error)
{
    static const char *const names[] = {"perpetual", "term", "metered"};
    for (gsize i = 0; text != NULL && i < G_N_ELEMENTS(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *kind = (FeatureKind)i;
            return true;
        }
    }
    return text != NULL && refuse(error, "a feature's \"kind\" is not known");
}

static Feature *read_feature(const StrictJson *item, GError **error)
{
    FeatureKind kind = FEATURE_PERPETUAL;
    int64_t until = 0;
    int64_t limit = -1;
    const char *code = strict_json_text(item, "code", error);
    if (code == NULL || !read_kind(strict_json_text(item, "kind", error), &kind, error) ||
        !strict_json_optional_number(item, "until", 1, STRICT_JSON_MOST, &until, error) ||
        !strict_json_optional_number(item, "limit", 0, STRICT_JSON_MOST, &limit, error)) {
        return NULL;
    }
    return feature_new(code, kind, until, limit);
}

static bool read_features(UsageLicense *license, const StrictJson *payload, GError **error)
{
    const StrictJson *list = strict_json_array(payload, "features", error);
    if (list == NULL) {
        return false;
    }
    for (gsize i = 0; i < strict_json_count(list); i++) {
        const StrictJson *item = strict_json_element_object(list, i, "features", error);
        Feature *feature = item == NULL ? NULL : read_feature(item, error);
        if (feature == NULL) {
            return false;
        }
        g_ptr_array_add(license->features, feature);
    }
    return true;
}

static bool read_supersedes(UsageLicense *license, const StrictJson *payload, GError **error)
{
    const StrictJson *list = strict_json_array(payload, "supersedes", error);
    if (list == NULL) {
        return false;
    }
    for (gsize i = 0; i < strict_json_count(list); i++) {
        int64_t serial = 0;
        if (!read_serial(strict_json_element_text(list, i, "supersedes", error), &serial, error)) {
            return false;
        }
        g_array_append_val(license->supersedes, serial);
    }
    return true;
}

/* cnf { jwk } in any order of its members: the whole payload is covered by the signature. */
static bool read_key(UsageLicense *license, const StrictJson *payload, GError **error)
{
    const StrictJson *cnf = strict_json_object(payload, "cnf", error);
    const StrictJson *jwk = cnf == NULL ? NULL : strict_json_object(cnf, "jwk", error);
    if (jwk == NULL ||
        !strict_json_bytes(jwk, "x", license->instance_key.bytes, DIGEST_SIZE, error)) {
        return false;
    }
    const char *curve = strict_json_text(jwk, "crv", error);
    const char *type = curve == NULL ? NULL : strict_json_text(jwk, "kty", error);
    if (type == NULL) {
        return false;
    }
    return (strcmp(curve, "Ed25519") == 0 && strcmp(type, "OKP") == 0 &&
            ed25519_key_is_sound(&license->instance_key)) ||
           refuse(error, "the server's key in \"cnf\" is no usable Ed25519 key");
}

static bool read_times(UsageLicense *license, const StrictJson *payload, GError **error)
{
    return strict_json_number(payload, "iat", 0, STRICT_JSON_MOST, &license->iat, error) &&
           strict_json_optional_number(payload, "exp", 1, STRICT_JSON_MOST, &license->exp, error);
}

static bool read_texts(UsageLicense *license, const StrictJson *payload, GError **error)
{
    return copy_text(payload, "iss", &license->iss, error) &&
           copy_text(payload, "license_id", &license->license_id, error) &&
           copy_text(payload, "customer", &license->customer, error) &&
           copy_text(payload, "product", &license->product, error) &&
           read_serial(strict_json_text(payload, "serial", error), &license->serial, error);
}

static bool read_payload(UsageLicense *license, const StrictJson *payload, GError **error)
{
    int64_t entitlement = 0;
    if (!strict_json_version(payload, "usage license", error) ||
        !read_texts(license, payload, error) || !read_grant(license, payload, error) ||
        !read_times(license, payload, error) || !read_features(license, payload, error) ||
        !strict_json_number(payload, "entitlement", 1, G_MAXUINT32, &entitlement, error) ||
        !read_activation(license, payload, error) || !read_supersedes(license, payload, error) ||
        !strict_json_bytes(payload, "request", license->request.bytes, DIGEST_SIZE, error)) {
        return false;
    }
    license->entitlement = (uint32_t)entitlement;
    return instance_claim_read(&license->instance, payload, error) &&
           read_key(license, payload, error);
}

static void free_feature(gpointer feature)
{
    feature_free(feature);
}

UsageLicense *usage_license_read(const char *jws, gsize length, GError **error)
{
    g_auto(Jws) parts = {0};
    if (!jws_read(&parts, jws, length, JWS_MOST_BODY, error)) {
        return NULL;
    }
    g_autoptr(UsageLicense) license = g_new0(UsageLicense, 1);
    license->features = g_ptr_array_new_with_free_func(free_feature);
    license->supersedes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (!jws_header_read_certificate(&parts, USAGE_LICENSE_TYPE, &license->kid,
                                     &license->certificate, error)) {
        return NULL;
    }
    g_autoptr(StrictJson) payload =
        strict_json_read(parts.payload, parts.payload_length, STRICT_JSON_STRING, error);
    if (payload == NULL) {
        g_prefix_error(error, "the code's payload: ");
        return NULL;
    }
    return read_payload(license, payload, error) ? g_steal_pointer(&license) : NULL;
}
