/* Transfer encodings, whole and damaged. */
#include "mail/transfer.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static char *decode(TransferEncoding encoding, const char *text)
{
    TransferDecoder decoder = {.encoding = encoding};
    g_autoptr(GByteArray) out = g_byte_array_new();
    transfer_decode(&decoder, text, strlen(text), out);
    return g_strndup((const char *)out->data, out->len);
}

static void expect(TransferEncoding encoding, const char *text, const char *wanted)
{
    g_autofree char *got = decode(encoding, text);
    assert_string_equal(got, wanted);
}

static void test_base64(void **state)
{
    (void)state;
    const TransferEncoding b = TRANSFER_BASE64;
    expect(b, "SGVsbG8sIHdvcmxkIQ==\n", "Hello, world!");
    expect(b, "SGVsbG8s\r\nIHdvcmxk\r\nIQ==\r\n", "Hello, world!");
    /* a run ends at its padding and the next one begins */
    expect(b, "SGVsbG8=\nLCB3b3JsZCE=\n", "Hello, world!");
    expect(b, "SGVsbG8=LCB3b3JsZCE=\n", "Hello, world!");
    expect(b, "SA==ZQ==bA==bA==bw==\n", "Hello");
    /* padding that is missing or too much, blanks and empty lines */
    expect(b, "SGVsbG8sIHdvcmxkIQ=====\n", "Hello, world!");
    expect(b, "SGVsbG8s\n\n  IHdvcmxk \t\n", "Hello, world");
    /* one foreign character in a line */
    expect(b, "SGVsbG8sIHdv.cmxkIQ==\n", "Hello, world!");
    /* whole lines of one byte */
    expect(b, "SGVs////////\n////////////\n++++++++++++\nbG8=\n",
           "Hel\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
           "\xFB\xEF\xBE\xFB\xEF\xBE\xFB\xEF\xBElo");
    /* the URL alphabet of RFC 4648 */
    expect(b, "Pz8_Pj4-\n", "\?\?\?>>>");
}

static void test_base64_footer(void **state)
{
    (void)state;
    g_autofree char *got = decode(TRANSFER_BASE64, "SGVsbG8=\n\n______________\n"
                                                   "This mail was scanned (2 pages).\n");
    assert_true(g_str_has_prefix(got, "Hello"));
    assert_non_null(strstr(got, "This mail was scanned (2 pages)."));
}

static void test_base64_in_pieces(void **state)
{
    (void)state;
    static const char text[] = "SGVsb\nG8sI\nHdvc\nmxkIQ\n=\n=\nSGVs\nbG8=\n";
    for (gsize piece = 1; piece < sizeof text; piece++) {
        TransferDecoder decoder = {.encoding = TRANSFER_BASE64};
        g_autoptr(GByteArray) out = g_byte_array_new();
        for (gsize at = 0; at < strlen(text);) {
            gsize size = transfer_piece_length(text + at, strlen(text) - at, piece);
            assert_true(size > 0);
            transfer_decode(&decoder, text + at, size, out);
            at += size;
        }
        assert_int_equal(out->len, strlen("Hello, world!Hello"));
        assert_memory_equal(out->data, "Hello, world!Hello", out->len);
    }
}

static void test_quoted_printable(void **state)
{
    (void)state;
    const TransferEncoding q = TRANSFER_QUOTED_PRINTABLE;
    expect(q, "a=3Db=3db\n", "a=b=b\n");
    expect(q, "soft=\nbreak\n", "softbreak\n");
    expect(q, "soft=\r\nbreak\r\n", "softbreak\n");
    /* blanks that a relay put behind a soft break */
    expect(q, "soft=  \t\nbreak\n", "softbreak\n");
    expect(q, "blank at the end   \nnext=20\n", "blank at the end\nnext \n");
    expect(q, "a=0D=0A=\nb=0d=0a=\nc", "a\r\nb\r\nc");
    /* a sign that begins no code, and one at the very end */
    expect(q, "1 = 2, =XY, =4\n", "1 = 2, =XY, =4\n");
    expect(q, "the end=", "the end");
}

static void test_names(void **state)
{
    (void)state;
    assert_int_equal(transfer_encoding_read("base64"), TRANSFER_BASE64);
    assert_int_equal(transfer_encoding_read("  BASE64 (as usual) \t"), TRANSFER_BASE64);
    assert_int_equal(transfer_encoding_read("\"base64\""), TRANSFER_BASE64);
    assert_int_equal(transfer_encoding_read("Quoted-Printable;"), TRANSFER_QUOTED_PRINTABLE);
    assert_int_equal(transfer_encoding_read(NULL), TRANSFER_AS_IS);
    assert_int_equal(transfer_encoding_read("x-own"), TRANSFER_AS_IS);
}

#define RUN                                                                                        \
    "SGVsbG8sIHdvcmxkIUhlbGxvLCB3b3JsZCFIZWxsbywgd29ybGQhSGVsbG8sIHdvcmxk\n"                       \
    "SGVsbG8sIHdvcmxkIUhlbGxvLCB3b3JsZCFIZWxsbywgd29ybGQhSGVsbG8sIHdvcmxk\n"

static void test_find_base64(void **state)
{
    (void)state;
    static const char text[] = "Our code:\n\n" RUN "SGVs\n\nsee above.\n" RUN;
    gsize at = 0;
    gsize size = 0;
    assert_true(transfer_find_base64(text, sizeof text - 1, &at, &size));
    assert_int_equal(at, 11);
    assert_int_equal(size, sizeof RUN - 1 + 5);
    at += size;
    assert_true(transfer_find_base64(text, sizeof text - 1, &at, &size));
    assert_int_equal(at + size, sizeof text - 1);
    at += size;
    assert_false(transfer_find_base64(text, sizeof text - 1, &at, &size));

    static const char *const others[] = {
        "", "We send you the code of our server in the harbour today.\n",
        "0VPCSH6Z7Q1N6X3GQ0W41D2C5FZJ8MR0VPCSH6Z7Q1N6X3GQ0W41D2C5FZJ8MR\n", /* of a code */
        "----------------------------------------------------------------\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        at = 0;
        assert_false(transfer_find_base64(others[i], strlen(others[i]), &at, &size));
    }
}

static void test_looks_quoted(void **state)
{
    (void)state;
    static const char *const quoted[] = {"a=3D\n=20b=C3=BC\n", "CHARQ1=\n0VPC= \n7ZZZ=\r\n12\n"};
    static const char *const others[] = {
        "", "===== CHARIOT USAGE REQUEST =====\n===== END OF USAGE REQUEST =====\n=====\n",
        "a = b, c=1 and x=\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(quoted); i++) {
        assert_true(transfer_looks_quoted(quoted[i], strlen(quoted[i])));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        assert_false(transfer_looks_quoted(others[i], strlen(others[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_footer),
        cmocka_unit_test(test_base64_in_pieces),
        cmocka_unit_test(test_quoted_printable),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_find_base64),
        cmocka_unit_test(test_looks_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
