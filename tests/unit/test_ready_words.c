/* Which ready answer a mail's own words ask for. */
#include "core/mail_words.h"
#include "core/ready_words.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const floating[] = {
    "floating license server", "floating", "hostname", "fingerprint", "seats",
    "Pl\xC3\xA4tze",           NULL};
static const char *const upgrade[] = {"add", "upgrade", "snowflake bridge", NULL};

static ReadyAnswer found(const char *text)
{
    g_auto(GStrv) of_floating = mail_words_fold(floating);
    g_auto(GStrv) of_upgrade = mail_words_fold(upgrade);
    const ReadyWords words = {.floating = (const char *const *)of_floating,
                              .upgrade = (const char *const *)of_upgrade};
    return ready_words_find(text, &words);
}

static void test_what_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ReadyAnswer ready;
    } cases[] = {
        {"Hostname: fls.example\nFingerprint: 1F-22\nSeats: 25", READY_FLOATING_SERVER},
        {"HOSTNAME fls.example, 25 seats", READY_FLOATING_SERVER},
        {"our floating\nlicense server has 25 PL\xC3\x84TZE", READY_FLOATING_SERVER},
        {"our floating license server does not start", READY_NONE}, /* one word, not two */
        {"the hostname of the server is plant-4", READY_NONE},
        {"Please add snowflake bridge to LIC-00000012", READY_UPGRADE_WISH},
        {"Please add Snowflake  Bridge to our license", READY_UPGRADE_WISH},
        {"upgrade LIC\xE2\x80\x91"
         "12 please",
         READY_UPGRADE_WISH},
        {"Please add me to the list", READY_NONE},
        {"the address of LIC-12", READY_NONE}, /* no whole word */
        {"LIC-12", READY_NONE},
        {"", READY_NONE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (found(cases[i].text) != cases[i].ready) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void test_counts(void **state)
{
    (void)state;
    g_auto(GStrv) words = mail_words_fold(floating);
    const char *const *folded = (const char *const *)words;
    assert_int_equal(mail_words_count(NULL, folded), 0);
    assert_int_equal(mail_words_count("seats, seats and seats", folded), 1);
    assert_int_equal(mail_words_count("floating license server", folded), 1);
    assert_int_equal(mail_words_count("floating license server, floating", folded), 2);
    assert_int_equal(mail_words_count("seatsfingerprint", folded), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_asked_for),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
