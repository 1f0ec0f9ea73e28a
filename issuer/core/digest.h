/* 32 bytes that identify something: a SHA-256, an RFC 7638 thumbprint, an Ed25519 public key. */
#ifndef ISSUER_CORE_DIGEST_H
#define ISSUER_CORE_DIGEST_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32

typedef struct {
    uint8_t bytes[DIGEST_SIZE];
} Digest;

/* SHA-256 (FIPS 180-4) of `size` bytes at `data`. */
Digest digest_sha256(const void *data, size_t size);

/* Whether both are the same; not constant-time, for values that are no secret. */
bool digest_equal(const Digest *a, const Digest *b);

/* Orders by bytes: -1, 0 or 1. The order in which rows are locked. */
int digest_compare(const Digest *a, const Digest *b);

/* Whether all bytes are zero: "none". */
bool digest_is_zero(const Digest *digest);

/* For GHashTable: keys are const Digest *. */
guint digest_hash(gconstpointer digest);
gboolean digest_hash_equal(gconstpointer a, gconstpointer b);

#endif
