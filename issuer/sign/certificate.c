#include "sign/certificate.h"

#include "base/file.h"
#include "core/base64url.h"
#include "core/ed25519.h"
#include "core/jwk.h"
#include "sign/failure.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define FILE_MOST 65536 /* bytes of certificates in PEM */

struct Certificate {
    X509 *x509;
    GBytes *der;
    Digest public, thumbprint;
    char *kid;
    int64_t not_before, not_after;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)

static void refuse(GError **error, const char *name, const char *why)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: %s", name, why);
}

static bool read_time(const ASN1_TIME *time, int64_t *out)
{
    struct tm fields;
    if (ASN1_TIME_to_tm(time, &fields) != 1) {
        return false;
    }
    *out = timegm(&fields);
    return true;
}

/* Takes what we ask of every certificate out of it; NULL when that is well, else what is wrong. */
static const char *fill(Certificate *certificate)
{
    X509 *x509 = certificate->x509;
    size_t size = DIGEST_SIZE;
    const EVP_PKEY *key = X509_get0_pubkey(x509);
    if (X509_get_version(x509) != X509_VERSION_3) {
        return "it is no X.509 certificate of version 3";
    }
    if (key == NULL || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519 ||
        EVP_PKEY_get_raw_public_key(key, certificate->public.bytes, &size) != 1) {
        return "its key is no Ed25519 key";
    }
    if (!ed25519_key_is_sound(&certificate->public)) {
        return "its key is one of those that fit any message";
    }
    if (!read_time(X509_get0_notBefore(x509), &certificate->not_before) ||
        !read_time(X509_get0_notAfter(x509), &certificate->not_after)) {
        return "its validity cannot be read";
    }
    if ((X509_get_extension_flags(x509) & (EXFLAG_INVALID | EXFLAG_CRITICAL)) != 0) {
        return "an extension of it is damaged, or critical and unknown";
    }
    certificate->thumbprint = jwk_thumbprint(&certificate->public);
    certificate->kid = base64url_text(certificate->thumbprint.bytes, DIGEST_SIZE);
    return NULL;
}

/* Takes the certificate over. */
static Certificate *wrap(X509 *x509, GBytes *der, const char *name, GError **error)
{
    Certificate *certificate = g_new0(Certificate, 1);
    certificate->x509 = x509;
    certificate->der = g_bytes_ref(der);
    const char *wrong = fill(certificate);
    if (wrong != NULL) {
        refuse(error, name, wrong);
        certificate_free(certificate);
        return NULL;
    }
    return certificate;
}

Certificate *certificate_read(GBytes *der, const char *name, GError **error)
{
    gsize size = 0;
    const unsigned char *data = g_bytes_get_data(der, &size);
    const unsigned char *end = data;
    X509 *x509 = size > LONG_MAX ? NULL : d2i_X509(NULL, &end, (long)size);
    if (x509 == NULL) {
        g_autofree char *what = g_strdup_printf("%s: it is no certificate in DER", name);
        failure_set(error, ISSUER_ERROR_INPUT, what);
        return NULL;
    }
    if (end != data + size) {
        X509_free(x509);
        refuse(error, name, "something follows the certificate");
        return NULL;
    }
    return wrap(x509, der, name, error);
}

static GBytes *encode(X509 *x509)
{
    unsigned char *data = NULL;
    int size = i2d_X509(x509, &data);
    GBytes *der = size < 0 ? g_bytes_new(NULL, 0) : g_bytes_new(data, (gsize)size);
    OPENSSL_free(data);
    return der;
}

Certificate *certificate_of(X509 *x509, const char *name, GError **error)
{
    g_autoptr(GBytes) der = encode(x509);
    return certificate_read(der, name, error);
}

/* The next certificate of a text in PEM; NULL at its end, or with `error` set. */
static Certificate *read_next(BIO *bio, const char *name, GError **error)
{
    X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (x509 == NULL) {
        if (BIO_pending(bio) > 0) {
            refuse(error, name, "a certificate in it is damaged");
        }
        return NULL;
    }
    g_autoptr(GBytes) der = encode(x509);
    return wrap(x509, der, name, error);
}

GPtrArray *certificate_read_file(const char *path, GError **error)
{
    g_autoptr(GBytes) pem = file_read_whole(path, FILE_MOST, error);
    if (pem == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)certificate_free);
    g_autoptr(BIO) bio = BIO_new_mem_buf(g_bytes_get_data(pem, NULL), (int)g_bytes_get_size(pem));
    GError *problem = NULL;
    Certificate *next = NULL;
    while ((next = read_next(bio, path, &problem)) != NULL) {
        g_ptr_array_add(all, next);
    }
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return NULL;
    }
    if (all->len == 0) {
        g_autofree char *what = g_strdup_printf("%s: it holds no certificate in PEM", path);
        failure_set(error, ISSUER_ERROR_INPUT, what);
        return NULL;
    }
    ERR_clear_error(); /* the end of the text is an error to OpenSSL */
    return g_steal_pointer(&all);
}

Certificate *certificate_copy(const Certificate *certificate)
{
    Certificate *copy = g_new0(Certificate, 1);
    *copy = *certificate;
    copy->x509 = X509_dup(certificate->x509);
    copy->der = g_bytes_ref(certificate->der);
    copy->kid = g_strdup(certificate->kid);
    return copy;
}

GBytes *certificate_der(const Certificate *certificate)
{
    return certificate->der;
}

char *certificate_pem(const Certificate *certificate)
{
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
    (void)PEM_write_bio_X509(bio, certificate->x509);
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    return g_strndup(data, (gsize)size);
}

const Digest *certificate_public(const Certificate *certificate)
{
    return &certificate->public;
}

const Digest *certificate_thumbprint(const Certificate *certificate)
{
    return &certificate->thumbprint;
}

const char *certificate_kid(const Certificate *certificate)
{
    return certificate->kid;
}

int64_t certificate_not_before(const Certificate *certificate)
{
    return certificate->not_before;
}

int64_t certificate_not_after(const Certificate *certificate)
{
    return certificate->not_after;
}

bool certificate_is_development(const Certificate *certificate)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(CERTIFICATE_OID_DEVELOPMENT, 1);
    int place = X509_get_ext_by_OBJ(certificate->x509, oid, -1);
    ASN1_OBJECT_free(oid);
    return place >= 0;
}

bool certificate_verify(const Certificate *certificate, const void *data, gsize size,
                        const uint8_t *signature)
{
    return ed25519_verify(&certificate->public, signature, data, size);
}

struct x509_st *certificate_handle(const Certificate *certificate)
{
    return certificate->x509;
}

void certificate_free(Certificate *certificate)
{
    if (certificate != NULL) {
        X509_free(certificate->x509);
        g_bytes_unref(certificate->der);
        g_free(certificate->kid);
        g_free(certificate);
    }
}
