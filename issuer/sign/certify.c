#include "sign/certify.h"

#include "sign/failure.h"

#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DAY 86400LL

enum { ROOT_DAYS = 10957, SIGNING_DAYS = 730, SERIAL_SIZE = 16 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)

/* What the two kinds of certificate differ in. */
typedef struct {
    X509 *issuer; /* NULL: itself */
    struct evp_pkey_st *issuer_key;
    const char *constraints, *usage, *extended_usage;
    bool development;
    int64_t not_before, not_after;
} Shape;

/* 126 random bits: positive, and never drawn twice (RFC 5280 §4.1.2.2 asks for both). */
static bool set_serial(X509 *x509)
{
    unsigned char bytes[SERIAL_SIZE];
    if (RAND_bytes(bytes, SERIAL_SIZE) != 1) {
        return false;
    }
    bytes[0] = (unsigned char)((bytes[0] & 0x7F) | 0x40);
    BIGNUM *number = BN_bin2bn(bytes, SERIAL_SIZE, NULL);
    bool set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return set;
}

static bool set_time(X509 *x509, const Shape *shape)
{
    return ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)shape->not_before) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)shape->not_after) != NULL;
}

static bool set_names(X509 *x509, const Shape *shape, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(x509);
    const X509_NAME *issuer =
        shape->issuer != NULL ? X509_get_subject_name(shape->issuer) : subject;
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(x509, issuer) == 1;
}

static bool add(X509 *x509, X509V3_CTX *context, int nid, const char *value)
{
    if (value == NULL) {
        return true;
    }
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool added = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* An extension that is there or not; its value is an ASN.1 NULL. */
static bool mark_development(X509 *x509)
{
    static const unsigned char null[] = {0x05, 0x00};
    ASN1_OBJECT *oid = OBJ_txt2obj(CERTIFICATE_OID_DEVELOPMENT, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    bool added = oid != NULL && value != NULL &&
                 ASN1_OCTET_STRING_set(value, null, sizeof null) == 1 &&
                 (extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value)) != NULL &&
                 X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
    return added;
}

static bool add_extensions(X509 *x509, const Shape *shape)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, shape->issuer != NULL ? shape->issuer : x509, x509, NULL, NULL, 0);
    /* The subject's identifier first: a root's own authority identifier is made from it. */
    return add(x509, &context, NID_subject_key_identifier, "hash") &&
           add(x509, &context, NID_authority_key_identifier, "keyid:always") &&
           add(x509, &context, NID_basic_constraints, shape->constraints) &&
           add(x509, &context, NID_key_usage, shape->usage) &&
           add(x509, &context, NID_ext_key_usage, shape->extended_usage) &&
           (!shape->development || mark_development(x509));
}

static Certificate *make(const KeyPair *pair, const char *name, const Shape *shape, GError **error)
{
    g_autoptr(X509) x509 = X509_new();
    if (x509 == NULL || X509_set_version(x509, X509_VERSION_3) != 1 || !set_serial(x509) ||
        !set_time(x509, shape) || !set_names(x509, shape, name) ||
        X509_set_pubkey(x509, key_pair_handle(pair)) != 1 || !add_extensions(x509, shape) ||
        X509_sign(x509, shape->issuer_key, NULL) <= 0) {
        failure_set(error, ISSUER_ERROR_FAILED, "the certificate could not be made");
        return NULL;
    }
    return certificate_of(x509, name, error);
}

/* A name that no other ceremony gives: with the start of the key, so that two roots with the same
 * number are told apart by whoever reads an issuer's name. */
static char *name_for(const KeyPair *pair, const char *role, bool development)
{
    Digest public = key_pair_public(pair);
    return g_strdup_printf("%sChariot offline license %s %02x%02x%02x%02x",
                           development ? "DEVELOPMENT " : "", role, public.bytes[0],
                           public.bytes[1], public.bytes[2], public.bytes[3]);
}

Certificate *certify_root(const KeyPair *pair, unsigned number, bool development, int64_t now,
                          GError **error)
{
    g_autofree char *role = g_strdup_printf("root %u", number);
    g_autofree char *name = name_for(pair, role, development);
    Shape shape = {
        .issuer_key = key_pair_handle(pair),
        .constraints = "critical,CA:TRUE,pathlen:0",
        .usage = "critical,keyCertSign,cRLSign",
        .development = development,
        .not_before = now,
        .not_after = now + ROOT_DAYS * DAY - 1,
    };
    return make(pair, name, &shape, error);
}

Certificate *certify_signing(const KeyPair *pair, const Certificate *root, const KeyPair *root_pair,
                             int64_t now, GError **error)
{
    bool development = certificate_is_development(root);
    g_autofree char *name = name_for(pair, "signing key", development);
    Shape shape = {
        .issuer = certificate_handle(root),
        .issuer_key = key_pair_handle(root_pair),
        .constraints = "critical,CA:FALSE",
        .usage = "critical,digitalSignature",
        .extended_usage = "critical," CERTIFICATE_OID_SIGNS_LICENSES,
        .development = development,
        .not_before = now,
        .not_after = MIN(now + SIGNING_DAYS * DAY - 1, certificate_not_after(root)),
    };
    return make(pair, name, &shape, error);
}
