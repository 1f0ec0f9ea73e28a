/* Usage licenses as an auditor judges them: one good, and each way to be bad. */
#include "key_folder_fixture.h"

#include "core/base64url.h"
#include "core/jws.h"
#include "sign/key_pair.h"
#include "sign/signer.h"
#include "sign/verifier.h"

/* A license as plain as it may be. The caller owns what is in it. */
static UsageLicense *sample(int64_t iat)
{
    UsageLicense *license = g_new0(UsageLicense, 1);
    license->iss = g_strdup("https://licenses.example.com");
    license->serial = 42;
    license->license_id = g_strdup("LIC-000123");
    license->customer = g_strdup("Nordhafen Wasserwerke");
    license->product = g_strdup("chariot");
    license->iat = iat;
    license->features = g_ptr_array_new_with_free_func((GDestroyNotify)feature_free);
    g_ptr_array_add(license->features, feature_new("mqtt-server", FEATURE_PERPETUAL, 0, -1));
    license->entitlement = 1;
    license->activation_number = 1;
    license->activation_allowed = 2;
    license->supersedes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    license->request = digest_sha256("request", 7);
    license->instance.host = g_strdup("pump-house-3");
    g_autoptr(KeyPair) instance = key_pair_generate(NULL);
    license->instance_key = key_pair_public(instance);
    return license;
}

static Signer *open_signer(const char *keys)
{
    GError *error = NULL;
    Signer *signer = signer_open(keys, true, NOW, &error);
    assert_fine(error);
    return signer;
}

/* A license signed with the folder's key, its header naming `kid`. */
static char *issue(const char *keys, int64_t iat, const char *kid)
{
    g_autoptr(Signer) signer = open_signer(keys);
    UsageLicense *license = sample(iat);
    g_autofree char *input = usage_license_signing_input(
        license, kid != NULL ? kid : signer_kid(signer), signer_certificate(signer));
    usage_license_free(license);
    return sign_anything(keys, signer_kid(signer), input);
}

static Verifier *open_verifier(const Fixture *fixture, bool with_denied)
{
    g_autofree char *anchors = g_build_filename(fixture->keys, KEY_FOLDER_ANCHORS, NULL);
    g_autofree char *denied = g_build_filename(fixture->keys, KEY_FOLDER_DENIED, NULL);
    GError *error = NULL;
    Verifier *verifier = verifier_open(anchors, with_denied ? denied : NULL, &error);
    assert_fine(error);
    return verifier;
}

static void expect_refusal(const Fixture *fixture, const char *jws, const char *words)
{
    g_autoptr(Verifier) verifier = open_verifier(fixture, false);
    GError *error = NULL;
    assert_null(verifier_check(verifier, jws, strlen(jws), &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, words);
}

static void test_a_license_of_ours_passes(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autofree char *jws = issue(fixture->keys, NOW + 60, NULL);
    g_autoptr(Verifier) verifier = open_verifier(fixture, false);
    GError *error = NULL;
    g_autoptr(UsageLicense) license = verifier_check(verifier, jws, strlen(jws), &error);
    assert_fine(error);
    assert_true(license->serial == 42);
    assert_string_equal(license->customer, "Nordhafen Wasserwerke");
}

/* It was signed while the certificate was valid; that the certificate has ended since is nothing.
 */
static void test_the_certificate_must_be_valid_when_it_was_signed(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autofree char *early = issue(fixture->keys, NOW - 1, NULL);
    expect_refusal(fixture, early, "valid from");
    g_autofree char *late = issue(fixture->keys, NOW + 3 * YEAR, NULL);
    expect_refusal(fixture, late, "valid from");
}

static void test_a_changed_payload_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autofree char *jws = issue(fixture->keys, NOW, NULL);
    g_auto(Jws) parts = {0};
    assert_true(jws_read(&parts, jws, strlen(jws), JWS_MOST_BODY, NULL));
    char *number = strstr(parts.payload, "\"allowed\":2");
    assert_non_null(number);
    number[strlen("\"allowed\":")] = '9';
    g_autofree char *input =
        jws_signing_input(parts.header, parts.header_length, parts.payload, parts.payload_length);
    g_autofree char *changed = jws_join(input, parts.signature);
    expect_refusal(fixture, changed, "changed or forged");
}

static void test_a_changed_signature_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autofree char *jws = issue(fixture->keys, NOW, NULL);
    char *place = strrchr(jws, '.') + 20;
    *place = *place == 'A' ? 'B' : 'A';
    expect_refusal(fixture, jws, "changed or forged");
}

static void test_another_key_id_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    Digest other = digest_sha256("other", 5);
    g_autofree char *kid = base64url_text(other.bytes, DIGEST_SIZE);
    g_autofree char *jws = issue(fixture->keys, NOW, kid);
    expect_refusal(fixture, jws, "kid");
}

static void test_a_license_of_foreign_roots_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autofree char *other = g_build_filename(fixture->folder, "other", NULL);
    assert_true(ceremony_init(other, NULL, NOW, NULL));
    g_autofree char *jws = issue(other, NOW, NULL);
    expect_refusal(fixture, jws, "none of the trusted roots");
}

static void test_a_revoked_key_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autofree char *jws = issue(fixture->keys, NOW, NULL);
    g_autoptr(Signer) signer = open_signer(fixture->keys);
    GError *error = NULL;
    assert_true(ceremony_revoke(fixture->keys, signer_kid(signer), 2, NULL, NOW, &error));
    g_autoptr(Verifier) verifier = open_verifier(fixture, true);
    assert_null(verifier_check(verifier, jws, strlen(jws), &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "revoked");
}

/* A root's certificate in x5c, signed with the root's own key: a key for certificates only. */
static void test_a_license_signed_by_a_root_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autofree char *file = key_file(fixture, KEY_FOLDER_ROOTS, "root-1.key.pem");
    g_autofree char *text = NULL;
    gsize size = 0;
    assert_true(g_file_get_contents(file, &text, &size, NULL));
    g_autoptr(Secret) pem = secret_new_copy(text, size);
    g_autoptr(KeyPair) pair = key_pair_read(pem, NULL, file, NULL);
    g_autoptr(GPtrArray) roots = key_folder_anchors(fixture->keys, NULL);
    const Certificate *root = g_ptr_array_index(roots, 0);
    UsageLicense *license = sample(NOW);
    g_autofree char *input =
        usage_license_signing_input(license, certificate_kid(root), certificate_der(root));
    usage_license_free(license);
    uint8_t signature[KEY_PAIR_SIGNATURE_SIZE];
    assert_true(key_pair_sign(pair, input, strlen(input), signature, NULL));
    g_autofree char *jws = jws_join(input, signature);
    expect_refusal(fixture, jws, "no signing key's");
}

static void test_what_is_no_license_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autoptr(Verifier) verifier = open_verifier(fixture, false);
    const char *const texts[] = {"", ".", "..", "e30.e30.e30", "hello"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        GError *error = NULL;
        assert_null(verifier_check(verifier, texts[i], strlen(texts[i]), &error));
        assert_refused(&error, ISSUER_ERROR_INPUT, "");
    }
}

static void test_files_that_do_not_serve_are_named(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    assert_null(verifier_open("/nowhere/anchors.pem", NULL, &error));
    assert_refused(&error, ISSUER_ERROR_NOT_FOUND, "/nowhere/anchors.pem");
    g_autoptr(Signer) signer = open_signer(fixture->keys);
    g_autofree char *name = g_strconcat(signer_kid(signer), ".cert.pem", NULL);
    g_autofree char *no_root = key_file(fixture, KEY_FOLDER_SIGNING, name);
    assert_null(verifier_open(no_root, NULL, &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "no root");
    g_autofree char *anchors = g_build_filename(fixture->keys, KEY_FOLDER_ANCHORS, NULL);
    assert_null(verifier_open(anchors, anchors, &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "anchors.pem");
}

int main(void)
{
#define KEY_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        KEY_TEST(test_a_license_of_ours_passes),
        KEY_TEST(test_the_certificate_must_be_valid_when_it_was_signed),
        KEY_TEST(test_a_changed_payload_is_refused),
        KEY_TEST(test_a_changed_signature_is_refused),
        KEY_TEST(test_another_key_id_is_refused),
        KEY_TEST(test_a_license_of_foreign_roots_is_refused),
        KEY_TEST(test_a_revoked_key_is_refused),
        KEY_TEST(test_a_license_signed_by_a_root_is_refused),
        KEY_TEST(test_what_is_no_license_is_refused),
        KEY_TEST(test_files_that_do_not_serve_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
