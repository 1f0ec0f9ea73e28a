/* base/text.h: what foreign text may carry to a terminal, and how numbers are read. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void check_line(const char *text, gsize most, const char *expected)
{
    g_autofree char *line = text_one_line(text, most);
    assert_string_equal(line, expected);
}

static void foreign_text_becomes_one_safe_line(void **state)
{
    (void)state;
    check_line("plain", 0, "plain");
    check_line("", 0, "");
    check_line("two\nlines", 0, "two lines");
    check_line("two\r\nlines", 0, "two lines");
    check_line("escape \x1b[31mred", 0, "escape  [31mred");
    check_line("right \xE2\x80\xAE to left", 0, "right   to left");
    check_line("c1 \xC2\x9B csi", 0, "c1   csi");
    check_line("paragraph\xE2\x80\xA9separator", 0, "paragraph separator");
    check_line("bad \xFF byte", 0, "bad \xEF\xBF\xBD byte");
    check_line("Grüße", 0, "Grüße");
}

static void a_line_is_cut_after_code_points_not_bytes(void **state)
{
    (void)state;
    check_line("äöüß", 4, "äöüß");
    check_line("äöüß", 3, "äöü…");
}

static void printable_text_keeps_lines_and_tabs(void **state)
{
    (void)state;
    g_autofree char *clean = text_printable("a\tb\r\nc\x07"
                                            "d\n");
    assert_string_equal(clean, "a\tb\nc d\n");
}

static void bidirectional_controls_are_unsafe(void **state)
{
    (void)state;
    const gunichar unsafe[] = {0x00,   0x1F,   0x7F,   0x80,   0x9F,   0x061C,
                               0x200E, 0x200F, 0x202A, 0x202E, 0x2066, 0x2069};
    for (gsize i = 0; i < G_N_ELEMENTS(unsafe); i++) {
        assert_true(text_is_unsafe(unsafe[i]));
    }
    const gunichar safe[] = {0x20, 0x7E, 0xA0, 0x2010, 0x202F, 0x2065, 0x206A, 0x1F600};
    for (gsize i = 0; i < G_N_ELEMENTS(safe); i++) {
        assert_false(text_is_unsafe(safe[i]));
    }
}

static void numbers_are_whole_and_within_their_range(void **state)
{
    (void)state;
    int64_t number = -1;
    assert_true(text_read_number("0", 0, 10, &number));
    assert_int_equal(number, 0);
    assert_true(text_read_number("-7", -7, 10, &number));
    assert_int_equal(number, -7);
    assert_true(text_read_number("9223372036854775807", 0, INT64_MAX, &number));
    assert_true(number == INT64_MAX);
    const char *const wrong[] = {"",    " 1",  "1 ",  "+1", "1.0", "0x1",
                                 "1e2", "ten", "--1", "11", "-1",  "9223372036854775808"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        number = 42;
        assert_false(text_read_number(wrong[i], 0, 10, &number));
        assert_int_equal(number, 42);
    }
    assert_false(text_read_number(NULL, 0, 10, &number));
}

static void plain_text_can_be_signed(void **state)
{
    (void)state;
    static const char *const plain[] = {"", "Chariot", "Zürich 5", "日本語で", " x "};
    static const char *const not_plain[] = {"two\nlines", "a\tb",  "\x7F",    "\xC2\x85",
                                            "a\u202Eb",   "x\xFF", "12345678"};
    for (gsize i = 0; i < G_N_ELEMENTS(plain); i++) {
        assert_true(text_is_safe(plain[i], 8 - (i == 1)));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(not_plain); i++) {
        assert_false(text_is_safe(not_plain[i], 7 + 2 * (gsize)(i == 0)));
    }
}

static void what_cannot_be_seen_is_blank(void **state)
{
    (void)state;
    static const char *const blank[] = {"", " ", "\t\r\n", "\u00A0\u2003", "\u200B\uFEFF"};
    static const char *const seen[] = {".", " x", "\u00A0-", "é"};
    for (gsize i = 0; i < G_N_ELEMENTS(blank); i++) {
        assert_true(text_is_blank(blank[i]));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(seen); i++) {
        assert_false(text_is_blank(seen[i]));
    }
}

static void file_names_become_text_and_stay_two(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"", ""},
        {"Müller.eml", "Müller.eml"},
        {"M\xfcller/\xf6.eml", "M\\xFCller/\\xF6.eml"},
        {"\xc3", "\\xC3"},
        {"\xe2\x82x", "\\xE2\\x82x"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = text_file_name(names[i][0]);
        assert_string_equal(text, names[i][1]);
    }
}

static void lists_are_joined(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const three[] = {"a", "", "c", NULL};
    g_autofree char *nothing = text_join(none, "; ");
    g_autofree char *all = text_join(three, "; ");
    assert_string_equal(nothing, "");
    assert_string_equal(all, "a; ; c");
}

/* Four bytes of any kind, at the end of a text: the same as GLib's slower function says, to which
 * NUL is none. */
static void characters_are_read_as_glib_reads_them(void **state)
{
    (void)state;
    static const guint8 usual[] = {0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED,
                                   0x9F, 0xA0, 0xEF, 0xF0, 0x8F, 0x90, 0xF4, 0xF5, 0xF8, 0xFF};
    const guint count = G_N_ELEMENTS(usual);
    for (guint i = 0; i < count * count * count * count; i++) {
        const guint8 bytes[] = {usual[i % count], usual[i / count % count],
                                usual[i / count / count % count], usual[i / count / count / count]};
        const char *text = (const char *)bytes;
        for (gsize left = 1; left <= sizeof bytes; left++) {
            gunichar c = 0;
            const gsize length = text_read_utf8(text, left, &c);
            const gunichar wanted = g_utf8_get_char_validated(text, (gssize)left);
            const bool none = wanted == (gunichar)-1 || wanted == (gunichar)-2;
            assert_int_equal(length, none ? 0 : g_unichar_to_utf8(wanted, NULL));
            assert_true(none || c == wanted);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_text_becomes_one_safe_line),
        cmocka_unit_test(a_line_is_cut_after_code_points_not_bytes),
        cmocka_unit_test(printable_text_keeps_lines_and_tabs),
        cmocka_unit_test(bidirectional_controls_are_unsafe),
        cmocka_unit_test(numbers_are_whole_and_within_their_range),
        cmocka_unit_test(plain_text_can_be_signed),
        cmocka_unit_test(what_cannot_be_seen_is_blank),
        cmocka_unit_test(file_names_become_text_and_stay_two),
        cmocka_unit_test(lists_are_joined),
        cmocka_unit_test(characters_are_read_as_glib_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
