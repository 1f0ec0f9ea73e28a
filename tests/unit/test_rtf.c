/* Rich text, compressed and as text. */
#include "mail/rtf.h"

#include "hostile_fixture.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The two examples of MS-OXRTFCP 4.1. */
static const guint8 simple[] = {0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a,
                                0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00,
                                0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a,
                                0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77,
                                0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0};
static const char simple_text[] = "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
static const guint8 crossing[] = {0x1a, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x4c, 0x5a,
                                  0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0x00, 0x04, 0x20,
                                  0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0};
static const char crossing_text[] = "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}";

static void expect_rtf(const guint8 *data, gsize length, const char *wanted, const char *trouble)
{
    const char *said = NULL;
    g_autoptr(GByteArray) rtf = rtf_decompress((const char *)data, length, &said);
    assert_non_null(rtf);
    assert_int_equal(rtf->len, strlen(wanted));
    assert_memory_equal(rtf->data, wanted, rtf->len);
    if (trouble == NULL) {
        assert_null(said);
    } else {
        assert_string_equal(said, trouble);
    }
}

static void test_decompress(void **state)
{
    (void)state;
    expect_rtf(simple, sizeof simple, simple_text, NULL);
    expect_rtf(crossing, sizeof crossing, crossing_text, NULL);
    static const guint8 stored[] = "\x0f\0\0\0\x03\0\0\0MELA\0\0\0\0abc";
    expect_rtf(stored, sizeof stored - 1, "abc", NULL);
    /* some programs store it as it is */
    expect_rtf((const guint8 *)"{\\rtf1 a}", 9, "{\\rtf1 a}", NULL);
}

static void test_decompress_damaged(void **state)
{
    (void)state;
    guint8 wrong[sizeof simple];
    memcpy(wrong, simple, sizeof simple);
    wrong[12] ^= 1;
    expect_rtf(wrong, sizeof wrong, simple_text, "its checksum is wrong");
    expect_rtf(simple, 33, "{\\rtf1\\ansi\\ansicpg1252\\pard h", "it is cut off");
    const char *said = NULL;
    assert_null(rtf_decompress((const char *)simple, 15, &said));
    assert_string_equal(said, "it is cut off");
    assert_null(rtf_decompress("no RTF, nor anything like it", 28, &said));
    assert_string_equal(said, "it is no compressed RTF");
}

/* References that make seventeen bytes of two, over and over: memory stays within the cap. */
static void test_decompress_bomb(void **state)
{
    (void)state;
    g_autoptr(GByteArray) bomb = g_byte_array_new();
    g_byte_array_append(bomb, (const guint8 *)"\xff\xff\xff\x7f\xff\xff\xff\x7fLZFu\0\0\0\0", 16);
    guint write = 207; /* where the next byte goes: a reference to it would be the end */
    for (unsigned i = 0; i < 2200000; i++, write = (write + 17) % 4096) {
        const guint place = (write + 1) % 4096;
        const guint8 reference[] = {(guint8)(place >> 4), (guint8)(place << 4 | 0x0F)};
        if (i % 8 == 0) {
            g_byte_array_append(bomb, (const guint8 *)"\xff", 1);
        }
        g_byte_array_append(bomb, reference, sizeof reference);
    }
    const char *said = NULL;
    g_autoptr(GByteArray) rtf = rtf_decompress((const char *)bomb->data, bomb->len, &said);
    assert_in_range(rtf->len, RTF_MAX_SIZE, RTF_MAX_SIZE + 200);
    assert_string_equal(said, "it is too long");
}

static void expect(const char *rtf, const char *wanted)
{
    bool is_html = false;
    g_autoptr(GString) text = rtf_text(rtf, strlen(rtf), &is_html);
    assert_false(is_html);
    assert_string_equal(text->str, wanted);
}

static void test_lines(void **state)
{
    (void)state;
    expect("{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0\\fswiss Arial;}}\r\n\\uc1\\pard\\plain\\f0\\fs20 "
           "Good day,\\par\r\n\\par\r\nCHARQ10\\par\r\n}\r\n",
           "Good day,\n\nCHARQ10\n");
    expect("{\\rtf1 a\\line b\\\nc\\\r\nd\\tab e\\page f}", "a\nb\nc\nd\te\nf");
    expect("{\\rtf1 a\\cell b\\cell\\row c}", "a\tb\t\nc");
    expect("{\\rtf1 one\r\n two}", "one two"); /* the file's own line ends are none */
    expect("{\\rtf1\\par}", "\n");
    expect("{\\rtf1 a\\parb c}", "ac"); /* \parb is another word */
}

static void test_symbols(void **state)
{
    (void)state;
    expect("{\\rtf1 \\{a\\}\\\\b}", "{a}\\b");
    expect("{\\rtf1 AB\\-CD\\_EF\\~GH}", "ABCD-EF\xC2\xA0GH");
    expect("{\\rtf1 \\ldblquote a\\rdblquote\\emdash\\bullet}",
           "\xE2\x80\x9C"
           "a\xE2\x80\x9D\xE2\x80\x94\xE2\x80\xA2");
    expect("{\\rtf1 a\\'zzb\\'4}", "azzb4");
}

static void test_groups(void **state)
{
    (void)state;
    expect("{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\colortbl;\\red0;}{\\stylesheet{ Normal;}}"
           "{\\info{\\author Ana}}{\\*\\generator Riched20 10.0;}a{\\b b}{\\pict 00ff}c}",
           "abc");
    expect("{\\rtf1{\\field{\\*\\fldinst{HYPERLINK \"https://example.com/\"}}{\\fldrslt{here}}}}",
           "here");
    expect("{\\rtf1 a{\\v no{\\v0 b}}c{\\*\\unknown x{y}}d}", "abcd");
    expect("{\\rtf1 a{\\pict\\bin6 }}{{{{}b}", "ab"); /* braces among the bytes */
    expect("{\\rtf1 a}}}b", "ab");
    expect("{\\rtf1 a{{{{b", "ab");
    expect("{\\rtf1 a\\bin", "a");
    expect("{\\rtf1 a\\bin-4 bcdef}", "abcdef");
}

static void test_code_pages(void **state)
{
    (void)state;
    expect("{\\rtf1\\ansi\\ansicpg1252 f\\'fcr}", "f\xC3\xBCr");
    expect("{\\rtf1\\ansi\\ansicpg1251 \\'c4\\'e0}", "\xD0\x94\xD0\xB0");
    expect("{\\rtf1\\mac f\\'9fr}", "f\xC3\xBCr");
    expect("{\\rtf1\\pca f\\'81r}", "f\xC3\xBCr");
    expect("{\\rtf1\\ansi\\ansicpg77777 f\\'fcr}", "f\xC3\xBCr");
    /* a font has its own */
    expect("{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset204 "
           "Arial CYR;}{\\f2\\fnil\\cpg1253 X;}}\\f0\\'e4{\\f1\\'e4}\\'e4\\f2\\'e4\\plain\\'e4}",
           "\xC3\xA4\xD0\xB4\xC3\xA4\xCE\xB4\xC3\xA4");
    /* characters of two bytes, of which the second may be written as a letter */
    expect("{\\rtf1\\ansi\\ansicpg932 \\'83A\\'83\\'42}", "\xE3\x82\xA2\xE3\x82\xA3");
}

static void test_unicode(void **state)
{
    (void)state;
    expect("{\\rtf1\\uc1 a\\u8211?b}", "a\xE2\x80\x93"
                                       "b");
    expect("{\\rtf1\\uc1 a\\u8211\\'96b}", "a\xE2\x80\x93"
                                           "b");
    expect("{\\rtf1\\uc0 a\\u8211 b}", "a\xE2\x80\x93"
                                       "b");
    expect("{\\rtf1\\uc2 a\\u12354\\'82\\'a0b{\\uc1\\u233 ec}\\u233 12d}", "a\xE3\x81\x82"
                                                                           "b\xC3\xA9"
                                                                           "c\xC3\xA9"
                                                                           "d");
    expect("{\\rtf1 \\u-10179?\\u-8704?}", "\xF0\x9F\x98\x80");
    expect("{\\rtf1 a\\u-8704?\\u-10179?b\\u0?c}", "abc");
    expect("{\\rtf1\\uc1{\\u8211}b}", "\xE2\x80\x93"
                                      "b"); /* a group's end ends it */
}

static void test_html(void **state)
{
    (void)state;
    static const char rtf[] =
        "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl{\\f0\\fswiss Arial;}}\r\n"
        "{\\*\\htmltag19 <html>}{\\*\\htmltag50 <body>}\r\n"
        "{\\*\\htmltag64 <p title=\"\\'fc\">}\\htmlrtf {\\htmlrtf0 don\r\n"
        "{\\*\\htmltag84 &#8217;}\\htmlrtf \\'92\\htmlrtf0 t\\htmlrtf\\par}\\htmlrtf0 \r\n"
        "{\\*\\mhtmltag84 <img>}{\\*\\htmltag72 </p>}\\par\r\n<a@example.com>&lt;\\tab\r\n"
        "{\\*\\htmltag241 -->}{\\*\\formatConverter converted from html;}"
        "{\\*\\htmltag58 </body>}{\\*\\htmltag27 </html>}}";
    bool is_html = false;
    g_autoptr(GString) html = rtf_text(rtf, strlen(rtf), &is_html);
    assert_true(is_html);
    assert_string_equal(html->str, "<html><body><p title=\"\xC3\xBC\">don&#8217;t</p>\n"
                                   "&lt;a@example.com&gt;&lt;\t--></body></html>");
    /* what is no HTML has no pieces of it */
    expect("{\\rtf1{\\*\\htmltag64 <p>}a\\htmlrtf b\\htmlrtf0 c}", "abc");
}

/* Millions of groups, words and fonts: linear, and without a stack that grows with them. */
static void test_size(void **state)
{
    (void)state;
    static const char *const pieces[] = {"{",      "}",    "{\\f1 ",  "\\'e4\\u228?",
                                         "\\par ", "{\\*", "\\bin1 ", "\\htmltag\\f9\\'82"};
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) rtf = g_string_new("{\\rtf1\\ansi\\ansicpg932\\fromhtml1 ");
        while (rtf->len < 8UL * 1024 * 1024) {
            g_string_append(rtf, pieces[i]);
        }
        bool is_html = false;
        gint64 begun = g_get_monotonic_time();
        g_autoptr(GString) text = rtf_text(rtf->str, rtf->len, &is_html);
        gint64 took = g_get_monotonic_time() - begun;
        printf("8 MiB of %s: %d ms\n", pieces[i], (int)(took / 1000));
        assert_in_range(took, 0, 20 * G_USEC_PER_SEC);
        assert_in_range(text->len, 0, rtf->len);
    }
}

static void read_text(const char *data, gsize length)
{
    bool is_html = false;
    g_string_free(rtf_text(data, length, &is_html), TRUE);
}

static void read_compressed(const char *data, gsize length)
{
    const char *trouble = NULL;
    GByteArray *rtf = rtf_decompress(data, length, &trouble);
    assert_true(rtf != NULL || trouble != NULL);
    if (rtf != NULL) {
        read_text((const char *)rtf->data, rtf->len);
        g_byte_array_unref(rtf);
    }
}

static void test_hostile(void **state)
{
    (void)state;
    static const char rtf[] =
        "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1\\deff0{\\fonttbl{\\f0\\fcharset128 "
        "A;}{\\f1\\cpg1251 "
        "B;}}\\uc1 a{\\*\\htmltag64 <p>}\\htmlrtf\\par\\htmlrtf0 \\'83A\\u-10179?\\u-8704?\\bin3 "
        "}}}\\f1 \\'e4\\plain{\\v x}\\cell\\~}";
    hostile_prefixes(read_text, rtf, strlen(rtf), 1);
    hostile_flips(read_text, rtf, strlen(rtf), 5000);
    hostile_prefixes(read_compressed, (const char *)simple, sizeof simple, 1);
    hostile_flips(read_compressed, (const char *)simple, sizeof simple, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decompress),
        cmocka_unit_test(test_decompress_damaged),
        cmocka_unit_test(test_decompress_bomb),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_code_pages),
        cmocka_unit_test(test_unicode),
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
