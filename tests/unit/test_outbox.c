/* Replies reach their folder whole or not at all. The system calls are watched: what makes a file
 * survive a crash is their order. */
#include "base/error.h"
#include "delivery/outbox.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static GString *calls; /* one letter a call: f a file's fsync, d a folder's fsync, r a rename */

static int watched_sync(int fd)
{
    struct stat what;
    if (calls != NULL && fstat(fd, &what) == 0) {
        g_string_append_c(calls, S_ISDIR(what.st_mode) ? 'd' : 'f');
    }
    return (int)syscall(SYS_fsync, fd);
}

/* These take the place of the C library's in this program; its headers name the parameters with
 * two underscores, which only a C library may. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int fsync(int fd)
{
    return watched_sync(fd);
}

int fdatasync(int fd)
{
    return watched_sync(fd);
}

static void note_rename(void)
{
    if (calls != NULL) {
        g_string_append_c(calls, 'r');
    }
}

int rename(const char *from, const char *to)
{
    note_rename();
    return (int)syscall(SYS_rename, from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    note_rename();
    return (int)syscall(SYS_renameat, from_folder, from, to_folder, to);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static int make_folder(void **state)
{
    char *folder = g_dir_make_tmp("outbox-XXXXXX", NULL);
    assert_non_null(folder);
    *state = folder;
    return 0;
}

static guint empty_folder(const char *folder)
{
    guint count = 0;
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        assert_int_equal(g_unlink(path), 0);
        count++;
    }
    g_dir_close(dir);
    return count;
}

static int drop_folder(void **state)
{
    empty_folder(*state);
    g_rmdir(*state);
    g_free(*state);
    return 0;
}

static bool write_text(const char *folder, const char *name, const char *text, GError **error)
{
    g_autoptr(GBytes) mail = g_bytes_new(text, strlen(text));
    return outbox_write(folder, name, mail, error);
}

static void test_one_file(void **state)
{
    const char *folder = *state;
    g_autoptr(GError) error = NULL;
    assert_true(write_text(folder, "reply-17", "Subject: a\r\n\r\nb\r\n", &error));
    assert_null(error);
    g_autofree char *path = g_build_filename(folder, "reply-17.eml", NULL);
    g_autofree char *content = NULL;
    assert_true(g_file_get_contents(path, &content, NULL, NULL));
    assert_string_equal(content, "Subject: a\r\n\r\nb\r\n");
    struct stat what;
    assert_int_equal(stat(path, &what), 0);
    assert_int_equal(what.st_mode & 0007, 0);
    assert_int_equal(empty_folder(folder), 1);
}

static void test_order_of_calls(void **state)
{
    const char *folder = *state;
    calls = g_string_new(NULL);
    const bool written = write_text(folder, "reply-17", "x", NULL);
    g_autofree char *seen = g_string_free(g_steal_pointer(&calls), FALSE);
    assert_true(written);
    assert_string_equal(seen, "frd");
}

static void test_replaces_by_a_new_file(void **state)
{
    const char *folder = *state;
    g_autofree char *path = g_build_filename(folder, "reply-17.eml", NULL);
    assert_true(write_text(folder, "reply-17", "the first, which is the longer one", NULL));
    const int reader = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_true(write_text(folder, "reply-17", "the second", NULL));

    /* Who had opened the first goes on reading the first, whole. */
    char first[64] = {0};
    assert_int_equal(read(reader, first, sizeof first - 1), 34);
    close(reader);
    assert_string_equal(first, "the first, which is the longer one");
    g_autofree char *content = NULL;
    assert_true(g_file_get_contents(path, &content, NULL, NULL));
    assert_string_equal(content, "the second");
    assert_int_equal(empty_folder(folder), 1);
}

static void test_a_dead_writers_rest_is_no_mail(void **state)
{
    const char *folder = *state;
    /* A folder of the mail's name makes the rename fail, after the temporary file was written. */
    g_autofree char *path = g_build_filename(folder, "reply-17.eml", NULL);
    assert_int_equal(g_mkdir(path, 0700), 0);
    g_autoptr(GError) error = NULL;
    assert_false(write_text(folder, "reply-17", "x", &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_FAILED));
    assert_int_equal(g_rmdir(path), 0);
    assert_int_equal(empty_folder(folder), 0);
}

static void test_missing_folder(void **state)
{
    g_autofree char *folder = g_build_filename(*state, "not-there", NULL);
    g_autoptr(GError) error = NULL;
    assert_false(write_text(folder, "reply-17", "x", &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, "not-there"));
}

static void test_bad_names(void **state)
{
    static const char *const bad[] = {"",    ".",          "..",       ".hidden", "a/b",
                                      "a b", "../reply-1", "a\nb",     "reply_1", "reply*",
                                      "ä",   "a\\b",       "reply\x01"};
    const char *folder = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(write_text(folder, bad[i], "x", &error));
        assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_INPUT));
        assert_null(strchr(error->message, '\n'));
    }
    g_autofree char *longest = g_strnfill(300, 'a');
    assert_false(write_text(folder, longest, "x", NULL));
    assert_int_equal(empty_folder(folder), 0);
}

static void test_check_leaves_nothing_behind(void **state)
{
    const char *folder = *state;
    GError *error = NULL;
    assert_true(outbox_check(folder, &error));
    assert_null(error);
    assert_int_equal(empty_folder(folder), 0);

    g_autofree char *missing = g_build_filename(folder, "missing", NULL);
    assert_false(outbox_check(missing, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, missing));
    g_clear_error(&error);
    assert_false(outbox_check("/proc", &error)); /* for root too */
    g_clear_error(&error);
    assert_false(outbox_check("/dev/null", &error));
    g_clear_error(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_file, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_order_of_calls, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_replaces_by_a_new_file, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_a_dead_writers_rest_is_no_mail, make_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(test_missing_folder, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_bad_names, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_check_leaves_nothing_behind, make_folder, drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
