#include "core/ed25519.h"

#include <openssl/evp.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

/* p = 2^255 - 19 and the group's order L, least significant byte first as everything here. */
static const uint8_t field_prime[32] = {
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
static const uint8_t group_order[32] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* The y coordinates of the eight points of small order: 1 (order 1), -1 (2), 0 (4), and two of
 * order
 * 8. Each stands for both signs of x. What else encodes one of them has y ≥ p. */
static const uint8_t small_order_y[][32] = {
    {0x01},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x00},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

/* Whether the number at `a` is below the one at `b`. */
static bool is_below(const uint8_t a[32], const uint8_t b[32])
{
    for (int i = 31; i >= 0; i--) {
        if (a[i] != b[i]) {
            return a[i] < b[i];
        }
    }
    return false;
}

/* The y coordinate of an encoded point: the highest bit is the sign of x. */
static void take_y(const uint8_t point[32], uint8_t y[32])
{
    memcpy(y, point, 32);
    y[31] &= 0x7f;
}

/* R: y below p, and no sign where x is zero (y is 1 or -1). */
static bool point_is_canonical(const uint8_t point[32])
{
    uint8_t y[32];
    take_y(point, y);
    const bool x_is_zero = memcmp(y, small_order_y[0], 32) == 0 || //
                           memcmp(y, small_order_y[1], 32) == 0;
    return is_below(y, field_prime) && !(x_is_zero && (point[31] & 0x80) != 0);
}

bool ed25519_key_is_sound(const Digest *key)
{
    uint8_t y[32];
    take_y(key->bytes, y);
    for (size_t i = 0; i < G_N_ELEMENTS(small_order_y); i++) {
        if (memcmp(y, small_order_y[i], sizeof y) == 0) {
            return false;
        }
    }
    return is_below(y, field_prime);
}

bool ed25519_verify(const Digest *key, const uint8_t signature[ED25519_SIGNATURE],
                    const void *message, size_t size)
{
    if (!ed25519_key_is_sound(key) || !point_is_canonical(signature) ||
        !is_below(signature + 32, group_order)) {
        return false;
    }
    g_autoptr(EVP_PKEY) pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->bytes, DIGEST_SIZE);
    g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
    /* One call for the whole message: Ed25519 has no "update". */
    return pkey != NULL && context != NULL &&
           EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
           EVP_DigestVerify(context, signature, ED25519_SIGNATURE, message, size) == 1;
}

Digest ed25519_public(const uint8_t seed[ED25519_SEED])
{
    Digest key = {{0}};
    size_t size = DIGEST_SIZE;
    g_autoptr(EVP_PKEY) pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED);
    if (pkey == NULL || EVP_PKEY_get_raw_public_key(pkey, key.bytes, &size) != 1) {
        g_error("libcrypto cannot derive an Ed25519 public key"); /* no seed leads here */
    }
    return key;
}
