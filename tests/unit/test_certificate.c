/* The certificates that we make, and those that must be refused. */
#include "key_folder_fixture.h"

#include "sign/certify.h"
#include "sign/chain.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

/* A root and its key, as certify_root() makes them. */
typedef struct {
    KeyPair *pair;
    Certificate *certificate;
    GPtrArray *trusted; /* this root alone */
} Root;

static Root root_new(void)
{
    GError *error = NULL;
    Root root = {.pair = key_pair_generate(&error)};
    root.certificate = certify_root(root.pair, 1, false, NOW, &error);
    assert_fine(error);
    root.trusted = g_ptr_array_new();
    g_ptr_array_add(root.trusted, root.certificate);
    return root;
}

static void root_free(Root *root)
{
    g_ptr_array_unref(root->trusted);
    certificate_free(root->certificate);
    key_pair_free(root->pair);
}

/* What a certificate made by hand, outside certify.c, is to hold. */
typedef struct {
    const char *constraints, *usage, *extended_usage, *critical_unknown;
    int days;
} Made;

static void put(X509 *x509, X509V3_CTX *context, int nid, const char *value)
{
    if (value != NULL) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
        assert_non_null(extension);
        X509_add_ext(x509, extension, -1);
        X509_EXTENSION_free(extension);
    }
}

static void put_unknown(X509 *x509, const char *oid)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05", 2);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
}

static GBytes *make_der(EVP_PKEY *key, const Root *root, const Made *made)
{
    X509 *x509 = X509_new();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 7);
    ASN1_TIME_set(X509_getm_notBefore(x509), NOW);
    ASN1_TIME_set(X509_getm_notAfter(x509), NOW + made->days * 86400LL);
    X509_set_issuer_name(x509, X509_get_subject_name(certificate_handle(root->certificate)));
    X509_set_pubkey(x509, key);
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate_handle(root->certificate), x509, NULL, NULL, 0);
    put(x509, &context, NID_basic_constraints, made->constraints);
    put(x509, &context, NID_key_usage, made->usage);
    put(x509, &context, NID_ext_key_usage, made->extended_usage);
    if (made->critical_unknown != NULL) {
        put_unknown(x509, made->critical_unknown);
    }
    assert_true(X509_sign(x509, key_pair_handle(root->pair), NULL) > 0);
    unsigned char *data = NULL;
    int size = i2d_X509(x509, &data);
    GBytes *der = g_bytes_new(data, (gsize)size);
    OPENSSL_free(data);
    X509_free(x509);
    return der;
}

static void expect_refusal(const Made *made, const char *words)
{
    Root root = root_new();
    GError *error = NULL;
    g_autoptr(KeyPair) pair = key_pair_generate(NULL);
    g_autoptr(GBytes) der = make_der(key_pair_handle(pair), &root, made);
    g_autoptr(Certificate) certificate = certificate_read(der, "it", &error);
    if (certificate != NULL) {
        assert_null(chain_check_signing(certificate, root.trusted, "it", &error));
    }
    assert_refused(&error, ISSUER_ERROR_INPUT, words);
    root_free(&root);
}

#define OURS "critical," CERTIFICATE_OID_SIGNS_LICENSES

/* What a file of anchors with this certificate alone gives. */
static GPtrArray *read_as_roots(const Certificate *certificate, GError **error)
{
    g_autofree char *pem = certificate_pem(certificate);
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "issuer-anchors-XXXXXX", NULL);
    int file = g_mkstemp(path);
    assert_true(file >= 0 && write(file, pem, strlen(pem)) == (ssize_t)strlen(pem));
    assert_int_equal(close(file), 0);
    GPtrArray *roots = chain_read_roots(path, error);
    assert_int_equal(g_unlink(path), 0);
    return roots;
}

static void test_our_signing_certificate_chains_to_its_root(void **state)
{
    (void)state;
    Root root = root_new();
    GError *error = NULL;
    g_autoptr(KeyPair) pair = key_pair_generate(&error);
    g_autoptr(Certificate) signing =
        certify_signing(pair, root.certificate, root.pair, NOW, &error);
    assert_fine(error);
    g_autoptr(GPtrArray) roots = read_as_roots(root.certificate, &error);
    assert_non_null(roots);
    assert_ptr_equal(chain_check_signing(signing, root.trusted, "signing", &error),
                     root.certificate);
    assert_true(chain_check_time(signing, NOW, "signing", &error));
    assert_true(chain_check_time(signing, certificate_not_after(signing), "signing", &error));
    assert_fine(error);
    assert_false(certificate_is_development(signing));
    root_free(&root);
}

static void test_it_is_valid_only_in_its_time(void **state)
{
    (void)state;
    Root root = root_new();
    GError *error = NULL;
    g_autoptr(KeyPair) pair = key_pair_generate(&error);
    g_autoptr(Certificate) signing =
        certify_signing(pair, root.certificate, root.pair, NOW, &error);
    assert_false(chain_check_time(signing, NOW - 1, "signing", &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "2026-09-21");
    assert_false(chain_check_time(signing, certificate_not_after(signing) + 1, "signing", &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "valid from");
    root_free(&root);
}

/* Near its root's end a signing key's certificate ends with it. */
static void test_it_does_not_outlive_its_root(void **state)
{
    (void)state;
    Root root = root_new();
    GError *error = NULL;
    g_autoptr(KeyPair) pair = key_pair_generate(&error);
    int64_t end = certificate_not_after(root.certificate);
    g_autoptr(Certificate) signing =
        certify_signing(pair, root.certificate, root.pair, end - YEAR, &error);
    assert_fine(error);
    assert_true(certificate_not_after(signing) == end);
    root_free(&root);
}

static void test_serials_are_random_and_names_differ(void **state)
{
    (void)state;
    Root a = root_new();
    Root b = root_new();
    assert_int_not_equal(X509_NAME_cmp(X509_get_subject_name(certificate_handle(a.certificate)),
                                       X509_get_subject_name(certificate_handle(b.certificate))),
                         0);
    assert_int_not_equal(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(certificate_handle(a.certificate)),
                         X509_get0_serialNumber(certificate_handle(b.certificate))),
        0);
    root_free(&a);
    root_free(&b);
}

static void test_a_foreign_root_is_refused(void **state)
{
    (void)state;
    Root ours = root_new();
    Root theirs = root_new();
    GError *error = NULL;
    g_autoptr(KeyPair) pair = key_pair_generate(&error);
    g_autoptr(Certificate) signing =
        certify_signing(pair, theirs.certificate, theirs.pair, NOW, &error);
    assert_null(chain_check_signing(signing, ours.trusted, "signing", &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "none of the trusted roots");
    root_free(&ours);
    root_free(&theirs);
}

static void test_a_signing_certificate_is_no_root(void **state)
{
    (void)state;
    Root root = root_new();
    GError *error = NULL;
    g_autoptr(KeyPair) pair = key_pair_generate(&error);
    g_autoptr(Certificate) signing =
        certify_signing(pair, root.certificate, root.pair, NOW, &error);
    assert_null(read_as_roots(signing, &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "no root");
    assert_null(chain_check_signing(root.certificate, root.trusted, "it", &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "no signing key's");
    root_free(&root);
}

static void test_certificates_of_other_shapes_are_refused(void **state)
{
    (void)state;
    expect_refusal(&(Made){"critical,CA:TRUE", "critical,digitalSignature", OURS, NULL, 700},
                   "no signing key's");
    expect_refusal(&(Made){"critical,CA:FALSE", "critical,keyEncipherment", OURS, NULL, 700},
                   "does not allow signatures");
    expect_refusal(&(Made){"critical,CA:FALSE", NULL, OURS, NULL, 700},
                   "does not allow signatures");
    expect_refusal(&(Made){"critical,CA:FALSE", "critical,digitalSignature", NULL, NULL, 700},
                   "extended key usage");
    expect_refusal(
        &(Made){"critical,CA:FALSE", "critical,digitalSignature", "codeSigning", NULL, 700},
        "extended key usage");
    expect_refusal(&(Made){"critical,CA:FALSE", "critical,digitalSignature", OURS, NULL, 1000},
                   "more than two years");
    expect_refusal(&(Made){"critical,CA:FALSE", "critical,digitalSignature", OURS, "1.2.3.4", 700},
                   "critical and unknown");
}

static void test_another_kind_of_key_is_refused(void **state)
{
    (void)state;
    Root root = root_new();
    GError *error = NULL;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    const Made made = {"critical,CA:FALSE", "critical,digitalSignature", OURS, NULL, 700};
    g_autoptr(GBytes) der = make_der(key, &root, &made);
    assert_null(certificate_read(der, "it", &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "no Ed25519 key");
    EVP_PKEY_free(key);
    root_free(&root);
}

/* Whichever bit is turned over, the certificate is refused or its signature does not hold. */
static void test_a_changed_certificate_never_passes(void **state)
{
    (void)state;
    Root root = root_new();
    g_autoptr(KeyPair) pair = key_pair_generate(NULL);
    g_autoptr(Certificate) signing = certify_signing(pair, root.certificate, root.pair, NOW, NULL);
    gsize size = 0;
    const guint8 *good = g_bytes_get_data(certificate_der(signing), &size);
    for (gsize i = 0; i < size; i++) {
        g_autofree guint8 *changed = g_memdup2(good, size);
        changed[i] ^= (guint8)(1U << (i % 8));
        g_autoptr(GBytes) der = g_bytes_new(changed, size);
        g_autoptr(Certificate) read = certificate_read(der, "it", NULL);
        if (read != NULL && chain_check_signing(read, root.trusted, "it", NULL) != NULL) {
            fail_msg("byte %" G_GSIZE_FORMAT " may be changed", i);
        }
    }
    root_free(&root);
}

static void test_nothing_may_follow_a_certificate(void **state)
{
    (void)state;
    Root root = root_new();
    GError *error = NULL;
    gsize size = 0;
    const guint8 *good = g_bytes_get_data(certificate_der(root.certificate), &size);
    g_autoptr(GByteArray) longer = g_byte_array_new();
    g_byte_array_append(longer, good, (guint)size);
    g_byte_array_append(longer, (const guint8 *)"x", 1);
    g_autoptr(GBytes) der = g_bytes_new(longer->data, longer->len);
    assert_null(certificate_read(der, "it", &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "follows");
    g_autoptr(GBytes) shorter = g_bytes_new(good, size - 1);
    assert_null(certificate_read(shorter, "it", &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "no certificate in DER");
    root_free(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_our_signing_certificate_chains_to_its_root),
        cmocka_unit_test(test_it_is_valid_only_in_its_time),
        cmocka_unit_test(test_it_does_not_outlive_its_root),
        cmocka_unit_test(test_serials_are_random_and_names_differ),
        cmocka_unit_test(test_a_foreign_root_is_refused),
        cmocka_unit_test(test_a_signing_certificate_is_no_root),
        cmocka_unit_test(test_certificates_of_other_shapes_are_refused),
        cmocka_unit_test(test_another_kind_of_key_is_refused),
        cmocka_unit_test(test_a_changed_certificate_never_passes),
        cmocka_unit_test(test_nothing_may_follow_a_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
