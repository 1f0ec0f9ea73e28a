/* Ed25519 (RFC 8032): verifying, and the public key of a seed. Stricter than OpenSSL, which takes
 * some public keys for any message. */
#ifndef ISSUER_CORE_ED25519_H
#define ISSUER_CORE_ED25519_H

#include "core/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ED25519_SEED      32
#define ED25519_SIGNATURE 64

/* Whether a public key may be used at all: canonically encoded (y below 2^255 - 19) and none of the
 * points of small order (RFC 7748 §7 and RFC 8032 §5.1.7 leave this to the protocol). */
bool ed25519_key_is_sound(const Digest *key);

/* Whether `signature` over `size` bytes at `message` was made with `key` (RFC 8032 §5.1.7). False
 * too for a key that is not sound, and where R or S are not canonically encoded. */
bool ed25519_verify(const Digest *key, const uint8_t signature[ED25519_SIGNATURE],
                    const void *message, size_t size);

/* The public key that belongs to a seed (RFC 8032 §5.1.5). */
Digest ed25519_public(const uint8_t seed[ED25519_SEED]);

#endif
