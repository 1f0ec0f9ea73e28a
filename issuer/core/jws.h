/* JWS in its compact form (RFC 7515 §7.1), taken apart and put together. Signatures are Ed25519's
 * and 64 bytes; what the parts mean is for the callers. */
#ifndef ISSUER_CORE_JWS_H
#define ISSUER_CORE_JWS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define JWS_SIGNATURE 64
#define JWS_MOST_BODY 16384 /* bytes of header, payload, signature and two lengths together */

typedef struct {
    char *header; /* decoded; a zero byte follows */
    gsize header_length;
    char *payload; /* decoded; a zero byte follows */
    gsize payload_length;
    uint8_t signature[JWS_SIGNATURE];
    gsize signing_length; /* the signing input is the first so many characters of the text */
} Jws;

/* The size of the armored body (two lengths and three parts) for these parts. */
gsize jws_body_size(gsize header_length, gsize payload_length);

/* Takes `length` characters at `text` apart; every part must be canonical base64url and the body at
 * most `most_body` bytes. ISSUER_ERROR_INPUT says which part is wrong; then `jws` is empty. Cleared
 * by jws_clear(). */
bool jws_read(Jws *jws, const char *text, gsize length, gsize most_body, GError **error);

/* "header.payload" from both parts' bytes. New string. */
char *jws_signing_input(const char *header, gsize header_length, const char *payload,
                        gsize payload_length);

/* The compact form from a signing input and its signature. New string. */
char *jws_join(const char *signing_input, const uint8_t signature[JWS_SIGNATURE]);

/* Frees what a Jws holds; an empty one is fine. */
void jws_clear(Jws *jws);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Jws, jws_clear)

#endif
