/* Ed25519 public keys as JSON Web Keys (RFC 7517, RFC 8037 §2). */
#ifndef ISSUER_CORE_JWK_H
#define ISSUER_CORE_JWK_H

#include "core/digest.h"

#define JWK_LENGTH 79 /* characters of the one form: {"crv":"Ed25519","kty":"OKP","x":"…"} */

/* Writes the key's sorted compact JSON: JWK_LENGTH characters, no zero byte. */
void jwk_write(const Digest *key, char out[JWK_LENGTH]);

/* Reads exactly that form; false for anything else. */
bool jwk_read(const char text[JWK_LENGTH], Digest *key);

/* The key's thumbprint (RFC 7638): SHA-256 of that form. */
Digest jwk_thumbprint(const Digest *key);

#endif
