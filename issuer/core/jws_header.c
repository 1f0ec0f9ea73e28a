#include "core/jws_header.h"

#include "base/error.h"
#include "core/base64url.h"
#include "core/jwk.h"
#include "core/strict_json.h"

#include <string.h>

#define KID_LENGTH 43 /* a thumbprint in base64url */

/* ---- reading piece by piece ---- */

typedef struct {
    const char *at;
    const char *end;
} Rest;

/* Steps over `expected`; false if it does not stand there. */
static bool take(Rest *rest, const char *expected)
{
    const gsize length = strlen(expected);
    if ((gsize)(rest->end - rest->at) < length || memcmp(rest->at, expected, length) != 0) {
        return false;
    }
    rest->at += length;
    return true;
}

bool jws_header_read_key(const Jws *jws, const char *typ, Digest *key)
{
    Rest rest = {jws->header, jws->header + jws->header_length};
    if (!take(&rest, "{\"alg\":\"EdDSA\",\"jwk\":") || rest.end - rest.at < JWK_LENGTH ||
        !jwk_read(rest.at, key)) {
        return false;
    }
    rest.at += JWK_LENGTH;
    return take(&rest, ",\"typ\":\"") && take(&rest, typ) && take(&rest, "\"}") &&
           rest.at == rest.end;
}

static bool take_kid(Rest *rest, char **kid)
{
    uint8_t thumbprint[DIGEST_SIZE];
    if (!take(rest, ",\"kid\":\"") || rest->end - rest->at < KID_LENGTH ||
        !base64url_read_exact(rest->at, KID_LENGTH, thumbprint, sizeof thumbprint)) {
        return false;
    }
    *kid = g_strndup(rest->at, KID_LENGTH);
    rest->at += KID_LENGTH;
    return take(rest, "\"");
}

/* Standard base64 of DER, padded; taken only if it is what writing it again gives. */
static GBytes *take_certificate(Rest *rest)
{
    const char *end = memchr(rest->at, '"', (gsize)(rest->end - rest->at));
    if (end == NULL || end == rest->at || end - rest->at > JWS_HEADER_MOST_CERTIFICATE) {
        return NULL;
    }
    gsize size = 0;
    g_autofree char *text = g_strndup(rest->at, (gsize)(end - rest->at));
    guchar *der = g_base64_decode(text, &size);
    g_autoptr(GBytes) certificate = g_bytes_new_take(der, size);
    g_autofree char *again = g_base64_encode(der, size);
    if (strcmp(again, text) != 0) {
        return NULL;
    }
    rest->at = end;
    return g_steal_pointer(&certificate);
}

static bool take_certificate_header(Rest *rest, const char *typ, char **kid, GBytes **certificate)
{
    if (!take(rest, "{\"alg\":\"EdDSA\"") || (kid != NULL && !take_kid(rest, kid)) ||
        !take(rest, ",\"typ\":\"") || !take(rest, typ) || !take(rest, "\",\"x5c\":[\"")) {
        return false;
    }
    *certificate = take_certificate(rest);
    return *certificate != NULL && take(rest, "\"]}") && rest->at == rest->end;
}

bool jws_header_read_certificate(const Jws *jws, const char *typ, char **kid, GBytes **certificate,
                                 GError **error)
{
    static const char *const with_kid[] = {"alg", "kid", "typ", "x5c", NULL};
    static const char *const without_kid[] = {"alg", "typ", "x5c", NULL};
    const char *const types[] = {typ, NULL};
    Rest rest = {jws->header, jws->header + jws->header_length};
    if (take_certificate_header(&rest, typ, kid, certificate)) {
        return true;
    }
    if (kid != NULL) {
        g_clear_pointer(kid, g_free);
    }
    g_clear_pointer(certificate, g_bytes_unref);
    jws_header_explain(jws, kid != NULL ? with_kid : without_kid, types, error);
    return false;
}

GString *jws_header_write_certificate(const char *kid, const char *typ, GBytes *certificate)
{
    gsize size = 0;
    const guchar *der = g_bytes_get_data(certificate, &size);
    GString *header = g_string_sized_new(size * 4 / 3 + 160);
    g_autofree char *x5c = g_base64_encode(der, size);
    g_string_append(header, "{\"alg\":\"EdDSA\"");
    if (kid != NULL) {
        g_string_append(header, ",\"kid\":\"");
        g_string_append(header, kid);
        g_string_append_c(header, '"');
    }
    g_string_append(header, ",\"typ\":\"");
    g_string_append(header, typ);
    g_string_append(header, "\",\"x5c\":[\"");
    g_string_append(header, x5c);
    g_string_append(header, "\"]}");
    return header;
}

/* ---- saying what is wrong ---- */

/* The header's JSON, or NULL with the error set. */
static StrictJson *parse(const Jws *jws, GError **error)
{
    StrictJson *header =
        strict_json_read(jws->header, jws->header_length, JWS_HEADER_MOST_CERTIFICATE, error);
    if (header == NULL) {
        g_prefix_error(error, "the code's header: ");
    }
    return header;
}

static bool is_one_of(const char *text, const char *const *list)
{
    return text != NULL && g_strv_contains(list, text);
}

void jws_header_explain(const Jws *jws, const char *const *members, const char *const *types,
                        GError **error)
{
    g_autoptr(StrictJson) header = parse(jws, error);
    if (header == NULL) {
        return;
    }
    const char *alg = strict_json_text(header, "alg", NULL);
    const char *typ = strict_json_text(header, "typ", NULL);
    const char *foreign = strict_json_foreign_member(header, members);
    if (alg == NULL || strcmp(alg, "EdDSA") != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the code's header names the algorithm \"%s\"; only EdDSA is taken",
                    alg == NULL ? "" : alg);
    } else if (foreign != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the code's header has a member \"%s\" that does not belong there", foreign);
    } else if (!is_one_of(typ, types)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the code's header names the type \"%s\", which is not expected here",
                    typ == NULL ? "" : typ);
    } else {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                            "the code's header is not written in its one allowed form");
    }
}
