/* Making, listing, replacing and revoking keys. */
#include "key_folder_fixture.h"

#include "core/base64url.h"
#include "sign/denied_list.h"

static mode_t mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode & 07777;
}

static bool holds(const char *path, const char *words)
{
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return strstr(text, words) != NULL;
}

static guint count_names(const char *path)
{
    GDir *names = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (names != NULL && g_dir_read_name(names) != NULL) {
        count++;
    }
    g_clear_pointer(&names, g_dir_close);
    return count;
}

static void test_init_makes_two_roots_and_a_signing_key(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    g_autoptr(GPtrArray) entries = key_folder_list(fixture->keys, NOW, &error);
    assert_fine(error);
    assert_int_equal(entries->len, 3);
    assert_string_equal(key_state_text(entry_at(entries, 0)->state), "root");
    assert_string_equal(key_state_text(entry_at(entries, 1)->state), "spare");
    assert_string_equal(key_state_text(entry_at(entries, 2)->state), "signs");
    const Certificate *signing = entry_at(entries, 2)->certificate;
    assert_true(certificate_not_before(signing) == NOW);
    assert_true(certificate_not_after(signing) <= NOW + 2 * YEAR + 86400);
    assert_true(certificate_not_after(entry_at(entries, 0)->certificate) > NOW + 29 * YEAR);
    for (guint i = 0; i < entries->len; i++) {
        assert_true(entry_at(entries, i)->has_private);
        assert_int_equal(mode_of(entry_at(entries, i)->key_path), 0600);
        assert_true(certificate_is_development(entry_at(entries, i)->certificate));
    }
    assert_int_equal(mode_of(fixture->keys), 0700);
    assert_int_equal(count_names(fixture->folder), 1); /* no unfinished folder is left */
}

/* What an auditor would type, at the time of the ceremony. */
static void test_openssl_verifies_the_chain(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    g_autoptr(GPtrArray) entries = key_folder_list(fixture->keys, NOW, NULL);
    g_autofree char *name =
        g_strconcat(certificate_kid(entry_at(entries, 2)->certificate), ".cert.pem", NULL);
    g_autofree char *signing = key_file(fixture, KEY_FOLDER_SIGNING, name);
    g_autofree char *anchors = g_build_filename(fixture->keys, KEY_FOLDER_ANCHORS, NULL);
    g_autofree char *command = g_strdup_printf(
        "openssl verify -x509_strict -attime %lld -CAfile '%s' '%s'", NOW, anchors, signing);
    g_autofree char *said = NULL;
    g_autofree char *complained = NULL;
    int status = -1;
    assert_true(g_spawn_command_line_sync(command, &said, &complained, &status, NULL));
    assert_true(g_spawn_check_wait_status(status, NULL));
}

static void test_roots_are_encrypted_under_the_passphrase(void **state)
{
    const Fixture *fixture = *state;
    GError *error = NULL;
    g_autoptr(Secret) passphrase = secret_new_copy(PASSPHRASE, strlen(PASSPHRASE));
    assert_true(ceremony_init(fixture->keys, passphrase, NOW, &error));
    assert_fine(error);
    g_autofree char *root = key_file(fixture, KEY_FOLDER_ROOTS, "root-1.key.pem");
    assert_true(holds(root, "BEGIN ENCRYPTED PRIVATE KEY"));
    assert_false(key_folder_is_development(fixture->keys));
    g_autoptr(GPtrArray) anchors = key_folder_anchors(fixture->keys, &error);
    assert_false(certificate_is_development(g_ptr_array_index(anchors, 0)));

    assert_null(ceremony_rotate(fixture->keys, 1, NULL, NOW + 5, &error));
    assert_refused(&error, ISSUER_ERROR_DENIED, "passphrase is needed");
    g_autoptr(Secret) wrong = secret_new_copy("not that passphrase", 19);
    assert_null(ceremony_rotate(fixture->keys, 1, wrong, NOW + 5, &error));
    assert_refused(&error, ISSUER_ERROR_DENIED, "passphrase is wrong");
    g_autofree char *kid = ceremony_rotate(fixture->keys, 1, passphrase, NOW + 5, &error);
    assert_fine(error);
    assert_int_equal(strlen(kid), 43);
}

static void test_a_short_passphrase_is_refused(void **state)
{
    const Fixture *fixture = *state;
    GError *error = NULL;
    g_autoptr(Secret) passphrase = secret_new_copy("short", 5);
    assert_false(ceremony_init(fixture->keys, passphrase, NOW, &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "too short");
    assert_int_equal(count_names(fixture->folder), 0);
}

static void test_nothing_is_overwritten(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *anchors = g_build_filename(fixture->keys, KEY_FOLDER_ANCHORS, NULL);
    assert_true(g_file_get_contents(anchors, &before, NULL, NULL));
    assert_false(ceremony_init(fixture->keys, NULL, NOW + 9, &error));
    assert_refused(&error, ISSUER_ERROR_CONFLICT, "never overwritten");
    assert_true(g_file_get_contents(anchors, &after, NULL, NULL));
    assert_string_equal(before, after);
}

static void test_an_interrupted_run_leaves_no_trace_in_the_next(void **state)
{
    const Fixture *fixture = *state;
    GError *error = NULL;
    /* What a kill in the middle of a development run leaves. */
    g_autofree char *left = g_strconcat(fixture->keys, ".unfinished", NULL);
    g_autofree char *signing = g_build_filename(left, KEY_FOLDER_SIGNING, NULL);
    g_autofree char *key = g_build_filename(signing, "left.cert.pem", NULL);
    g_autofree char *marker = g_build_filename(left, KEY_FOLDER_DEVELOPMENT, NULL);
    assert_int_equal(g_mkdir_with_parents(signing, 0755), 0);
    assert_true(g_file_set_contents(key, "half a file", -1, NULL));
    assert_true(g_file_set_contents(marker, "", -1, NULL));

    g_autoptr(Secret) passphrase = secret_new_copy(PASSPHRASE, strlen(PASSPHRASE));
    assert_true(ceremony_init(fixture->keys, passphrase, NOW, &error));
    assert_fine(error);
    assert_false(key_folder_is_development(fixture->keys));
    g_autoptr(GPtrArray) entries = key_folder_list(fixture->keys, NOW, &error);
    assert_fine(error);
    assert_int_equal(entries->len, 3);
    assert_int_equal(count_names(fixture->folder), 1);
    assert_int_equal(mode_of(fixture->keys), 0700);
}

static void test_a_missing_folder_above_is_named(void **state)
{
    const Fixture *fixture = *state;
    GError *error = NULL;
    g_autofree char *deep = g_build_filename(fixture->folder, "no", "such", NULL);
    assert_false(ceremony_init(deep, NULL, NOW, &error));
    assert_refused(&error, ISSUER_ERROR_NOT_FOUND, "no/such");
}

static void test_rotation_hands_over_to_the_newer_key(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    g_autofree char *kid = ceremony_rotate(fixture->keys, 2, NULL, NOW + YEAR, &error);
    assert_fine(error);
    g_autoptr(GPtrArray) entries = key_folder_list(fixture->keys, NOW + YEAR, &error);
    assert_int_equal(entries->len, 4);
    assert_int_equal(entry_at(entries, 1)->state, KEY_STATE_ROOT); /* no spare any more */
    assert_string_equal(certificate_kid(entry_at(entries, 2)->certificate), kid);
    assert_int_equal(entry_at(entries, 2)->state, KEY_STATE_SIGNS);
    assert_int_equal(entry_at(entries, 3)->state, KEY_STATE_RETIRED);

    g_autoptr(GPtrArray) later = key_folder_list(fixture->keys, NOW + 2 * YEAR + YEAR / 2, &error);
    assert_int_equal(entry_at(later, 2)->state, KEY_STATE_SIGNS);
    assert_int_equal(entry_at(later, 3)->state, KEY_STATE_EXPIRED);
    g_autoptr(GPtrArray) early = key_folder_list(fixture->keys, NOW + 1, &error);
    assert_int_equal(entry_at(early, 2)->state, KEY_STATE_WAITING);
    assert_int_equal(entry_at(early, 3)->state, KEY_STATE_SIGNS);
}

/* The newest signs: also where two are made in one second, or a clock was set back between. */
static void test_the_last_one_made_is_the_newest(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    for (int i = 1; i <= 4; i++) {
        g_autofree char *kid = ceremony_rotate(fixture->keys, 1, NULL, NOW, &error);
        assert_fine(error);
        g_autoptr(GPtrArray) entries = key_folder_list(fixture->keys, NOW + i, &error);
        assert_string_equal(certificate_kid(entry_at(entries, 2)->certificate), kid);
        assert_int_equal(entry_at(entries, 2)->state, KEY_STATE_SIGNS);
    }
    /* A revoked one, perhaps made by a wrong clock, holds nothing up. */
    g_autofree char *future = ceremony_rotate(fixture->keys, 1, NULL, NOW + YEAR, &error);
    assert_true(ceremony_revoke(fixture->keys, future, 1, NULL, NOW, &error));
    g_autofree char *kid = ceremony_rotate(fixture->keys, 1, NULL, NOW + 9, &error);
    g_autoptr(GPtrArray) entries = key_folder_list(fixture->keys, NOW + 9, &error);
    assert_string_equal(certificate_kid(entry_at(entries, 3)->certificate), kid);
    assert_int_equal(entry_at(entries, 3)->state, KEY_STATE_SIGNS);
}

static void test_a_revoked_key_signs_no_more(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    g_autofree char *second = ceremony_rotate(fixture->keys, 1, NULL, NOW + 10, &error);
    assert_fine(error);
    assert_true(ceremony_revoke(fixture->keys, second, 1, NULL, NOW + 20, &error));
    assert_fine(error);
    g_autoptr(GPtrArray) entries = key_folder_list(fixture->keys, NOW + 30, &error);
    assert_int_equal(entry_at(entries, 2)->state, KEY_STATE_DENIED);
    assert_int_equal(entry_at(entries, 3)->state, KEY_STATE_SIGNS);
    assert_false(ceremony_revoke(fixture->keys, second, 1, NULL, NOW + 40, &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "revoked already");
    assert_false(ceremony_revoke(fixture->keys, "no-kid", 1, NULL, NOW + 40, &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "no key's id");
    assert_false(ceremony_revoke(fixture->keys, second, 3, NULL, NOW + 40, &error));
    assert_refused(&error, ISSUER_ERROR_USAGE, "no root 3");
}

static bool names(const DeniedKeys *denied, const char *kid)
{
    Digest thumbprint;
    return base64url_read_exact(kid, strlen(kid), thumbprint.bytes, DIGEST_SIZE) &&
           denied_keys_contains(denied, &thumbprint);
}

/* Also with a clock that stands still, the list grows and the newer one is newer. */
static void test_a_denied_list_keeps_what_it_had_and_is_newer(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    g_autofree char *a = ceremony_rotate(fixture->keys, 1, NULL, NOW + 1, &error);
    g_autofree char *b = ceremony_rotate(fixture->keys, 1, NULL, NOW + 2, &error);
    assert_true(ceremony_revoke(fixture->keys, a, 1, NULL, NOW + 5, &error));
    assert_true(ceremony_revoke(fixture->keys, b, 2, NULL, NOW + 5, &error));
    assert_fine(error);
    g_autoptr(DeniedKeys) denied = NULL;
    assert_true(key_folder_denied_keys(fixture->keys, &denied, &error));
    assert_fine(error);
    assert_int_equal(denied->kids->len, 2);
    assert_true(names(denied, a) && names(denied, b));
    assert_true(denied->iat == NOW + 6);
}

static void test_a_changed_denied_list_stops_the_folder(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    g_autofree char *kid = ceremony_rotate(fixture->keys, 1, NULL, NOW + 1, &error);
    assert_true(ceremony_revoke(fixture->keys, kid, 1, NULL, NOW + 5, &error));
    g_autofree char *file = g_build_filename(fixture->keys, KEY_FOLDER_DENIED, NULL);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(file, &text, NULL, NULL));
    char *signature = strrchr(text, '.') + 10;
    *signature = *signature == 'A' ? 'B' : 'A';
    assert_true(g_file_set_contents(file, text, -1, NULL));
    assert_null(key_folder_list(fixture->keys, NOW + 9, &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "none of the trusted roots signed it");
    assert_true(g_file_set_contents(file, "nonsense", -1, NULL));
    assert_null(key_folder_list(fixture->keys, NOW + 9, &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, KEY_FOLDER_DENIED);
}

static void test_a_root_kept_elsewhere_is_asked_for(void **state)
{
    const Fixture *fixture = *state;
    make_development_keys(fixture);
    GError *error = NULL;
    g_autofree char *root = key_file(fixture, KEY_FOLDER_ROOTS, "root-1.key.pem");
    assert_int_equal(g_unlink(root), 0);
    assert_null(ceremony_rotate(fixture->keys, 1, NULL, NOW, &error));
    assert_refused(&error, ISSUER_ERROR_NOT_FOUND, "private key is not here: bring it back as");
    g_autoptr(GPtrArray) entries = key_folder_list(fixture->keys, NOW, &error);
    assert_false(entry_at(entries, 0)->has_private);
}

int main(void)
{
#define KEY_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        KEY_TEST(test_init_makes_two_roots_and_a_signing_key),
        KEY_TEST(test_openssl_verifies_the_chain),
        KEY_TEST(test_roots_are_encrypted_under_the_passphrase),
        KEY_TEST(test_a_short_passphrase_is_refused),
        KEY_TEST(test_nothing_is_overwritten),
        KEY_TEST(test_an_interrupted_run_leaves_no_trace_in_the_next),
        KEY_TEST(test_a_missing_folder_above_is_named),
        KEY_TEST(test_rotation_hands_over_to_the_newer_key),
        KEY_TEST(test_the_last_one_made_is_the_newest),
        KEY_TEST(test_a_revoked_key_signs_no_more),
        KEY_TEST(test_a_denied_list_keeps_what_it_had_and_is_newer),
        KEY_TEST(test_a_changed_denied_list_stops_the_folder),
        KEY_TEST(test_a_root_kept_elsewhere_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
