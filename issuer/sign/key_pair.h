/* An Ed25519 key pair (RFC 8032) of the issuer: of a root or of a signing key. */
#ifndef ISSUER_SIGN_KEY_PAIR_H
#define ISSUER_SIGN_KEY_PAIR_H

#include "base/secret.h"
#include "core/digest.h"

#include <stdbool.h>

#define KEY_PAIR_SIGNATURE_SIZE 64

/* OpenSSL's EVP_PKEY, named here so that its header stays out of ours. */
struct evp_pkey_st;

typedef struct KeyPair KeyPair;

/* A new key pair from the system's random source. ISSUER_ERROR_FAILED. The caller owns it. */
KeyPair *key_pair_generate(GError **error);

/* Reads a private key in PEM, PKCS#8 (RFC 5958); `passphrase` is NULL for one that is not
 * encrypted. `name` is what messages call it. ISSUER_ERROR_INPUT for another kind of key or text,
 * ISSUER_ERROR_DENIED for a passphrase that is missing or wrong. The caller owns the result. */
KeyPair *key_pair_read(const Secret *pem, const Secret *passphrase, const char *name,
                       GError **error);

/* The private key in PEM, PKCS#8; with a passphrase encrypted by PBES2 with scrypt (RFC 7914) and
 * AES-256 in CBC mode. ISSUER_ERROR_FAILED. The caller owns the result. */
Secret *key_pair_write(const KeyPair *pair, const Secret *passphrase, GError **error);

/* The public key. */
Digest key_pair_public(const KeyPair *pair);

/* Signs `size` bytes at `data`. Safe from several threads at once. ISSUER_ERROR_FAILED. */
bool key_pair_sign(const KeyPair *pair, const void *data, gsize size,
                   uint8_t signature[KEY_PAIR_SIGNATURE_SIZE], GError **error);

/* The key as OpenSSL holds it, for the other files of this room; owned by the pair. */
struct evp_pkey_st *key_pair_handle(const KeyPair *pair);

/* Wipes and frees; NULL is fine. */
void key_pair_free(KeyPair *pair);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyPair, key_pair_free)

#endif
