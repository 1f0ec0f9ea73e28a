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
        cmocka_unit_test(test_mails_and_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
