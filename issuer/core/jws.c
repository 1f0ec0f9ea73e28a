#include "core/jws.h"

#include "base/error.h"
#include "core/base64url.h"

#include <string.h>

#define SIGNATURE_LENGTH 86 /* characters of base64url for 64 bytes */

gsize jws_body_size(gsize header_length, gsize payload_length)
{
    return 2 + header_length + 2 + payload_length + JWS_SIGNATURE;
}

/* The two dots of exactly three parts; false if there are fewer or more. */
static bool find_dots(const char *text, gsize length, const char **first, const char **second)
{
    const char *end = text + length;
    *first = memchr(text, '.', length);
    if (*first == NULL) {
        return false;
    }
    *second = memchr(*first + 1, '.', (gsize)(end - *first - 1));
    return *second != NULL && memchr(*second + 1, '.', (gsize)(end - *second - 1)) == NULL;
}

static bool read_part(const char *from, const char *to, char *out, const char *name, GError **error)
{
    if (from == to || !base64url_read(from, (gsize)(to - from), (uint8_t *)out)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the code's %s is no canonical base64url", name);
        return false;
    }
    return true;
}

static bool read_parts(Jws *jws, const char *text, const char *first, const char *second,
                       GError **error)
{
    return read_part(text, first, jws->header, "header", error) &&
           read_part(first + 1, second, jws->payload, "payload", error);
}

static bool read_signature(Jws *jws, const char *from, gsize length, GError **error)
{
    if (length == SIGNATURE_LENGTH &&
        base64url_read_exact(from, length, jws->signature, JWS_SIGNATURE)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s",
                length < SIGNATURE_LENGTH   ? "the code's signature is cut short"
                : length > SIGNATURE_LENGTH ? "something follows the code's signature"
                                            : "the code's signature is no canonical base64url");
    return false;
}

bool jws_read(Jws *jws, const char *text, gsize length, gsize most_body, GError **error)
{
    const char *first = NULL;
    const char *second = NULL;
    *jws = (Jws){0};
    /* The length is judged first, so that no memory is taken for what is refused anyway. */
    if (length > base64url_length(most_body) + 4) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the code is longer than %" G_GSIZE_FORMAT " bytes", most_body);
        return false;
    }
    if (!find_dots(text, length, &first, &second)) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                            "the code does not have three parts separated by dots");
        return false;
    }
    jws->signing_length = (gsize)(second - text);
    jws->header_length = base64url_size((gsize)(first - text));
    jws->payload_length = base64url_size((gsize)(second - first - 1));
    if (jws_body_size(jws->header_length, jws->payload_length) > most_body) {
        *jws = (Jws){0};
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the code is longer than %" G_GSIZE_FORMAT " bytes", most_body);
        return false;
    }
    /* One block of memory for both parts. */
    jws->header = g_malloc0(jws->header_length + jws->payload_length + 2);
    jws->payload = jws->header + jws->header_length + 1;
    if (!read_parts(jws, text, first, second, error) ||
        !read_signature(jws, second + 1, (gsize)(text + length - second - 1), error)) {
        jws_clear(jws);
        return false;
    }
    return true;
}

char *jws_signing_input(const char *header, gsize header_length, const char *payload,
                        gsize payload_length)
{
    const gsize first = base64url_length(header_length);
    const gsize second = base64url_length(payload_length);
    char *text = g_malloc(first + 1 + second + 1);
    base64url_write(header, header_length, text);
    text[first] = '.';
    base64url_write(payload, payload_length, text + first + 1);
    text[first + 1 + second] = '\0';
    return text;
}

char *jws_join(const char *signing_input, const uint8_t signature[JWS_SIGNATURE])
{
    const gsize length = strlen(signing_input);
    char *text = g_malloc(length + 1 + SIGNATURE_LENGTH + 1);
    memcpy(text, signing_input, length);
    text[length] = '.';
    base64url_write(signature, JWS_SIGNATURE, text + length + 1);
    text[length + 1 + SIGNATURE_LENGTH] = '\0';
    return text;
}

void jws_clear(Jws *jws)
{
    g_free(jws->header);
    *jws = (Jws){0};
}
