/* Text in any encoding, with labels that are right, wrong or absent. */
#include "mail/charset.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void expect(const char *label, const char *data, gsize length, const char *wanted)
{
    g_auto(CharsetText) text = charset_read(label, data, length);
    g_autofree char *got = g_strndup(text.text, text.length);
    assert_string_equal(got, wanted);
}

#define EXPECT(label, data, wanted) expect(label, data, sizeof(data) - 1, wanted)

static void test_labels(void **state)
{
    (void)state;
    EXPECT(NULL, "plain", "plain");
    EXPECT("iso-8859-1",
           "Gr\xFC\xDF"
           "e",
           "Gr\xC3\xBC\xC3\x9F"
           "e");
    EXPECT("windows-1252", "10 \x80", "10 \xE2\x82\xAC");
    EXPECT("utf-8",
           "Gr\xC3\xBC"
           "n",
           "Gr\xC3\xBC"
           "n");
}

static void test_no_text(void **state)
{
    (void)state;
    expect("iso-2022-jp", NULL, 0, "");
    EXPECT(NULL, "\xEF\xBB\xBF", "");
}

static void test_lying_labels(void **state)
{
    (void)state;
    /* valid UTF-8 is UTF-8, whatever it is called */
    EXPECT("gb2312", "A \xE2\x80\x93 B", "A \xE2\x80\x93 B");
    EXPECT("us-ascii", "\xC3\xBC", "\xC3\xBC");
    /* no UTF-8, and no such encoding */
    EXPECT("x-unheard-of",
           "Gr\xFC"
           "n",
           "Gr\xC3\xBC"
           "n");
    EXPECT("utf-8",
           "Gr\xFC"
           "n",
           "Gr\xEF\xBF\xBD"
           "n");
    /* labels are not handed on to be read as options or paths */
    EXPECT("../../etc/passwd", "caf\xE9", "caf\xC3\xA9");
    EXPECT("utf-16//IGNORE", "caf\xE9", "caf\xC3\xA9");
}

static void test_utf16(void **state)
{
    (void)state;
    EXPECT(NULL,
           "\xFF\xFE"
           "H\0i\0",
           "Hi");
    EXPECT(NULL, "\xFE\xFF\0H\0i", "Hi");
    EXPECT("us-ascii", "H\0e\0l\0l\0o\0!\0", "Hello!");
    EXPECT("us-ascii", "\0H\0e\0l\0l\0o\0!", "Hello!");
    EXPECT("utf-8", "\xEF\xBB\xBFHi", "Hi");
}

static void test_utf32(void **state)
{
    (void)state;
    EXPECT("us-ascii", "C\0\0\0H\0\0\0A\0\0\0R\0\0\0Q\0\0\0", "CHARQ");
    EXPECT("utf-8", "\0\0\0C\0\0\0H\0\0\0A\0\0\0R\0\0\0Q", "CHARQ");
    EXPECT(NULL, "\xFF\xFE\0\0C\0\0\0H\0\0\0", "CH");
}

/* What begins with UTF-16's mark is text in it, be there no zero byte; a binary file is not. */
static void test_wide_by_mark(void **state)
{
    (void)state;
    static const char wide[] = "\xFF\xFE\x23\xFF\x28\xFF\x21\xFF\x32\xFF";
    guint8 other[512] = {0xFF, 0xFE};
    for (gsize i = 2; i < sizeof other; i++) {
        other[i] = (guint8)(i * 37 + i / 7);
    }
    assert_string_equal(charset_wide(wide, sizeof wide - 1), "UTF-16LE");
    assert_null(charset_wide((const char *)other, sizeof other));
}

static void test_switches_without_label(void **state)
{
    (void)state;
    EXPECT("us-ascii", "a\x1b$B%3!<%I\x1b(Bz", "a\xE3\x82\xB3\xE3\x83\xBC\xE3\x83\x89z");
    EXPECT(NULL, "a\x1b(Bz", "a\x1b(Bz");
}

static void test_zero_bytes_are_no_utf16(void **state)
{
    (void)state;
    g_auto(CharsetText) text = charset_read(NULL, "a few zero bytes \0\0\0 in ASCII", 30);
    assert_int_equal(text.length, 30);
}

static void test_escapes(void **state)
{
    (void)state;
    EXPECT("ISO-2022-JP", "\x1b$B%3!<%I\x1b(B: CHAR", "\xE3\x82\xB3\xE3\x83\xBC\xE3\x83\x89: CHAR");
    EXPECT("utf-7", "1 +- 1 +AD0- 2", "1 + 1 = 2");
    /* a torn sequence costs itself only */
    g_auto(CharsetText) torn = charset_read("iso-2022-jp", "\x1b$ZZZ CHARQ1", 12);
    assert_non_null(g_strstr_len(torn.text, (gssize)torn.length, "CHARQ1"));
}

/* What glibc's converters take for characters, and Unicode does not know. */
static void test_beyond_unicode(void **state)
{
    (void)state;
    static const char *const labels[] = {"utf-8", "utf-7", "gb18030", "utf-32be", "utf-16be"};
    static const char data[] = "\xEF\xBB\xBF"
                               "a\xF6\x99\x84\xA3 \xF4\x90\x80\x80+2AA- \xED\xA0\x80z\xFF\xFE";
    for (gsize i = 0; i < G_N_ELEMENTS(labels); i++) {
        for (gsize skip = 0; skip < sizeof data - 1; skip++) {
            g_auto(CharsetText) text = charset_read(labels[i], data + skip, sizeof data - 1 - skip);
            g_autofree char *got = g_strndup(text.text, text.length);
            assert_true(g_utf8_validate(got, -1, NULL));
        }
    }
}

/* Each byte that is no UTF-8 becomes one mark, also such that begin a character and do not end it.
 */
static void test_wrong_bytes(void **state)
{
    (void)state;
    EXPECT("utf-8",
           "a\xFF\xFE"
           "b",
           "a\xEF\xBF\xBD\xEF\xBF\xBD"
           "b");
    EXPECT("utf8",
           "\xE2\x82"
           "a\xC3",
           "\xEF\xBF\xBD\xEF\xBF\xBD"
           "a\xEF\xBF\xBD");
    g_autofree char *many = g_strnfill(10000, '\xFF');
    g_auto(CharsetText) text = charset_read("UTF-8", many, 10000);
    assert_int_equal(text.length, 30000);
}

/* Where a file of other bytes has such a switch by chance, it is no text in ISO 2022. */
static void test_switch_among_other_bytes(void **state)
{
    (void)state;
    EXPECT("windows-1252", "\xFC\xE4\x1b$B\xF6", "\xC3\xBC\xC3\xA4\x1b$B\xC3\xB6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_no_text),
        cmocka_unit_test(test_lying_labels),
        cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_zero_bytes_are_no_utf16),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_beyond_unicode),
        cmocka_unit_test(test_utf32),
        cmocka_unit_test(test_wide_by_mark),
        cmocka_unit_test(test_switches_without_label),
        cmocka_unit_test(test_wrong_bytes),
        cmocka_unit_test(test_switch_among_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
