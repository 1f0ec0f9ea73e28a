/* Apple Mail's .emlx: what of the file is the mail, and what its property list says. */
#include "mail/emlx.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define MAIL "From: ana@example.com\nSubject: a\n\nhello\n"
#define LIST(flags)                                                                                \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n"                \
    "\t<key>date-received</key>\n\t<integer>1748934002</integer>\n"                                \
    "\t<key>flags</key>\n\t<integer>" flags "</integer>\n</dict>\n</plist>\n"

static char *file_of(int count, const char *mail, const char *list)
{
    return g_strdup_printf("%-10d\n%s%s", count, mail, list);
}

static Emlx read_whole(const char *text)
{
    const gsize size = strlen(text);
    assert_true(emlx_is_one(text, size));
    const gsize tail = MIN(size, EMLX_TAIL);
    return emlx_read(text, size, text + size - tail, tail, size);
}

static void assert_mail(const char *text, const char *mail)
{
    Emlx emlx = read_whole(text);
    assert_int_equal(emlx.size, strlen(mail));
    assert_memory_equal(text + emlx.offset, mail, strlen(mail));
    assert_false(emlx.cut);
}

static void test_mail_and_list(void **state)
{
    (void)state;
    g_autofree char *whole = file_of((int)strlen(MAIL), MAIL, LIST("8623750145"));
    assert_mail(whole, MAIL);
    assert_false(read_whole(whole).deleted);
    g_autofree char *deleted = file_of((int)strlen(MAIL), MAIL, LIST("8623750147"));
    assert_true(read_whole(deleted).deleted);
    g_autofree char *without = file_of((int)strlen(MAIL), MAIL, "");
    assert_mail(without, MAIL);
}

/* Line ends were changed on the way, so the count is wrong; the list still shows where it ends. */
static void test_wrong_count(void **state)
{
    (void)state;
    g_autofree char *more = file_of((int)strlen(MAIL) + 4, MAIL, LIST("2"));
    assert_mail(more, MAIL);
    assert_true(read_whole(more).deleted);
    g_autofree char *fewer = file_of((int)strlen(MAIL) - 4, MAIL, LIST("0"));
    assert_mail(fewer, MAIL);
}

/* A property list in the mail itself is the mail's. */
static void test_list_within(void **state)
{
    (void)state;
    static const char mail[] = MAIL LIST("2") "bye\n";
    g_autofree char *both = file_of((int)strlen(mail), mail, LIST("1"));
    assert_mail(both, mail);
    assert_false(read_whole(both).deleted);
    g_autofree char *alone = file_of((int)strlen(mail), mail, "");
    assert_mail(alone, mail);
    assert_false(read_whole(alone).deleted);
}

static void test_cut(void **state)
{
    (void)state;
    g_autofree char *cut = file_of(9000, MAIL, "");
    Emlx emlx = read_whole(cut);
    assert_true(emlx.cut);
    assert_int_equal(emlx.size, strlen(MAIL));
}

static void test_others(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "12",
        "12\n",
        "hello\n" MAIL,
        "12 monkeys\n" MAIL,
        MAIL,
        "1234567890123456\n" MAIL,
        "12\nonly text\n",
        "0000\n" MAIL, /* the end of a Date, in a mailbox that is cut off before it */
        "30\n" MAIL,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_false(emlx_is_one(texts[i], strlen(texts[i])));
    }
    assert_true(emlx_is_one("4000\r\n" MAIL, strlen("4000\r\n" MAIL)));
}

static void test_partial(void **state)
{
    (void)state;
    static const char mail[] = "From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n"
                               "--b\nContent-Type: text/plain\nX-Apple-Content-Length: 1200\n\n\n"
                               "--b--\n";
    assert_true(emlx_is_partial(mail, strlen(mail)));
    assert_false(emlx_is_partial(MAIL, strlen(MAIL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail_and_list), cmocka_unit_test(test_wrong_count),
        cmocka_unit_test(test_list_within),   cmocka_unit_test(test_cut),
        cmocka_unit_test(test_others),        cmocka_unit_test(test_partial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
