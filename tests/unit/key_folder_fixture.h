/* Key folders for the tests of sign/: made in a folder of its own under /tmp, deleted afterwards.
 */
#ifndef TESTS_UNIT_KEY_FOLDER_FIXTURE_H
#define TESTS_UNIT_KEY_FOLDER_FIXTURE_H

#include "base/error.h"
#include "base/file.h"
#include "core/jws.h"
#include "sign/ceremony.h"
#include "sign/key_folder.h"
#include "sign/key_pair.h"

#include <ftw.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW        1790000000LL /* 2026-09-21 */
#define YEAR       (365LL * 86400)
#define PASSPHRASE "correct horse battery"

typedef struct {
    char *folder; /* everything of this test */
    char *keys;   /* the key folder in it, not made yet */
} Fixture;

static inline int fixture_remove_one(const char *path, const struct stat *info, int kind,
                                     struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline int fixture_setup(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);
    fixture->folder = g_dir_make_tmp("issuer-keys-XXXXXX", NULL);
    fixture->keys = g_build_filename(fixture->folder, "keys", NULL);
    *state = fixture;
    return fixture->folder == NULL ? -1 : 0;
}

static inline int fixture_teardown(void **state)
{
    Fixture *fixture = *state;
    (void)nftw(fixture->folder, fixture_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    g_free(fixture->folder);
    g_free(fixture->keys);
    g_free(fixture);
    return 0;
}

/* Asserts that an error was set, of this code, its message holding `words`; then forgets it. */
static inline void assert_refused(GError **error, int code, const char *words)
{
    assert_non_null(*error);
    assert_true((*error)->domain == ISSUER_ERROR);
    if ((*error)->code != code || strstr((*error)->message, words) == NULL) {
        fail_msg("expected code %d and \"%s\", got code %d: %s", code, words, (*error)->code,
                 (*error)->message);
    }
    assert_null(strchr((*error)->message, '\n'));
    g_clear_error(error);
}

static inline void assert_fine(GError *error)
{
    if (error != NULL) {
        fail_msg("%s", error->message);
    }
}

static inline void make_development_keys(const Fixture *fixture)
{
    GError *error = NULL;
    assert_true(ceremony_init(fixture->keys, NULL, NOW, &error));
    assert_fine(error);
}

/* A file of the key folder. New string. */
static inline char *key_file(const Fixture *fixture, const char *folder, const char *name)
{
    return g_build_filename(fixture->keys, folder, name, NULL);
}

/* What the signing key `kid` makes of a signing input that no signer would render. New string. */
static inline char *sign_anything(const char *keys, const char *kid, const char *signing_input)
{
    GError *error = NULL;
    uint8_t signature[KEY_PAIR_SIGNATURE_SIZE];
    g_autofree char *name = g_strconcat(kid, ".key.pem", NULL);
    g_autofree char *path = g_build_filename(keys, KEY_FOLDER_SIGNING, name, NULL);
    g_autoptr(Secret) pem = file_read_private(path, KEY_FOLDER_MOST, &error);
    assert_fine(error);
    g_autoptr(KeyPair) pair = key_pair_read(pem, NULL, path, &error);
    assert_fine(error);
    assert_true(key_pair_sign(pair, signing_input, strlen(signing_input), signature, &error));
    return jws_join(signing_input, signature);
}

/* The entry of a list by its place. */
static inline const KeyEntry *entry_at(const GPtrArray *entries, guint place)
{
    assert_true(place < entries->len);
    return g_ptr_array_index(entries, place);
}

#endif
