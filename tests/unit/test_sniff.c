/* What a file is, by its first bytes. */
#include "mail/sniff.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define REST "To: licenses@vendor.test\n\nhello\n"

static SniffKind kind_of(const char *text)
{
    return sniff_file(text, strlen(text));
}

static void assert_kinds(const char *const *texts, gsize count, SniffKind kind)
{
    for (gsize i = 0; i < count; i++) {
        if (kind_of(texts[i]) != kind) {
            fail_msg("kind %d, not %d: %s", (int)kind_of(texts[i]), (int)kind, texts[i]);
        }
    }
}

static void test_kinds(void **state)
{
    (void)state;
    static const char *const mails[] = {
        "Subject: x\n" REST,
        "Subject: x\r\n\r\nhello\r\n",
        "\xEF\xBB\xBF\r\nSubject : x\n" REST,
        ">From ana@example.com\nSubject: x\n" REST,
        "Subject: x\n\n\x01\x02\x03\x04",
    };
    static const char *const texts[] = {"BEGIN:VCALENDAR\nVERSION:2.0\n", "begin:vcard\nFN:x\n",
                                        "hello\n", "two words: x\n" REST, ": x\n" REST};
    assert_kinds(mails, G_N_ELEMENTS(mails), SNIFF_MESSAGE);
    assert_kinds(texts, G_N_ELEMENTS(texts), SNIFF_TEXT);
    assert_int_equal(kind_of("\r\n\n"), SNIFF_EMPTY);
    assert_int_equal(kind_of("From ana@example.com Thu Oct  8 09:30:00 2026\nTo: x\n\n"),
                     SNIFF_MBOX);
    assert_int_equal(kind_of("PK\x03\x04"), SNIFF_BINARY);
}

/* Every control byte but zero and the line feed, wherever it stands in the first fields' values. */
static void test_stray_control_bytes(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "Subject: a?b\n" REST,
        "Subject:?\r\n" REST,
        "Subject: a?b\n folded\n\ttwice\n" REST,
        "Subject: a\n ?b: c\n" REST,
        "Subject: ????????\nFrom: ? <ana@example.com>\n" REST,
        ">From ana@example.com\nSubject: a?b\n" REST,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        for (char byte = 1; byte < ' '; byte++) {
            g_autofree char *text = g_strdelimit(g_strdup(forms[i]), "?", byte);
            if (byte != '\n' && kind_of(text) != SNIFF_MESSAGE) {
                fail_msg("byte %d in form %d", byte, (int)i);
            }
        }
    }
}

static void test_no_mail_all_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Note: a\x07 b\n",          "Note: a\x07 b\nand more of it\n",
        "Note: a\x07 b\n\nTo: x\n", "Note: a\x07 b\n folded\n folded",
        "a\x07: b\n" REST,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_true(kind_of(texts[i]) != SNIFF_MESSAGE);
    }
    static const char zero[] = "Subject: a\0b\n" REST;
    static const char folded[] = "Subject: \x01\n a\0b\n" REST;
    assert_true(sniff_file(zero, sizeof zero - 1) != SNIFF_MESSAGE);
    assert_true(sniff_file(folded, sizeof folded - 1) != SNIFF_MESSAGE);
}

/* Binary files that begin like a field. */
static void test_binary(void **state)
{
    (void)state;
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261125);
    for (int round = 0; round < 2000; round++) {
        char bytes[SNIFF_SIZE] = "Name:\x01\x02";
        for (gsize i = 7; i < sizeof bytes; i++) {
            bytes[i] = (char)g_rand_int_range(rand, 0, 256);
        }
        assert_int_equal(sniff_file(bytes, sizeof bytes), SNIFF_BINARY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_stray_control_bytes),
        cmocka_unit_test(test_no_mail_all_the_same),
        cmocka_unit_test(test_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
