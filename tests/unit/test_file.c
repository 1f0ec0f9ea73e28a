/* base/file.h: private files are refused when others could have seen or changed them. */
#include "base/error.h"
#include "base/file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;
static char *path;

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("issuer-file-XXXXXX", NULL);
    path = g_build_filename(folder, "secret", NULL);
    return folder == NULL ? -1 : 0;
}

static int empty_folder(void **state)
{
    (void)state;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        (void)g_remove(file);
    }
    return 0;
}

static int remove_folder(void **state)
{
    (void)empty_folder(state);
    (void)g_rmdir(folder);
    g_free(folder);
    g_free(path);
    return 0;
}

static void check_refused(IssuerErrorCode code, const char *part)
{
    g_autoptr(GError) error = NULL;
    assert_null(file_read_private(path, 64, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, (gint)code));
    assert_non_null(strstr(error->message, path));
    assert_non_null(strstr(error->message, part));
    g_autoptr(GError) looked = NULL;
    if (code != ISSUER_ERROR_INPUT) { /* its size is no matter of privacy */
        assert_false(file_check_private(path, &looked));
        assert_string_equal(looked->message, error->message);
    }
}

static guint files_in_folder(void)
{
    guint count = 0;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    while (g_dir_read_name(dir) != NULL) {
        count++;
    }
    return count;
}

static void what_was_written_is_read_back(void **state)
{
    (void)state;
    assert_true(file_write_durably(path, "a\0b", 3, 0600, NULL));
    assert_true(file_check_private(path, NULL));
    g_autoptr(Secret) secret = file_read_private(path, 3, NULL);
    assert_non_null(secret);
    assert_int_equal(secret_size(secret), 3);
    assert_memory_equal(secret_peek(secret), "a\0b", 4);
}

static void a_file_is_replaced_whole_with_its_mode(void **state)
{
    (void)state;
    assert_true(file_write_durably(path, "old and longer", 14, 0600, NULL));
    assert_true(file_write_durably(path, "new", 3, 0644, NULL));
    g_autofree char *content = NULL;
    assert_true(g_file_get_contents(path, &content, NULL, NULL));
    assert_string_equal(content, "new");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0644);
    assert_int_equal(files_in_folder(), 1);
}

static void writing_into_a_missing_folder_is_not_found(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autofree char *lost = g_build_filename(folder, "none", "file", NULL);
    assert_false(file_write_durably(lost, "x", 1, 0600, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND));
}

static void a_failed_write_leaves_nothing_behind(void **state)
{
    (void)state;
    g_autofree char *inner = g_build_filename(folder, "taken", NULL);
    assert_int_equal(g_mkdir(inner, 0700), 0);
    g_autoptr(GError) error = NULL;
    assert_false(file_write_durably(inner, "x", 1, 0600, &error)); /* the name is a folder's */
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_FAILED));
    assert_int_equal(files_in_folder(), 1);
}

static void what_is_there_is_not_created_anew(void **state)
{
    (void)state;
    g_autofree char *link = g_build_filename(folder, "link", NULL);
    g_autofree char *beyond = g_build_filename(folder, "beyond", NULL);
    assert_int_equal(symlink(beyond, link), 0);
    assert_true(file_create(path, "first", 5, 0600, NULL));
    const char *const taken[] = {path, link, folder};
    for (gsize i = 0; i < G_N_ELEMENTS(taken); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(file_create(taken[i], "second", 6, 0600, &error));
        assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_CONFLICT));
        assert_non_null(strstr(error->message, taken[i]));
    }
    g_autoptr(Secret) kept = file_read_private(path, 64, NULL);
    assert_non_null(kept);
    assert_string_equal(secret_peek(kept), "first");
    assert_false(g_file_test(beyond, G_FILE_TEST_EXISTS));
    g_autoptr(GError) error = NULL;
    g_autofree char *lost = g_build_filename(folder, "none", "file", NULL);
    assert_false(file_create(lost, "x", 1, 0600, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND));
}

static void an_exposed_secret_is_refused(void **state)
{
    (void)state;
    const mode_t open_to_others[] = {0640, 0604, 0620, 0602, 0610, 0777};
    for (gsize i = 0; i < G_N_ELEMENTS(open_to_others); i++) {
        assert_true(file_write_durably(path, "x", 1, (int)open_to_others[i], NULL));
        check_refused(ISSUER_ERROR_DENIED, "chmod");
    }
}

static void a_file_of_another_user_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        return; /* only root can give a file away */
    }
    assert_true(file_write_durably(path, "x", 1, 0600, NULL));
    assert_int_equal(chown(path, 65534, 65534), 0);
    check_refused(ISSUER_ERROR_DENIED, "belongs to another user");
}

static void only_a_regular_file_is_taken(void **state)
{
    (void)state;
    g_autofree char *target = g_build_filename(folder, "target", NULL);
    assert_true(file_write_durably(target, "x", 1, 0600, NULL));
    assert_int_equal(symlink(target, path), 0);
    check_refused(ISSUER_ERROR_DENIED, "symbolic link");
    assert_int_equal(g_unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_refused(ISSUER_ERROR_DENIED, "no regular file");
}

static void missing_and_too_large_are_told_apart(void **state)
{
    (void)state;
    check_refused(ISSUER_ERROR_NOT_FOUND, "No such file");
    char large[65] = {0};
    assert_true(file_write_durably(path, large, sizeof large, 0600, NULL));
    check_refused(ISSUER_ERROR_INPUT, "too large: at most 64 bytes");
}

static void expect_unread(const char *name, IssuerErrorCode code, const char *part)
{
    g_autoptr(GError) error = NULL;
    assert_null(file_read_whole(name, 64, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, (gint)code));
    assert_non_null(strstr(error->message, name));
    assert_non_null(strstr(error->message, part));
}

static void a_whole_file_is_read_up_to_a_size(void **state)
{
    (void)state;
    char bytes[65] = {0};
    expect_unread(path, ISSUER_ERROR_NOT_FOUND, "No such file");
    expect_unread(folder, ISSUER_ERROR_INPUT, "Is a directory");
    for (gsize size = 0; size <= 64; size += 32) {
        assert_true(file_write_durably(path, bytes, size, 0644, NULL));
        g_autoptr(GBytes) content = file_read_whole(path, 64, NULL);
        assert_non_null(content);
        assert_int_equal(g_bytes_get_size(content), size);
    }
    assert_true(file_write_durably(path, bytes, sizeof bytes, 0644, NULL));
    expect_unread(path, ISSUER_ERROR_INPUT, "too large: at most 64 bytes");
}

/* What is read of the copy of `fd`. */
static char *read_copy(int fd)
{
    char bytes[200] = {0};
    g_autoptr(GError) error = NULL;
    int copy = file_open_copy(fd, &error);
    assert_null(error);
    assert_true(copy >= 0 && copy != fd);
    assert_true(pread(copy, bytes, sizeof bytes - 1, 0) >= 0);
    assert_int_equal(lseek(copy, 0, SEEK_CUR), 0);
    (void)close(copy);
    return g_strdup(bytes);
}

static void what_is_left_of_a_file_or_pipe_is_copied(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "through a pipe", 14), 14);
    (void)close(ends[1]);
    g_autofree char *piped = read_copy(ends[0]);
    assert_string_equal(piped, "through a pipe");
    (void)close(ends[0]);
    assert_true(file_write_durably(path, "of a file", 9, 0600, NULL));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    g_autofree char *whole = read_copy(fd);
    assert_string_equal(whole, "of a file");
    assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
    g_autofree char *rest = read_copy(fd);
    assert_string_equal(rest, "a file");
    (void)close(fd);
    int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autoptr(GError) error = NULL;
    assert_int_equal(file_open_copy(opened, &error), -1);
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_FAILED));
    assert_string_equal(error->message, "cannot be read: Is a directory");
    (void)close(opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_was_written_is_read_back, empty_folder),
        cmocka_unit_test_teardown(a_file_is_replaced_whole_with_its_mode, empty_folder),
        cmocka_unit_test_teardown(writing_into_a_missing_folder_is_not_found, empty_folder),
        cmocka_unit_test_teardown(a_failed_write_leaves_nothing_behind, empty_folder),
        cmocka_unit_test_teardown(what_is_there_is_not_created_anew, empty_folder),
        cmocka_unit_test_teardown(an_exposed_secret_is_refused, empty_folder),
        cmocka_unit_test_teardown(a_file_of_another_user_is_refused, empty_folder),
        cmocka_unit_test_teardown(only_a_regular_file_is_taken, empty_folder),
        cmocka_unit_test_teardown(missing_and_too_large_are_told_apart, empty_folder),
        cmocka_unit_test_teardown(a_whole_file_is_read_up_to_a_size, empty_folder),
        cmocka_unit_test_teardown(what_is_left_of_a_file_or_pipe_is_copied, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
