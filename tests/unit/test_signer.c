/* Opening a signing key, and what it signs. */
#include "key_folder_fixture.h"

#include "core/ed25519.h"
#include "core/jws.h"
#include "sign/key_pair.h"
#include "sign/signer.h"
#include "usage_license_fixture.h"

#define OTHER_USER 54321 /* nobody's number */

static Signer *open_signer(const Fixture *fixture)
{
    GError *error = NULL;
    Signer *signer = signer_open(fixture->keys, true, NOW, &error);
    assert_fine(error);
    return signer;
}

static void refuse_to_open(const Fixture *fixture, int64_t now, int code, const char *words)
{
    GError *error = NULL;
    assert_null(signer_open(fixture->keys, true, now, &error));
    assert_refused(&error, code, words);
}

/* Paths of the one signing key. */
static char *signing_file(const Fixture *fixture, const char *suffix)
{
    g_autoptr(Signer) signer = open_signer(fixture);
    g_autofree char *name = g_strconcat(signer_kid(signer), suffix, NULL);
    return key_file(fixture, KEY_FOLDER_SIGNING, name);
}

static void test_what_it_signs_holds_under_its_certificate(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autoptr(Signer) signer = open_signer(fixture);
    GError *error = NULL;
    g_autoptr(UsageLicense) license = usage_license_sample(42, NOW);
    g_autofree char *jws = signer_issue(signer, license, &error);
    assert_fine(error);
    g_auto(Jws) parts = {0};
    assert_true(jws_read(&parts, jws, strlen(jws), JWS_MOST_BODY, NULL));
    g_autoptr(Certificate) certificate =
        certificate_read(signer_certificate(signer), "certificate", &error);
    assert_fine(error);
    assert_true(ed25519_verify(certificate_public(certificate), parts.signature, jws,
                               parts.signing_length));
    assert_string_equal(certificate_kid(certificate), signer_kid(signer));
    assert_true(signer_not_before(signer) == NOW);
    assert_true(signer_not_after(signer) > NOW + YEAR);
    assert_true(signer_is_development(signer));
}

typedef struct {
    const Signer *signer;
    guint good;
} Work;

static gpointer sign_many(gpointer data)
{
    Work *work = data;
    for (guint i = 0; i < 200; i++) {
        g_autoptr(UsageLicense) license = usage_license_sample(1000 + i, NOW);
        g_autofree char *jws = signer_issue(work->signer, license, NULL);
        g_autoptr(UsageLicense) read = usage_license_read(jws, strlen(jws), NULL);
        work->good += read != NULL && read->serial == license->serial;
    }
    return NULL;
}

static void test_several_threads_sign_with_one_signer(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autoptr(Signer) signer = open_signer(fixture);
    Work work[4];
    GThread *threads[4];
    for (guint i = 0; i < 4; i++) {
        work[i] = (Work){.signer = signer};
        threads[i] = g_thread_new("signer", sign_many, &work[i]);
    }
    for (guint i = 0; i < 4; i++) {
        g_thread_join(threads[i]);
        assert_int_equal(work[i].good, 200);
    }
}

static void test_development_keys_are_refused_unless_allowed(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    assert_null(signer_open(fixture->keys, false, NOW, &error));
    assert_refused(&error, ISSUER_ERROR_DENIED, "development keys");
    /* Taking the marker away changes nothing: the certificates say it too. */
    g_autofree char *marker = g_build_filename(fixture->keys, KEY_FOLDER_DEVELOPMENT, NULL);
    assert_int_equal(g_unlink(marker), 0);
    assert_null(signer_open(fixture->keys, false, NOW, &error));
    assert_refused(&error, ISSUER_ERROR_DENIED, "development keys");
}

static void test_keys_under_a_passphrase_open_without_the_roots(void **state)
{
    const Fixture *fixture = *state;
    GError *error = NULL;
    g_autoptr(Secret) passphrase = secret_new_copy(PASSPHRASE, strlen(PASSPHRASE));
    assert_true(ceremony_init(fixture->keys, passphrase, NOW, &error));
    for (int i = 1; i <= 2; i++) {
        g_autofree char *name = g_strdup_printf("root-%d.key.pem", i);
        g_autofree char *root = key_file(fixture, KEY_FOLDER_ROOTS, name);
        assert_int_equal(g_unlink(root), 0);
    }
    g_autoptr(Signer) signer = signer_open(fixture->keys, false, NOW, &error);
    assert_fine(error);
    assert_false(signer_is_development(signer));
}

static void test_a_key_that_others_can_read_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autofree char *key = signing_file(fixture, ".key.pem");
    assert_int_equal(g_chmod(key, 0640), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_DENIED, "600");
}

static void test_a_folder_that_others_can_open_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    assert_int_equal(g_chmod(fixture->keys, 0770), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_DENIED, "chmod it to 700");
    assert_int_equal(g_chmod(fixture->keys, 0700), 0);
    g_autofree char *signing = g_build_filename(fixture->keys, KEY_FOLDER_SIGNING, NULL);
    assert_int_equal(g_chmod(signing, 0701), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_DENIED, "signing is not private");
}

/* Only root can give a file away; without that right the refusal is tried by the mode alone. */
static void test_a_key_of_another_user_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    if (geteuid() != 0) {
        print_message("not root: a file cannot be given to another user here\n");
        return;
    }
    g_autofree char *key = signing_file(fixture, ".key.pem");
    assert_int_equal(chown(key, OTHER_USER, (gid_t)-1), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_DENIED, "another user");
    assert_int_equal(chown(key, 0, (gid_t)-1), 0);
    assert_int_equal(chown(fixture->keys, OTHER_USER, (gid_t)-1), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_NOT_FOUND, "another user");
}

static void test_a_link_in_place_of_the_key_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autofree char *key = signing_file(fixture, ".key.pem");
    g_autofree char *elsewhere = g_build_filename(fixture->folder, "elsewhere", NULL);
    assert_int_equal(g_rename(key, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, key), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_DENIED, "symbolic link");
}

static void test_a_key_without_its_time_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    refuse_to_open(fixture, NOW + 3 * YEAR, ISSUER_ERROR_INPUT, "expired");
    refuse_to_open(fixture, NOW - 60, ISSUER_ERROR_INPUT, "is the clock right");
}

static void test_a_missing_or_foreign_key_is_refused(void **state)
{
    const Fixture *fixture = *state;
    refuse_to_open(fixture, NOW, ISSUER_ERROR_NOT_FOUND, "issuer key init");
    make_development_keys(fixture);
    g_autofree char *key = signing_file(fixture, ".key.pem");
    g_autoptr(KeyPair) other = key_pair_generate(NULL);
    g_autoptr(Secret) pem = key_pair_write(other, NULL, NULL);
    assert_true(
        g_file_set_contents_full(key, secret_peek(pem), -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    assert_int_equal(g_chmod(key, 0600), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_INPUT, "not the key of the certificate");
    assert_true(g_file_set_contents(key, "-----BEGIN nothing", -1, NULL));
    assert_int_equal(g_chmod(key, 0600), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_INPUT, "no private key");
    assert_int_equal(g_unlink(key), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_NOT_FOUND, "is missing");
}

static void test_a_certificate_of_foreign_roots_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    const Fixture other = {fixture->folder, g_build_filename(fixture->folder, "other", NULL)};
    make_development_keys(&other);
    g_autofree char *ours = g_build_filename(fixture->keys, KEY_FOLDER_ANCHORS, NULL);
    g_autofree char *theirs = g_build_filename(other.keys, KEY_FOLDER_ANCHORS, NULL);
    assert_int_equal(g_rename(theirs, ours), 0);
    refuse_to_open(fixture, NOW, ISSUER_ERROR_INPUT, "none of the trusted roots");
    g_free(other.keys);
}

static void test_a_revoked_key_is_refused(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autoptr(Signer) signer = open_signer(fixture);
    GError *error = NULL;
    assert_true(ceremony_revoke(fixture->keys, signer_kid(signer), 1, NULL, NOW, &error));
    refuse_to_open(fixture, NOW, ISSUER_ERROR_DENIED, "revoked");
}

int main(void)
{
#define KEY_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        KEY_TEST(test_what_it_signs_holds_under_its_certificate),
        KEY_TEST(test_several_threads_sign_with_one_signer),
        KEY_TEST(test_development_keys_are_refused_unless_allowed),
        KEY_TEST(test_keys_under_a_passphrase_open_without_the_roots),
        KEY_TEST(test_a_key_that_others_can_read_is_refused),
        KEY_TEST(test_a_folder_that_others_can_open_is_refused),
        KEY_TEST(test_a_key_of_another_user_is_refused),
        KEY_TEST(test_a_link_in_place_of_the_key_is_refused),
        KEY_TEST(test_a_key_without_its_time_is_refused),
        KEY_TEST(test_a_missing_or_foreign_key_is_refused),
        KEY_TEST(test_a_certificate_of_foreign_roots_is_refused),
        KEY_TEST(test_a_revoked_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
