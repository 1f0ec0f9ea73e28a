#include "core/denied_keys.h"

#include "base/error.h"
#include "core/base64url.h"
#include "core/compact_json.h"
#include "core/jws_header.h"
#include "core/strict_json.h"

#include <string.h>

#define TYPE "chariot-denied-keys+jws"

static int compare_kids(gconstpointer a, gconstpointer b)
{
    return digest_compare(a, b);
}

/* A sorted copy with each kid once, so that the same set always gives the same bytes. */
static GArray *sorted_set(GArray *kids)
{
    g_autoptr(GArray) sorted = g_array_copy(kids);
    GArray *set = g_array_sized_new(FALSE, FALSE, sizeof(Digest), kids->len);
    g_array_sort(sorted, compare_kids);
    for (guint i = 0; i < sorted->len; i++) {
        const Digest *kid = &g_array_index(sorted, Digest, i);
        if (i == 0 || !digest_equal(kid, kid - 1)) {
            g_array_append_vals(set, kid, 1);
        }
    }
    return set;
}

char *denied_keys_signing_input(int64_t iat, GArray *kids, GBytes *certificate)
{
    g_autoptr(GString) header = jws_header_write_certificate(NULL, TYPE, certificate);
    g_autoptr(GString) payload = g_string_new("{\"iat\":");
    g_autoptr(GArray) set = sorted_set(kids);
    compact_json_number(payload, iat);
    g_string_append(payload, ",\"kids\":[");
    for (guint i = 0; i < set->len; i++) {
        if (i > 0) {
            g_string_append_c(payload, ',');
        }
        compact_json_bytes(payload, g_array_index(set, Digest, i).bytes, DIGEST_SIZE);
    }
    g_string_append(payload, "],\"v\":1}");
    return jws_signing_input(header->str, header->len, payload->str, payload->len);
}

static bool add_kid(GArray *kids, const char *text, GError **error)
{
    Digest kid;
    if (text == NULL) {
        return false;
    }
    if (!base64url_read_exact(text, strlen(text), kid.bytes, DIGEST_SIZE)) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                            "a key's id in \"kids\" is no canonical base64url of 32 bytes");
        return false;
    }
    g_array_append_val(kids, kid);
    return true;
}

static bool read_kids(DeniedKeys *denied, const StrictJson *payload, GError **error)
{
    const StrictJson *list = strict_json_array(payload, "kids", error);
    g_autoptr(GArray) kids = g_array_new(FALSE, FALSE, sizeof(Digest));
    if (list == NULL) {
        return false;
    }
    for (gsize i = 0; i < strict_json_count(list); i++) {
        if (!add_kid(kids, strict_json_element_text(list, i, "kids", error), error)) {
            return false;
        }
    }
    denied->kids = sorted_set(kids);
    return true;
}

DeniedKeys *denied_keys_read(const char *jws, gsize length, GError **error)
{
    g_auto(Jws) parts = {0};
    if (!jws_read(&parts, jws, length, JWS_MOST_BODY, error)) {
        return NULL;
    }
    g_autoptr(DeniedKeys) denied = g_new0(DeniedKeys, 1);
    if (!jws_header_read_certificate(&parts, TYPE, NULL, &denied->certificate, error)) {
        return NULL;
    }
    g_autoptr(StrictJson) payload =
        strict_json_read(parts.payload, parts.payload_length, STRICT_JSON_STRING, error);
    if (payload == NULL) {
        g_prefix_error(error, "the code's payload: ");
        return NULL;
    }
    if (!strict_json_version(payload, "list of denied keys", error) ||
        !strict_json_number(payload, "iat", 0, STRICT_JSON_MOST, &denied->iat, error) ||
        !read_kids(denied, payload, error)) {
        return NULL;
    }
    return g_steal_pointer(&denied);
}

bool denied_keys_contains(const DeniedKeys *denied, const Digest *kid)
{
    return g_array_binary_search(denied->kids, kid, compare_kids, NULL);
}

void denied_keys_free(DeniedKeys *denied)
{
    if (denied == NULL) {
        return;
    }
    g_clear_pointer(&denied->kids, g_array_unref);
    g_clear_pointer(&denied->certificate, g_bytes_unref);
    g_free(denied);
}
