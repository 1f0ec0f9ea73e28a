/* mail/old_mailbox.h and mail/recoded.h: mails in MMDF and Babyl, text written otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk_fixture.h"

#include "mail/old_mailbox.h"
#include "mail/recoded.h"

#define AT "\1\1\1\1\n"

static DeskTaken read_text(void (*read)(int fd, const DeskOut *out), const char *text)
{
    return desk_read(read, text, strlen(text));
}

static void test_mmdf(void **state)
{
    (void)state;
    static const char *const forms[] = {
        AT "To: a\n\none\n" AT AT "To: b\n\n\1\1\1\1 two\n" AT,
        AT "To: a\n\none\n" AT "To: b\n\n\1\1\1\1 two\n\1\1\1\1", // one line between
        "\n" AT "To: a\n\none\n" AT "\n\n" AT "To: b\n\n\1\1\1\1 two\n\1\1\1\1\r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        DeskTaken taken = read_text(old_mailbox_read_mmdf, forms[i]);
        assert_int_equal(taken.mails->len, 2);
        assert_string_equal(g_ptr_array_index(taken.mails, 0), "To: a\n\none\n");
        assert_string_equal(g_ptr_array_index(taken.mails, 1), "To: b\n\n\1\1\1\1 two\n");
        assert_string_equal(taken.troubles->str, "");
        desk_free(&taken);
    }
}

/* A code in a mail that is cut off would look damaged through the fault of others. */
static void test_an_end_that_is_missing(void **state)
{
    (void)state;
    DeskTaken mmdf = read_text(old_mailbox_read_mmdf, AT "To: a\n\none\n" AT AT "To: b\n\ntw");
    DeskTaken babyl = read_text(old_mailbox_read_babyl, "BABYL OPTIONS:\n\x1f\x0c\n0,,\n"
                                                        "*** EOOH ***\nTo: a\n\none\n\x1f\x0c\n"
                                                        "0,,\n*** EOOH ***\nTo: b\n\ntw");
    for (gsize i = 0; i < 2; i++) {
        DeskTaken *taken = i == 0 ? &mmdf : &babyl;
        assert_int_equal(taken->mails->len, 1);
        assert_non_null(
            strstr(taken->troubles->str, "is cut off within the mail behind its 1 mails"));
        desk_free(taken);
    }
}

static void test_babyl(void **state)
{
    (void)state;
    DeskTaken taken =
        read_text(old_mailbox_read_babyl,
                  "BABYL OPTIONS: -*- rmail -*-\nVersion: 5\n\x1f\x0c\n"
                  "1, answered,, work,\nSummary-line: 8-Oct x\nFrom: a\nX-A: b\n\n*** EOOH "
                  "***\nFrom: a\n\none\n"
                  "\x1f\x0c\n0, unseen,,\n*** EOOH ***\nFrom: b\n\n*** EOOH ***\n\x1f\x0c\n"
                  "1,, deleted,\nFrom: c\n*** EOOH ***\n\nthree\n"
                  "\x1f\x0c\n1, deleted,,\nFrom: d\n*** EOOH ***\n\nfour\n\x1f");
    assert_int_equal(taken.mails->len, 4);
    assert_string_equal(g_ptr_array_index(taken.mails, 0), "From: a\nX-A: b\n\none\n");
    assert_string_equal(g_ptr_array_index(taken.mails, 1), "From: b\n\n*** EOOH ***\n");
    assert_string_equal(g_ptr_array_index(taken.mails, 2),
                        "From: c\n\nthree\n"); // a label of the user's own
    desk_assert_mail(&taken, 3, DESK_HAS("[deleted]From: d\n", "\n\nfour\n"));
    assert_string_equal(taken.troubles->str, "");
    desk_free(&taken);
}

static bool append_text(gpointer data, const char *piece, gsize length)
{
    g_string_append_len(data, piece, (gssize)length);
    return true;
}

static void assert_recoded(const char *data, gsize size, const char *wanted, gsize wanted_size)
{
    int fd = memfd_create("text", MFD_CLOEXEC);
    assert_true(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    g_autoptr(GString) text = g_string_new(NULL);
    assert_true(recoded_read(fd, append_text, text));
    (void)close(fd);
    assert_int_equal(text->len, wanted_size);
    assert_memory_equal(text->str, wanted, wanted_size);
}

/* Wherever the pieces in which a file is read end. */
static void test_recoded(void **state)
{
    (void)state;
    static const char *const names[] = {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"};
    for (gsize shift = 0; shift < 4; shift++) {
        g_autoptr(GString) text = g_string_new("From: \xC3\xA4 \xF0\x9F\x98\x80\n");
        g_string_append_len(text, "abcd", (gssize)shift);
        while (text->len < 70000) {
            g_string_append(text, "\xF0\x9F\x98\x80x\r\n");
        }
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
            gsize size = 0;
            g_autofree char *marked = g_strconcat("\xEF\xBB\xBF", text->str, NULL);
            g_autofree char *wide = g_convert(marked, -1, names[i], "UTF-8", NULL, &size, NULL);
            assert_true(recoded_is_one(wide, size));
            assert_recoded(wide, size, text->str, text->len);
        }
    }
    for (gsize length = 65533; length < 65538; length++) {
        g_autofree char *text = g_strnfill(length + 3, '\r');
        g_autofree char *feeds = g_strnfill(length + 3, '\n');
        text[length] = '\n'; // the carriage return before it is half of one end
        feeds[length - 1] = '\r';
        assert_recoded(text, length + 3, feeds, length + 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mmdf),
        cmocka_unit_test(test_an_end_that_is_missing),
        cmocka_unit_test(test_babyl),
        cmocka_unit_test(test_recoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
