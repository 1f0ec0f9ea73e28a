/* Files whose bytes cannot be had: half a mail is never judged as a whole one. */
#include "mail/mail_reader.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEP      "From ana@example.com Tue Jun  3 08:00:00 2025\n"
#define HEAD     "From: ana@example.com\nSubject: "
#define LINE     "these are some words that fill a line of a mail\n"
#define SMALL    1000  /* lines of a mail that is read into memory */
#define LARGE    40000 /* of one that is sent to its parser from the file */
#define NO_LIMIT INT64_MAX

static const char *const none[] = {NULL};

/* What befalls reads of the file at hand. */
static struct {
    ino_t inode;
    int64_t from;  /* bytes: the reads behind that */
    int64_t after; /* bytes read in all, before which all is well */
    int failure;   /* errno; 0: the file ends there */
    int64_t done;
} broken;

/* Stands in place of the C library's, in the processes that are forked too. */
ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    struct stat status = {0};
    const bool ours = broken.inode != 0 && fstat(fd, &status) == 0 && status.st_ino == broken.inode;
    const bool breaks = ours && broken.done >= broken.after;
    if (breaks && offset >= broken.from) {
        errno = broken.failure;
        return broken.failure != 0 ? -1 : 0;
    }
    const size_t most = breaks ? (size_t)MIN((int64_t)size, broken.from - offset) : size;
    const ssize_t got = syscall(SYS_pread64, fd, buffer, most, offset);
    broken.done += ours && got > 0 ? got : 0;
    return got;
}

static char *path;

static int set_up(void **state)
{
    (void)state;
    const int fd = g_file_open_tmp("failure-XXXXXX", &path, NULL);
    return fd < 0 || close(fd) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    broken.inode = 0;
    (void)g_remove(path);
    g_free(path);
    return 0;
}

static void add_mail(GString *text, const char *subject, unsigned lines)
{
    g_string_append_printf(text, HEAD "%s\n\n", subject);
    for (unsigned i = 0; i < lines; i++) {
        g_string_append(text, LINE);
    }
}

/* Writes the file and reads it. */
static GPtrArray *read_all(const GString *text, int64_t from, int64_t after, int failure)
{
    struct stat status = {0};
    assert_true(g_file_set_contents(path, text->str, (gssize)text->len, NULL));
    assert_int_equal(stat(path, &status), 0);
    broken.inode = status.st_ino;
    broken.from = from;
    broken.after = after;
    broken.failure = failure;
    broken.done = 0;
    const MailSettings settings = {
        .own_addresses = none, .list_addresses = none, .parsers = 2, .time_limit_ms = 30000};
    const char *const paths[] = {path, NULL};
    g_autoptr(MailReader) reader = mail_reader_new(paths, &settings);
    GPtrArray *mails = g_ptr_array_new_with_free_func((GDestroyNotify)parsed_mail_free);
    g_autoptr(GError) error = NULL;
    for (ParsedMail *mail; (mail = mail_reader_next(reader, &error)) != NULL;) {
        g_ptr_array_add(mails, mail);
    }
    assert_null(error);
    broken.inode = 0;
    return mails;
}

/* The last is told as not read, for that reason; before it stand `good` mails that are whole. */
static void check_told(GPtrArray *mails, guint good, const char *says)
{
    assert_int_equal(mails->len, good + 1);
    for (guint i = 0; i < mails->len; i++) {
        const ParsedMail *mail = g_ptr_array_index(mails, i);
        assert_int_equal(mail->kind == MAIL_UNREADABLE, i == good);
        if (i == good) {
            assert_true(g_str_has_prefix(mail->why, path));
            assert_non_null(strstr(mail->why, says));
            assert_non_null(strstr(mail->why, "give it again"));
            assert_int_equal(mail->tokens->len, 0);
            assert_null(mail->from);
            assert_null(mail->raw);
        }
    }
    g_ptr_array_unref(mails);
}

/* Likewise, and nothing is put on record of it. */
static void check(GPtrArray *mails, guint good, const char *says)
{
    assert_int_equal(mails->len, good + 1);
    for (guint i = 0; i < mails->len; i++) {
        assert_int_equal(((const ParsedMail *)g_ptr_array_index(mails, i))->absent, i == good);
    }
    check_told(mails, good, says);
}

static void single_mails(void **state)
{
    (void)state;
    static const unsigned lengths[] = {SMALL, LARGE};
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        add_mail(text, "single", lengths[i]);
        const int64_t size = (int64_t)text->len;
        g_autoptr(GPtrArray) whole = read_all(text, NO_LIMIT, 0, EIO);
        assert_int_equal(whole->len, 1);
        assert_false(((const ParsedMail *)g_ptr_array_index(whole, 0))->absent);
        check(read_all(text, 0, 0, EIO), 0, "cannot be read at byte 0: Input/output error");
        check(read_all(text, size - 100, 0, EIO), 0, "Input/output error");
        check(read_all(text, size - 100, 0, 0), 0, "has become shorter while it was read");
        check(read_all(text, size / 2, size, 0), 0, "has become shorter while it was read");
    }
}

static void mailboxes(void **state)
{
    (void)state;
    static const unsigned lengths[] = {SMALL, LARGE};
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(GString) text = g_string_new(SEP);
        add_mail(text, "first", SMALL);
        g_string_append(text, "\n" SEP);
        add_mail(text, "second", lengths[i]);
        const int64_t cut = (int64_t)text->len - 500;
        g_string_append(text, "\n" SEP);
        add_mail(text, "third", lengths[i]);
        check(read_all(text, cut, 0, EIO), 1, "Input/output error");
        check(read_all(text, cut, 0, 0), 1, "has become shorter while it was read");
        if (lengths[i] == LARGE) { /* which is longer than what is read at once */
            check(read_all(text, cut, 65536, 0), 1, "has become shorter while it was read");
        }
    }
}

static void mails_that_break_while_they_are_sent(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(SEP);
    add_mail(text, "first", SMALL);
    g_string_append(text, "\n" SEP);
    const int64_t start = (int64_t)text->len;
    add_mail(text, "large", LARGE);
    /* All was found once, so that the mail is known whole, and its bytes are read for its parser.
     */
    const int64_t size = (int64_t)text->len;
    check(read_all(text, start + 1000000, size, EIO), 1, "Input/output error");
    check(read_all(text, start + 1000000, size, 0), 1, "has become shorter while it was read");
}

static void tables(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new("from,subject,body\n");
    for (unsigned i = 0; i < 4000; i++) {
        g_string_append(text, "ana@example.com,hello,the words of a mail that nobody wrote\n");
    }
    const int64_t cut = (int64_t)text->len - 30; /* within the last row */
    static const int failures[] = {EIO, 0};
    for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
        GPtrArray *mails = read_all(text, cut, 0, failures[i]);
        check_told(mails, 3999,
                   failures[i] != 0 ? "cannot be read at byte"
                                    : "has become shorter while it was read");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(single_mails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mailboxes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mails_that_break_while_they_are_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
