#include "sign/key_pair.h"

#include "sign/failure.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

/* scrypt's cost for a root's passphrase: 16 MiB and about a third of a second. OpenSSL refuses to
 * read back more than 32 MiB, so the time comes from the parallelism. */
enum { SCRYPT_N = 16384, SCRYPT_R = 8, SCRYPT_P = 8 };

struct KeyPair {
    EVP_PKEY *key;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_SIG, X509_SIG_free)

static KeyPair *own(EVP_PKEY *key)
{
    KeyPair *pair = g_new0(KeyPair, 1);
    pair->key = key;
    return pair;
}

KeyPair *key_pair_generate(GError **error)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (key == NULL) {
        failure_set(error, ISSUER_ERROR_FAILED, "no new Ed25519 key could be made");
        return NULL;
    }
    return own(key);
}

/* What OpenSSL hands back to give_passphrase(), whose argument has no const. */
typedef struct {
    const Secret *passphrase;
} Given;

/* Always given to OpenSSL: without a callback it would ask on the terminal. */
static int give_passphrase(char *buffer, int size, int writing, void *data)
{
    (void)writing;
    const Secret *passphrase = ((const Given *)data)->passphrase;
    if (passphrase == NULL || size < 0 || secret_size(passphrase) > (size_t)size) {
        return -1;
    }
    memcpy(buffer, secret_peek(passphrase), secret_size(passphrase));
    return (int)secret_size(passphrase);
}

static bool is_encrypted(const Secret *pem)
{
    return strstr(secret_peek(pem), "-----BEGIN ENCRYPTED PRIVATE KEY-----") != NULL;
}

static EVP_PKEY *read_pem(const Secret *pem, const Secret *passphrase)
{
    g_autoptr(BIO) bio = BIO_new_mem_buf(secret_peek(pem), (int)secret_size(pem));
    Given given = {passphrase};
    return PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &given);
}

KeyPair *key_pair_read(const Secret *pem, const Secret *passphrase, const char *name,
                       GError **error)
{
    bool encrypted = is_encrypted(pem);
    if (encrypted && passphrase == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    "%s is encrypted: its passphrase is needed", name);
        return NULL;
    }
    g_autoptr(EVP_PKEY) key = read_pem(pem, passphrase);
    if (key == NULL) {
        g_autofree char *what =
            g_strdup_printf(encrypted ? "%s: the passphrase is wrong, or the file is damaged"
                                      : "%s is no private key in PEM",
                            name);
        failure_set(error, encrypted ? ISSUER_ERROR_DENIED : ISSUER_ERROR_INPUT, what);
        return NULL;
    }
    if (EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s is no Ed25519 key", name);
        return NULL;
    }
    return own(g_steal_pointer(&key));
}

static bool write_encrypted(BIO *bio, const EVP_PKEY *key, const Secret *passphrase)
{
    g_autoptr(PKCS8_PRIV_KEY_INFO) plain = EVP_PKEY2PKCS8(key);
    if (plain == NULL) {
        return false;
    }
    X509_ALGOR *cipher =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    if (cipher == NULL) {
        return false;
    }
    g_autoptr(X509_SIG) sealed =
        PKCS8_set0_pbe(secret_peek(passphrase), (int)secret_size(passphrase), plain, cipher);
    if (sealed == NULL) {
        X509_ALGOR_free(cipher);
        return false;
    }
    return PEM_write_bio_PKCS8(bio, sealed) == 1;
}

static bool write_plain(BIO *bio, const EVP_PKEY *key)
{
    return PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
}

Secret *key_pair_write(const KeyPair *pair, const Secret *passphrase, GError **error)
{
    /* A memory BIO clears its bytes when it is freed. */
    g_autoptr(BIO) bio = BIO_new(BIO_s_secmem());
    bool written = bio != NULL && (passphrase != NULL ? write_encrypted(bio, pair->key, passphrase)
                                                      : write_plain(bio, pair->key));
    if (!written) {
        failure_set(error, ISSUER_ERROR_FAILED, "the private key could not be written as PEM");
        return NULL;
    }
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    return secret_new_copy(data, (size_t)size);
}

Digest key_pair_public(const KeyPair *pair)
{
    Digest public = {0};
    size_t size = DIGEST_SIZE;
    /* Cannot fail: only Ed25519 keys come in here, and each has its public half. */
    (void)EVP_PKEY_get_raw_public_key(pair->key, public.bytes, &size);
    return public;
}

bool key_pair_sign(const KeyPair *pair, const void *data, gsize size,
                   uint8_t signature[KEY_PAIR_SIGNATURE_SIZE], GError **error)
{
    g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
    size_t length = KEY_PAIR_SIGNATURE_SIZE;
    /* Ed25519 hashes for itself: no digest is named and all bytes come in one call. */
    if (context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, pair->key) != 1 ||
        EVP_DigestSign(context, signature, &length, data, size) != 1 ||
        length != KEY_PAIR_SIGNATURE_SIZE) {
        failure_set(error, ISSUER_ERROR_FAILED, "the signing key did not sign");
        return false;
    }
    return true;
}

struct evp_pkey_st *key_pair_handle(const KeyPair *pair)
{
    return pair->key;
}

void key_pair_free(KeyPair *pair)
{
    if (pair != NULL) {
        EVP_PKEY_free(pair->key);
        g_free(pair);
    }
}
