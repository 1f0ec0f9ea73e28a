#include "bench/instance_maker.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

#define EPOCH          1795600000 /* 2026-11-25 */
#define SEED_SIZE      32
#define KEY_SIZE       32
#define SIGNATURE_SIZE 64
#define PART_SIZE      16
#define KEY_SYMBOLS    24
#define GROUP_SYMBOLS  5

static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* 32 bytes that depend on the seed, a purpose and a number, and on nothing else. */
static void derive(int seed, const char *purpose, int number, guint8 out[SEED_SIZE])
{
    g_autofree char *text = g_strdup_printf("%d/%s/%d", seed, purpose, number);
    SHA256((const guint8 *)text, strlen(text), out);
}

static char *b64u(const void *data, gsize size)
{
    char *text = g_base64_encode(data, size);
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '+') {
            *at = '-';
        } else if (*at == '/') {
            *at = '_';
        } else if (*at == '=') {
            *at = '\0';
            break;
        }
    }
    return text;
}

static void key_symbols(int seed, int number, char out[KEY_SYMBOLS + 2])
{
    guint8 random[SEED_SIZE];
    derive(seed, "license", number, random);
    for (int i = 0; i < KEY_SYMBOLS; i++) {
        out[i] = symbols[random[i] & 31];
    }
    guint8 digest[SHA256_DIGEST_LENGTH];
    SHA256((const guint8 *)out, KEY_SYMBOLS, digest);
    out[KEY_SYMBOLS] = symbols[digest[0] >> 3];
    out[KEY_SYMBOLS + 1] = '\0';
}

char *instance_maker_license_key(int seed, int number)
{
    char plain[KEY_SYMBOLS + 2];
    key_symbols(seed, number, plain);
    GString *key = g_string_new(NULL);
    for (int i = 0; i <= KEY_SYMBOLS; i++) {
        if (i > 0 && i % GROUP_SYMBOLS == 0) {
            g_string_append_c(key, '-');
        }
        g_string_append_c(key, plain[i]);
    }
    return g_string_free(key, FALSE);
}

static EVP_PKEY *license_pair(int seed, int number)
{
    static const char label[] = "chariot-license-key"; /* its zero byte belongs to it */
    guint8 text[sizeof label + KEY_SYMBOLS + 2];
    memcpy(text, label, sizeof label);
    key_symbols(seed, number, (char *)text + sizeof label);
    guint8 digest[SHA256_DIGEST_LENGTH];
    SHA256(text, sizeof label + KEY_SYMBOLS + 1, digest);
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, digest, sizeof digest);
}

static EVP_PKEY *instance_pair(int seed, int server)
{
    guint8 random[SEED_SIZE];
    derive(seed, "instance", server, random);
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, random, sizeof random);
}

static void public_of(EVP_PKEY *pair, guint8 out[KEY_SIZE])
{
    size_t size = KEY_SIZE;
    g_assert(EVP_PKEY_get_raw_public_key(pair, out, &size) == 1);
}

static void sign(EVP_PKEY *pair, const void *data, gsize size, guint8 out[SIGNATURE_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = SIGNATURE_SIZE;
    g_assert(EVP_DigestSignInit(context, NULL, NULL, NULL, pair) == 1);
    g_assert(EVP_DigestSign(context, out, &length, data, size) == 1);
    EVP_MD_CTX_free(context);
}

static char *fingerprint_part(int seed, int server, const char *name, const guint8 key[KEY_SIZE])
{
    guint8 value[SEED_SIZE];
    derive(seed, name, server, value);
    const gsize name_size = strlen(name) + 1;
    guint8 message[16 + SEED_SIZE];
    memcpy(message, name, name_size);
    memcpy(message + name_size, value, sizeof value);
    guint8 mac[SHA256_DIGEST_LENGTH];
    unsigned length = sizeof mac;
    HMAC(EVP_sha256(), key, KEY_SIZE, message, name_size + sizeof value, mac, &length);
    return b64u(mac, PART_SIZE);
}

/* The proof: the license key pair's signature over the thumbprint (RFC 7638) of the instance's
 * key. */
static char *proof_of(EVP_PKEY *license, const char *jwk)
{
    static const char label[] = "chariot-license-proof";
    guint8 message[sizeof label + SHA256_DIGEST_LENGTH];
    memcpy(message, label, sizeof label);
    SHA256((const guint8 *)jwk, strlen(jwk), message + sizeof label);
    guint8 signature[SIGNATURE_SIZE];
    sign(license, message, sizeof message, signature);
    return b64u(signature, sizeof signature);
}

static char *payload_of(int seed, int server, int number, bool update, const guint8 license[],
                        const char *proof)
{
    g_autofree char *board = fingerprint_part(seed, server, "board", license);
    g_autofree char *cpu = fingerprint_part(seed, server, "cpu", license);
    g_autofree char *mac = fingerprint_part(seed, server, "mac", license);
    g_autofree char *license_text = b64u(license, KEY_SIZE);
    return g_strdup_printf(
        "{\"iat\":%d,\"instance\":{\"fingerprint\":{\"board\":\"%s\",\"cpu\":\"%s\",\"mac\":\"%s\"}"
        ",\"host\":\"plant-%d-mqtt1\"},\"license\":\"%s\",\"product\":\"chariot\",\"proof\":\"%s\","
        "\"purpose\":\"%s\",\"seq\":%d,\"v\":1,\"version\":\"2.5.0\"}",
        EPOCH + number, board, cpu, mac, server, license_text, proof,
        update ? "update" : "activate", EPOCH + number);
}

static void append_part(GByteArray *body, const char *part)
{
    const gsize size = strlen(part);
    const guint8 length[2] = {(guint8)(size >> 8), (guint8)size};
    g_byte_array_append(body, length, sizeof length);
    g_byte_array_append(body, (const guint8 *)part, (guint)size);
}

/* Header, payload and the signature over their compact form, as the armor carries them. */
static GBytes *signed_body(EVP_PKEY *instance, const char *header, const char *payload)
{
    g_autofree char *first = b64u(header, strlen(header));
    g_autofree char *second = b64u(payload, strlen(payload));
    g_autofree char *input = g_strdup_printf("%s.%s", first, second);
    guint8 signature[SIGNATURE_SIZE];
    sign(instance, input, strlen(input), signature);
    GByteArray *body = g_byte_array_new();
    append_part(body, header);
    append_part(body, payload);
    g_byte_array_append(body, signature, sizeof signature);
    return g_byte_array_free_to_bytes(body);
}

GBytes *instance_maker_request(int seed, int owner, int server, int number, bool update)
{
    EVP_PKEY *license = license_pair(seed, owner);
    EVP_PKEY *instance = instance_pair(seed, server);
    guint8 license_public[KEY_SIZE];
    guint8 instance_public[KEY_SIZE];
    public_of(license, license_public);
    public_of(instance, instance_public);
    g_autofree char *x = b64u(instance_public, sizeof instance_public);
    g_autofree char *jwk = g_strdup_printf("{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);
    g_autofree char *proof = proof_of(license, jwk);
    g_autofree char *payload = payload_of(seed, server, number, update, license_public, proof);
    g_autofree char *header = g_strdup_printf(
        "{\"alg\":\"EdDSA\",\"jwk\":%s,\"typ\":\"chariot-usage-request+jws\"}", jwk);
    GBytes *body = signed_body(instance, header, payload);
    EVP_PKEY_free(instance);
    EVP_PKEY_free(license);
    return body;
}
