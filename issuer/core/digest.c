#include "core/digest.h"

#include <openssl/sha.h>
#include <string.h>

Digest digest_sha256(const void *data, size_t size)
{
    Digest digest = {{0}};
    if (SHA256(data, size, digest.bytes) == NULL) {
        g_error("libcrypto cannot compute SHA-256"); /* no input leads here */
    }
    return digest;
}

bool digest_equal(const Digest *a, const Digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

int digest_compare(const Digest *a, const Digest *b)
{
    const int order = memcmp(a->bytes, b->bytes, DIGEST_SIZE);
    return (order > 0) - (order < 0);
}

bool digest_is_zero(const Digest *digest)
{
    uint8_t all = 0;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        all |= digest->bytes[i];
    }
    return all == 0;
}

guint digest_hash(gconstpointer digest)
{
    /* Digests are spread evenly already. */
    guint hash = 0;
    memcpy(&hash, ((const Digest *)digest)->bytes, sizeof hash);
    return hash;
}

gboolean digest_hash_equal(gconstpointer a, gconstpointer b)
{
    return digest_equal(a, b);
}
