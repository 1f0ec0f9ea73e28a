/* delivery/smtp.h: what never reaches the wire, and what answers mean; conversations are in
 * scenarios/sending.py and key_mail.py */
#include "base/error.h"
#include "delivery/smtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "smtp_fixture.h"

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
    const SmtpVerdict verdict = smtp_send(smtp, from, to, mail, strlen(mail), &error);
    assert_non_null(error);
    assert_int_equal(verdict, error->code == ISSUER_ERROR_INPUT ? SMTP_REFUSED : SMTP_NO_SERVICE);
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

static void lines_are_short_and_of_seven_bits(void **state)
{
    (void)state;
    g_autofree char *longest = g_strnfill(998, 'x');
    g_autofree char *fits = g_strconcat(longest, "\r\n", NULL);
    g_autofree char *too_long = g_strconcat("x", longest, "\r\n", NULL);
    assert_int_equal(send_code("us@vendor.example", "ana@example.com", fits),
                     ISSUER_ERROR_UNAVAILABLE);
    assert_int_equal(send_code("us@vendor.example", "ana@example.com", too_long),
                     ISSUER_ERROR_INPUT);
    assert_int_equal(send_code("us@vendor.example", "ana@example.com", "\xc3\xa4\r\n"),
                     ISSUER_ERROR_INPUT);
    g_autoptr(Smtp) smtp = to_nobody();
    assert_int_equal(smtp_send(smtp, "us@vendor.example", "ana@example.com", "a\0b\r\n", 5, NULL),
                     SMTP_REFUSED);
}

static Smtp *to_fixture(const SmtpFixture *fixture)
{
    const SmtpServer server = {
        .url = fixture->url,
        .helo = "vendor.example",
        .connect_seconds = 10,
        .seconds = 60,
    };
    Smtp *smtp = smtp_open(&server, NULL);
    assert_non_null(smtp);
    return smtp;
}

/* Whatever libcurl holds in its buffers at once: lines of all lengths, many of which begin with
 * dots, so that somewhere each kind stands where a buffer ends. */
static void dots_arrive_as_they_were(void **state)
{
    (void)state;
    g_autoptr(GString) mail = g_string_new("Subject: dots\r\n\r\n");
    for (guint i = 0; mail->len < 1000000; i++) {
        g_autofree char *rest = g_strnfill((i * 7) % 97, 'x');
        g_string_append_printf(mail, "%.*s%s\r\n", (int)(i % 4), "...", rest);
    }
    SmtpFixture fixture = {0};
    smtp_fixture_start(&fixture);
    Smtp *smtp = to_fixture(&fixture);
    assert_int_equal(
        smtp_send(smtp, "us@vendor.example", "ana@example.com", mail->str, mail->len, NULL),
        SMTP_TAKEN);
    smtp_free(smtp);
    smtp_fixture_stop(&fixture);
    assert_int_equal(fixture.content->len, mail->len);
    assert_memory_equal(fixture.content->str, mail->str, mail->len);
    smtp_fixture_clear(&fixture);
}

/* libcurl would put each of them on the wire as it is. */
static void the_wire_hears_of_no_hostile_address(void **state)
{
    (void)state;
    const char *const hostile = "ana@example.com>\r\nRCPT TO:<eve@example.com";
    SmtpFixture fixture = {0};
    smtp_fixture_start(&fixture);
    Smtp *smtp = to_fixture(&fixture);
    assert_int_equal(smtp_send(smtp, "us@vendor.example", hostile, good, strlen(good), NULL),
                     SMTP_REFUSED);
    assert_int_equal(smtp_send(smtp, hostile, "ana@example.com", good, strlen(good), NULL),
                     SMTP_REFUSED);
    assert_int_equal(
        smtp_send(smtp, "us@vendor.example", "ana@example.com", good, strlen(good), NULL),
        SMTP_TAKEN);
    smtp_free(smtp);
    smtp_fixture_stop(&fixture);
    assert_null(strstr(fixture.heard->str, "eve"));
    assert_non_null(strstr(fixture.heard->str, "RCPT TO:<ana@example.com>\r\n"));
    smtp_fixture_clear(&fixture);
}

static void answers_are_judged_by_where_they_come(void **state)
{
    (void)state;
    const struct {
        SmtpStage stage;
        const char *lines;
        SmtpVerdict verdict;
        const char *text;
    } cases[] = {
        {SMTP_STAGE_SESSION, "554 5.3.2 closed\r\n", SMTP_NO_SERVICE, "554 5.3.2 closed"},
        {SMTP_STAGE_SESSION, "421 later\r\n", SMTP_NO_SERVICE, "421 later"},
        {SMTP_STAGE_SENDER, "550 5.7.1 not you\r\n", SMTP_NO_SERVICE, "550 5.7.1 not you"},
        {SMTP_STAGE_SENDER, "552 5.3.4 too big\r\n", SMTP_REFUSED, "552 5.3.4 too big"},
        {SMTP_STAGE_SENDER, "452 full\r\n", SMTP_NOT_NOW, "452 full"},
        {SMTP_STAGE_RECIPIENT, "550 no\r\n", SMTP_REFUSED, "550 no"},
        {SMTP_STAGE_RECIPIENT, "550 5.1.1 no\n", SMTP_REFUSED, "550 5.1.1 no"},
        {SMTP_STAGE_RECIPIENT, "554 5.7.1 no relay", SMTP_UNWELCOME, "554 5.7.1 no relay"},
        {SMTP_STAGE_RECIPIENT, "530 5.7.0 log in\r\n", SMTP_NO_SERVICE, "530 5.7.0 log in"},
        {SMTP_STAGE_RECIPIENT, "450 later\r\n", SMTP_NOT_NOW, "450 later"},
        {SMTP_STAGE_DATA, "421 4.3.2 bye\r\n", SMTP_LOST, "421 4.3.2 bye"},
        {SMTP_STAGE_CONTENT, "550-5.7.1 this\r\n550-5.7.1 is\r\n550 5.7.1 spam\r\n", SMTP_REFUSED,
         "550 5.7.1 this is spam"},
        {SMTP_STAGE_CONTENT, "", SMTP_LOST, ""},
        {SMTP_STAGE_CONTENT, "hello\r\n55\r\n5500 x\r\n999 x\r\n\xff\xfe\r\n", SMTP_LOST, ""},
        {SMTP_STAGE_CONTENT, "550\r\n", SMTP_REFUSED, "550"},
        {SMTP_STAGE_CONTENT, "450 a\r\n550 b\r\n", SMTP_REFUSED, "550 b"},  /* the newer one */
        {SMTP_STAGE_RECIPIENT, "550 5.7.1\r\n", SMTP_REFUSED, "550 5.7.1"}, /* no blank: no code */
        {SMTP_STAGE_RECIPIENT, "550 5.9999.1 x\r\n", SMTP_REFUSED, "550 5.9999.1 x"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmtpAnswer answer = {0};
        for (const char *at = cases[i].lines; *at != '\0';) {
            const char *end = strchr(at, '\n');
            const gsize size = end != NULL ? (gsize)(end - at) + 1 : strlen(at);
            smtp_answer_hear(&answer, at, size);
            at += size;
        }
        assert_int_equal(smtp_answer_judge(&answer, cases[i].stage), cases[i].verdict);
        assert_string_equal(answer.text, cases[i].text);
    }
}

static void answers_without_end_stay_small(void **state)
{
    (void)state;
    SmtpAnswer answer = {0};
    for (int i = 0; i < 1000; i++) {
        smtp_answer_hear(&answer, "550-5.1.1 and so on\r\n", 21);
    }
    assert_int_equal(strlen(answer.text), SMTP_ANSWER_MOST);
    assert_false(answer.complete);
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
        cmocka_unit_test(lines_are_short_and_of_seven_bits),
        cmocka_unit_test(dots_arrive_as_they_were),
        cmocka_unit_test(the_wire_hears_of_no_hostile_address),
        cmocka_unit_test(answers_are_judged_by_where_they_come),
        cmocka_unit_test(answers_without_end_stay_small),
        cmocka_unit_test(urls_name_a_server_and_nothing_else),
        cmocka_unit_test(passwords_do_not_go_in_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
