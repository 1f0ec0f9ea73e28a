/* delivery/smtp.h: what never reaches the wire; conversations are in scenarios/key_mail.py */
#include "base/error.h"
#include "delivery/smtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char good[] = "Subject: x\r\n\r\nhello\r\n";

/* Nobody listens there: what is looked at first is refused for what it is. */
static Smtp *to_nobody(void)
{
    const SmtpServer server = {
        .url = "smtp://127.0.0.1:1",
        .helo = "vendor.example",
        .connect_seconds = 2,
        .seconds = 2,
    };
    Smtp *smtp = smtp_open(&server, NULL);
    assert_non_null(smtp);
    return smtp;
}

static int send_code(const char *from, const char *to, const char *mail)
{
    g_autoptr(Smtp) smtp = to_nobody();
    g_autoptr(GError) error = NULL;
    assert_false(smtp_send(smtp, from, to, mail, strlen(mail), &error));
    assert_null(strpbrk(error->message, "\r\n"));
    return error->code;
}

static void hostile_addresses_are_refused(void **state)
{
    (void)state;
    const char *const hostile[] = {
        "",
        "ana@example.com\r\nRCPT TO:<eve@example.com>",
        "ana@example.com\nDATA",
        "ana@example.com>",
        "<ana@example.com",
        "ana@example.com SIZE=1",
        "ana@example.com,eve@example.com",
        "ana",
        "@example.com",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
        assert_int_equal(send_code("us@vendor.example", hostile[i], good), ISSUER_ERROR_INPUT);
        assert_int_equal(send_code(hostile[i], "ana@example.com", good), ISSUER_ERROR_INPUT);
    }
    assert_int_equal(send_code("us@vendor.example", NULL, good), ISSUER_ERROR_INPUT);
    assert_int_equal(send_code("us@vendor.example", "ana@example.com", good),
                     ISSUER_ERROR_UNAVAILABLE);
}

static void bare_line_ends_are_refused(void **state)
{
    (void)state;
    const char *const bare[] = {"\n", "\r", "a\n.\r\n", "a\r\n.\n", "a\r\r\n", "a\r\n\r"};
    for (gsize i = 0; i < G_N_ELEMENTS(bare); i++) {
        assert_int_equal(send_code("us@vendor.example", "ana@example.com", bare[i]),
                         ISSUER_ERROR_INPUT);
    }
}

static void urls_name_a_server_and_nothing_else(void **state)
{
    (void)state;
    const char *const right[] = {"smtp://mx.vendor.example", "smtps://mx.vendor.example:465",
                                 "SMTP://127.0.0.1:25", "smtp://[::1]:2525"};
    const char *const wrong[] = {"",
                                 "mx.vendor.example",
                                 "smtp://",
                                 "smtp:///x",
                                 "http://mx.vendor.example",
                                 "smtp://mx.vendor.example/",
                                 "smtp://ana:secret@mx.vendor.example",
                                 "smtp://mx.vendor.example?x",
                                 "smtp://mx.vendor.example\r\nX",
                                 "smtp://mx%2evendor.example"};
    for (gsize i = 0; i < G_N_ELEMENTS(right); i++) {
        assert_null(smtp_judge_url(right[i]));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *why = smtp_judge_url(wrong[i]);
        assert_non_null(why);
        const SmtpServer server = {.url = wrong[i], .helo = "vendor.example"};
        assert_null(smtp_open(&server, NULL));
    }
}

static void passwords_do_not_go_in_clear(void **state)
{
    (void)state;
    const struct {
        const char *url;
        SmtpTls tls;
        bool opens;
    } cases[] = {
        {"smtp://mx.vendor.example", SMTP_TLS_AUTO, true},
        {"smtp://mx.vendor.example", SMTP_TLS_NEVER, false},
        {"smtps://mx.vendor.example", SMTP_TLS_NEVER, true},
        {"smtp://127.0.0.1", SMTP_TLS_NEVER, true},
        {"smtp://[::1]:25", SMTP_TLS_AUTO, true},
        {"smtp://127.vendor.example", SMTP_TLS_NEVER, false},
        {"smtp://localhost.vendor.example", SMTP_TLS_NEVER, false},
    };
    g_autoptr(Secret) password = secret_new_copy("sesame", 6);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SmtpServer server = {
            .url = cases[i].url,
            .helo = "vendor.example",
            .user = "issuer",
            .password = password,
            .tls = cases[i].tls,
        };
        g_autoptr(Smtp) smtp = smtp_open(&server, NULL);
        assert_int_equal(smtp != NULL, cases[i].opens);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_addresses_are_refused),
        cmocka_unit_test(bare_line_ends_are_refused),
        cmocka_unit_test(urls_name_a_server_and_nothing_else),
        cmocka_unit_test(passwords_do_not_go_in_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
