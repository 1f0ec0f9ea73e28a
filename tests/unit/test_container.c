/* Which files are unpacked first, by their beginnings. */
#include "mail/container.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void assert_kinds(ContainerKind kind, const char *const *texts)
{
    for (gsize i = 0; texts[i] != NULL; i++) {
        if (container_kind(texts[i], strlen(texts[i])) != kind) {
            fail_msg("not kind %d: %s", (int)kind, texts[i]);
        }
    }
}

#define ALL(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_archives(void **state)
{
    (void)state;
    assert_kinds(CONTAINER_ARCHIVE, ALL("PK\x03\x04", "PK\x05\x06", "\x1f\x8b\x08", "BZh91AY",
                                        "\x28\xb5\x2f\xfd", "7z\xbc\xaf\x27\x1c"));
}

/* Their first lines have colons, as header fields do. */
static void test_exports(void **state)
{
    (void)state;
    assert_kinds(CONTAINER_RECORDS,
                 ALL("{\"id\": 1, \"from\": \"ana@a.example\", \"body\": \"x\"}\n", "[{\"id\": 1}]",
                     "{\n  \"tickets\": [\n", "\xEF\xBB\xBF[\n{", "[]"));
    assert_kinds(CONTAINER_TABLE,
                 ALL("Subject,Body,From: (Name),From: (Address)\nx,y,Ana,ana@a.example\n",
                     "\"Subject\",\"From\",\"Body\"\n", "Betreff;Von;Nachricht\n",
                     "from\tsubject\tbody"));
}

/* UTF-16 is told by its mark or its zeros, whatever is in it. */
static void test_text_that_is_written_otherwise(void **state)
{
    (void)state;
    assert_kinds(CONTAINER_RECODED,
                 ALL("From: ana@a.example\rSubject: x\r\rhello\r", "hello\rand more\r",
                     "From ana@a.example Thu Oct  8 09:30:00 2026\rFrom: a\rTo: b\r\rx\r"));
    assert_kinds(CONTAINER_MMDF, ALL("\1\1\1\1\nFrom: a\n", "\1\1\1\1\r\nFrom: a\r\n"));
    assert_kinds(CONTAINER_BABYL, ALL("BABYL OPTIONS: -*- rmail -*-\nVersion: 5\n"));
    static const char wide[] = "\xFF\xFE"
                               "F\0r\0o\0m\0:\0 \0a\0\n\0";
    assert_int_equal(container_kind(wide, sizeof wide - 1), CONTAINER_RECODED);
    static const char unmarked[] = "\0F\0r\0o\0m\0:\0 \0a\0\n\0T\0o\0:\0 \0b\0\n";
    assert_int_equal(container_kind(unmarked, sizeof unmarked - 1), CONTAINER_RECODED);
    // Bytes that are no text are none in UTF-16 either; a stray carriage return is no line's end.
    static const char binary[] = "\xFF\xFE\1\2\3\4\5\6\xE1\xE2\xE3\xE4";
    assert_int_equal(container_kind(binary, sizeof binary - 1), CONTAINER_NONE);
    assert_kinds(CONTAINER_NONE, ALL("From: a\rb\nTo: x\r\n\nhello\r\n", "From: a\r"));
}

static void test_mails_and_others(void **state)
{
    (void)state;
    assert_kinds(CONTAINER_NONE, ALL("", "\n", "From: ana@a.example\nSubject: x\n\n{\"id\": 1}\n",
                                     "Subject: From, Date, Body\nTo: x\n\nhello\n",
                                     "From ana@a.example Thu Oct  8 09:30:00 2026\nFrom: a, b\n\n",
                                     "hello, and from the subject\n", "{not json}\n", "[1, 2]\n",
                                     "%PDF-1.4", "=?utf-8?q?Subject,From,Body?=: x\nTo: x\n\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archives),
        cmocka_unit_test(test_exports),
        cmocka_unit_test(test_text_that_is_written_otherwise),
        cmocka_unit_test(test_mails_and_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
