#include "core/usage_license.h"

#include "core/compact_json.h"
#include "core/instance_claim.h"
#include "core/jwk.h"
#include "core/jws_header.h"

#include <string.h>

#define SERIAL_START  "UL-"
#define SERIAL_DIGITS 8 /* at least */

/* ---- writing; members in sorted order ---- */

static const char *kind_name(FeatureKind kind)
{
    return kind == FEATURE_PERPETUAL ? "perpetual" : kind == FEATURE_TERM ? "term" : "metered";
}

static void name_and_text(GString *json, const char *name, const char *text)
{
    compact_json_name(json, name);
    compact_json_text(json, text);
    g_string_append_c(json, ',');
}

static void name_and_number(GString *json, const char *name, int64_t number)
{
    compact_json_name(json, name);
    compact_json_number(json, number);
    g_string_append_c(json, ',');
}

static void write_serial(GString *json, int64_t serial)
{
    g_string_append_printf(json, "\"" SERIAL_START "%0*" G_GINT64_FORMAT "\"", SERIAL_DIGITS,
                           serial);
}

static void write_activation(GString *json, const UsageLicense *license)
{
    g_string_append(json, "\"activation\":{\"allowed\":");
    compact_json_number(json, license->activation_allowed);
    g_string_append(json, ",\"number\":");
    compact_json_number(json, license->activation_number);
    g_string_append(json, "},");
}

static void write_key(GString *json, const Digest *key)
{
    char jwk[JWK_LENGTH];
    jwk_write(key, jwk);
    g_string_append(json, "\"cnf\":{\"jwk\":");
    g_string_append_len(json, jwk, sizeof jwk);
    g_string_append(json, "},");
}

static void write_feature(GString *json, const Feature *feature)
{
    g_string_append(json, "{\"code\":");
    compact_json_text(json, feature->code);
    g_string_append(json, ",\"kind\":");
    compact_json_text(json, kind_name(feature->kind));
    if (feature->limit >= 0) {
        g_string_append(json, ",\"limit\":");
        compact_json_number(json, feature->limit);
    }
    if (feature->until != 0) {
        g_string_append(json, ",\"until\":");
        compact_json_number(json, feature->until);
    }
    g_string_append_c(json, '}');
}

static void write_features(GString *json, const GPtrArray *features)
{
    g_string_append(json, "\"features\":[");
    for (guint i = 0; i < features->len; i++) {
        if (i > 0) {
            g_string_append_c(json, ',');
        }
        write_feature(json, features->pdata[i]);
    }
    g_string_append(json, "],");
}

static void write_supersedes(GString *json, GArray *serials)
{
    g_string_append(json, "\"supersedes\":[");
    for (guint i = 0; serials != NULL && i < serials->len; i++) {
        if (i > 0) {
            g_string_append_c(json, ',');
        }
        write_serial(json, g_array_index(serials, int64_t, i));
    }
    g_string_append(json, "],");
}

static void write_payload(GString *json, const UsageLicense *license)
{
    g_string_append_c(json, '{');
    if (!license->emergency) {
        write_activation(json, license);
    }
    write_key(json, &license->instance_key);
    name_and_text(json, "customer", license->customer);
    name_and_number(json, "entitlement", license->entitlement);
    if (license->exp != 0) {
        name_and_number(json, "exp", license->exp);
    }
    write_features(json, license->features);
    name_and_text(json, "grant", license->emergency ? "emergency" : "regular");
    name_and_number(json, "iat", license->iat);
    compact_json_name(json, "instance");
    instance_claim_write(json, &license->instance);
    g_string_append_c(json, ',');
    name_and_text(json, "iss", license->iss);
    name_and_text(json, "license_id", license->license_id);
    name_and_text(json, "product", license->product);
    compact_json_name(json, "request");
    compact_json_bytes(json, license->request.bytes, DIGEST_SIZE);
    g_string_append(json, ",\"serial\":");
    write_serial(json, license->serial);
    g_string_append_c(json, ',');
    write_supersedes(json, license->supersedes);
    g_string_append(json, "\"v\":1}");
}

char *usage_license_signing_input(const UsageLicense *license, const char *kid, GBytes *certificate)
{
    g_autoptr(GString) header = jws_header_write_certificate(kid, USAGE_LICENSE_TYPE, certificate);
    g_autoptr(GString) payload = g_string_sized_new(1024);
    write_payload(payload, license);
    return jws_signing_input(header->str, header->len, payload->str, payload->len);
}

/* ---- the rest ---- */

char *usage_license_serial_text(int64_t serial)
{
    return g_strdup_printf(SERIAL_START "%0*" G_GINT64_FORMAT, SERIAL_DIGITS, serial);
}

bool usage_license_serial_read(const char *text, int64_t *serial)
{
    gint64 number = 0;
    if (!g_str_has_prefix(text, SERIAL_START) ||
        !g_ascii_string_to_signed(text + strlen(SERIAL_START), 10, 1, STRICT_JSON_MOST, &number,
                                  NULL)) {
        return false;
    }
    /* One form only: written again it must be the same text. */
    g_autofree char *again = usage_license_serial_text(number);
    if (strcmp(again, text) != 0) {
        return false;
    }
    *serial = number;
    return true;
}

bool usage_license_serial_typed(const char *text, int64_t *serial)
{
    static const char blanks[] = " \t";
    const char *at = text + strspn(text, blanks);
    if (g_ascii_strncasecmp(at, SERIAL_START, 2) == 0) {
        at += 2;
        at += strspn(at, "- \t");
    }
    gsize digits = strspn(at, "0123456789");
    if (digits == 0 || at[digits + strspn(at + digits, blanks)] != '\0') {
        return false;
    }
    g_autofree char *number = g_strndup(at, digits);
    gint64 value = 0;
    if (!g_ascii_string_to_signed(number, 10, 1, STRICT_JSON_MOST, &value, NULL)) {
        return false;
    }
    *serial = value;
    return true;
}

Feature *feature_new(const char *code, FeatureKind kind, int64_t until, int64_t limit)
{
    Feature *feature = g_new0(Feature, 1);
    *feature = (Feature){g_strdup(code), kind, until, limit};
    return feature;
}

void feature_free(Feature *feature)
{
    if (feature != NULL) {
        g_free(feature->code);
        g_free(feature);
    }
}

void usage_license_free(UsageLicense *license)
{
    if (license == NULL) {
        return;
    }
    g_free(license->iss);
    g_free(license->license_id);
    g_free(license->customer);
    g_free(license->product);
    g_clear_pointer(&license->features, g_ptr_array_unref);
    g_clear_pointer(&license->supersedes, g_array_unref);
    g_free(license->instance.host);
    g_free(license->kid);
    g_clear_pointer(&license->certificate, g_bytes_unref);
    g_free(license);
}
