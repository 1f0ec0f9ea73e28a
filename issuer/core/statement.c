#include "core/statement.h"

#include "base/error.h"
#include "core/base64url.h"
#include "core/crockford.h"
#include "core/dates.h"
#include "core/ed25519.h"
#include "core/instance_claim.h"
#include "core/jwk.h"
#include "core/jws.h"
#include "core/jws_header.h"

#include <string.h>

#define SHORT_SYMBOLS    10
#define SHORT_GROUP      5
#define SIGNATURE_LENGTH 86 /* characters */

static bool refuse(GError **error, const char *why)
{
    g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, why);
    return false;
}

static bool read_header(Statement *statement, const Jws *jws, GError **error)
{
    static const char *const members[] = {"alg", "jwk", "typ", NULL};
    static const char *const types[] = {STATEMENT_REQUEST_TYPE, STATEMENT_DEACTIVATION_TYPE, NULL};
    if (jws_header_read_key(jws, STATEMENT_REQUEST_TYPE, &statement->instance_key)) {
        statement->kind = STATEMENT_USAGE_REQUEST;
    } else if (jws_header_read_key(jws, STATEMENT_DEACTIVATION_TYPE, &statement->instance_key)) {
        statement->kind = STATEMENT_DEACTIVATION;
    } else {
        jws_header_explain(jws, members, types, error);
        return false;
    }
    if (!ed25519_key_is_sound(&statement->instance_key)) {
        return refuse(error, "the server's key in the code's header is no usable Ed25519 key");
    }
    statement->thumbprint = jwk_thumbprint(&statement->instance_key);
    return true;
}

/* ---- claims ---- */

/* What requests and deactivations have in common. */
static bool read_common(Statement *statement, const StrictJson *payload, GError **error)
{
    int64_t seq = 0;
    if (!strict_json_number(payload, "seq", 1, STRICT_JSON_MOST, &seq, error) ||
        !strict_json_number(payload, "iat", -STRICT_JSON_MOST, STRICT_JSON_MOST, &statement->iat,
                            error) ||
        !strict_json_bytes(payload, "license", statement->license_key.bytes, DIGEST_SIZE, error) ||
        !strict_json_bytes(payload, "proof", statement->proof, sizeof statement->proof, error)) {
        return false;
    }
    if (!dates_is_instant(statement->iat)) {
        return refuse(error, "the member \"iat\" is no time of the years 1970 to 9999");
    }
    if (!ed25519_key_is_sound(&statement->license_key)) {
        return refuse(error, "the member \"license\" is no usable Ed25519 key");
    }
    statement->seq = (uint64_t)seq;
    return instance_claim_read(&statement->instance, payload, error);
}

static bool read_purpose(RequestPurpose *purpose, const StrictJson *payload, GError **error)
{
    const char *text = strict_json_text(payload, "purpose", error);
    if (text == NULL) {
        return false;
    }
    if (strcmp(text, "activate") != 0 && strcmp(text, "update") != 0) {
        return refuse(error, "the member \"purpose\" is neither \"activate\" nor \"update\"");
    }
    *purpose = text[0] == 'a' ? PURPOSE_ACTIVATE : PURPOSE_UPDATE;
    return true;
}

static bool read_request(Statement *statement, const StrictJson *payload, GError **error)
{
    const char *installed = NULL;
    const char *product = strict_json_text(payload, "product", error);
    const char *version = product == NULL ? NULL : strict_json_text(payload, "version", error);
    if (version == NULL || !read_purpose(&statement->purpose, payload, error) ||
        !strict_json_optional_text(payload, "installed", &installed, error)) {
        return false;
    }
    statement->product = g_strdup(product);
    statement->version = g_strdup(version);
    statement->installed = g_strdup(installed);
    return true;
}

static bool read_deactivation(Statement *statement, const StrictJson *payload, GError **error)
{
    statement->serial = g_strdup(strict_json_text(payload, "serial", error));
    return statement->serial != NULL;
}

static bool read_payload(Statement *statement, const Jws *jws, GError **error)
{
    g_autoptr(StrictJson) payload =
        strict_json_read(jws->payload, jws->payload_length, STRICT_JSON_STRING, error);
    if (payload == NULL) {
        g_prefix_error(error, "the code's payload: ");
        return false;
    }
    const bool is_request = statement->kind == STATEMENT_USAGE_REQUEST;
    return strict_json_version(payload, is_request ? "request" : "deactivation", error) &&
           read_common(statement, payload, error) &&
           (is_request ? read_request(statement, payload, error)
                       : read_deactivation(statement, payload, error));
}

Statement *statement_read(const char *jws, gsize length, GError **error)
{
    g_auto(Jws) parts = {0};
    if (!jws_read(&parts, jws, length, STATEMENT_MAX_BODY, error)) {
        return NULL;
    }
    g_autoptr(Statement) statement = g_new0(Statement, 1);
    if (!read_header(statement, &parts, error) || !read_payload(statement, &parts, error)) {
        return NULL;
    }
    statement->jws = g_strndup(jws, length);
    statement->digest = digest_sha256(jws, parts.signing_length);
    return g_steal_pointer(&statement);
}

/* ---- signatures ---- */

bool statement_signature_holds(const Statement *statement)
{
    uint8_t signature[ED25519_SIGNATURE];
    const size_t length = strlen(statement->jws);
    if (length <= SIGNATURE_LENGTH) {
        return false;
    }
    const char *dot = statement->jws + length - SIGNATURE_LENGTH - 1;
    return base64url_read_exact(dot + 1, SIGNATURE_LENGTH, signature, sizeof signature) &&
           ed25519_verify(&statement->instance_key, signature, statement->jws,
                          (size_t)(dot - statement->jws));
}

bool statement_proof_holds(const Statement *statement)
{
    static const char label[] = "chariot-license-proof"; /* its zero byte is part of the message */
    uint8_t message[sizeof label + DIGEST_SIZE];
    memcpy(message, label, sizeof label);
    memcpy(message + sizeof label, statement->thumbprint.bytes, DIGEST_SIZE);
    return ed25519_verify(&statement->license_key, statement->proof, message, sizeof message);
}

/* ---- the short form ---- */

char *statement_short_form(const Digest *digest)
{
    char symbols[12]; /* seven bytes hold the fifty bits of ten symbols, and a little more */
    crockford_encode(digest->bytes, 7, symbols);
    return g_strdup_printf("%.*s-%.*s", SHORT_GROUP, symbols, SHORT_GROUP, symbols + SHORT_GROUP);
}

bool statement_short_form_read(const char *text, char short_form[12])
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-' || g_ascii_isspace(*text)) {
            continue;
        }
        const int value = crockford_value(*text);
        if (value < 0 || count == SHORT_SYMBOLS) {
            return false;
        }
        /* The hyphen stands between the two groups. */
        short_form[count + (count >= SHORT_GROUP)] = crockford_symbol((uint32_t)value);
        count++;
    }
    short_form[SHORT_GROUP] = '-';
    short_form[SHORT_SYMBOLS + 1] = '\0';
    return count == SHORT_SYMBOLS;
}

bool statement_short_form_span(const char *text, uint8_t from[STATEMENT_SPAN],
                               uint8_t below[STATEMENT_SPAN])
{
    char symbols[12];
    if (!statement_short_form_read(text, symbols)) {
        return false;
    }
    guint64 bits = 0;
    for (int i = 0; symbols[i] != '\0'; i++) {
        if (symbols[i] != '-') {
            bits = bits << 5 | (guint64)crockford_value(symbols[i]);
        }
    }
    const guint64 first = bits << 6; /* 50 bits at the start of 56 */
    const guint64 past = (bits + 1) << 6;
    for (int i = 0; i < STATEMENT_SPAN; i++) {
        from[i] = (uint8_t)(first >> (8 * (STATEMENT_SPAN - 1 - i)));
        below[i] = (uint8_t)(past >> (8 * (STATEMENT_SPAN - 1 - i)));
    }
    return past >> 56 == 0; /* the very last span has no upper end, nor a digest */
}

void statement_free(Statement *statement)
{
    if (statement == NULL) {
        return;
    }
    g_free(statement->jws);
    g_free(statement->instance.host);
    g_free(statement->installed);
    g_free(statement->product);
    g_free(statement->version);
    g_free(statement->serial);
    g_free(statement);
}
