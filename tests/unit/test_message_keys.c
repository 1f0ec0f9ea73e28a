/* A license key is never stored: wherever it stands in a mail, and whoever sent the mail, its texts
 * are masked and it is said that its bytes hold one. */
#include "core/armor.h"
#include "core/armor_text.h"
#include "mail/message.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define KEY     "84G7Z-WYRD6-Z1RV0-WHE6M-11105"
#define ENCODED "=?utf-8?q?our_key_84G7Z=2DWYRD6=2DZ1RV0?=\n =?utf-8?q?=2DWHE6M=2D11105?="
#define BASE64  "b3VyIGtleSBpcyA4NEc3Wi1XWVJENi1aMVJWMC1XSEU2TS0xMTEwNQo=\n"

static const char *const own[] = {"licenses@vendor.test", NULL};

/* Headers by which a mail becomes one of its class. */
static const char *const classes[] = {
    "From: ana@example.com\nTo: licenses@vendor.test\n",
    "From: ana@example.com\nAuto-Submitted: auto-replied\n",
    "From: MAILER-DAEMON@mx.example.com\nReturn-Path: <>\n",
    "From: news@example.com\nTo: readers@example.com\nList-Id: <news.example.com>\n",
    "From: Licensing <licenses@vendor.test>\n",
    "From: ana@example.com\nStatus: RD\n",
};

/* Where the key stands: in further headers, or in a body with its own header. */
typedef struct {
    const char *what;
    const char *headers;
    const char *body;
} Place;

static const Place places[] = {
    {"subject", "Subject: our key is " KEY "\n", "\nhello\n"},
    {"encoded subject", "Subject: " ENCODED "\n", "\nhello\n"},
    {"folded subject", "Subject: our key is 84G7Z-WYRD6-\n Z1RV0-WHE6M-11105\n", "\nhello\n"},
    {"another header", "X-Ticket: " KEY "\n", "\nhello\n"},
    {"another header, encoded", "X-Ticket: " ENCODED "\n", "\nhello\n"},
    {"a name", "Cc: \"" KEY "\" <ben@example.com>\n", "\nhello\n"},
    {"message id", "Message-ID: <" KEY "@example.com>\n", "\nhello\n"},
    {"the answered mail's id", "In-Reply-To: <" KEY "@example.com>\n", "\nhello\n"},
    {"body", "", "\nour key is " KEY "\n"},
    {"quoted body", "", "\nthis?\n\n> our key is " KEY "\n"},
    {"base64", "Content-Transfer-Encoding: base64\n", "\n" BASE64},
    {"quoted-printable", "Content-Transfer-Encoding: quoted-printable\n",
     "\nour key is 84G7Z-WYRD6-Z1R=\nV0=2DWHE6M-11105\n"},
    {"HTML", "Content-Type: text/html\n", "\n<p>84G7Z-<b>WYRD6</b>-Z1RV0-WHE6M-11105</p>\n"},
    {"HTML, not shown", "Content-Type: text/html\n", "\n<p>hello</p><!-- " KEY " -->\n"},
    {"second part", "Content-Type: multipart/mixed; boundary=cut\n",
     "\n--cut\n\nhello\n--cut\nContent-Transfer-Encoding: base64\n\n" BASE64 "\n--cut--\n"},
    {"before the parts", "Content-Type: multipart/mixed; boundary=cut\n",
     "\n" KEY "\n--cut\n\nhello\n--cut--\n"},
    {"behind the parts", "Content-Type: multipart/mixed; boundary=cut\n",
     "\n--cut\n\nhello\n--cut--\n" KEY "\n"},
    {"a file's name", "Content-Type: multipart/mixed; boundary=cut\n",
     "\n--cut\nContent-Type: application/zip; name=\"" KEY ".zip\"\n"
     "Content-Transfer-Encoding: base64\n\nUEsDBAoAAAAAAA==\n--cut--\n"},
    {"enclosed mail's subject", "Content-Type: message/rfc822\n",
     "\nFrom: ben@example.com\nSubject: " ENCODED "\nMIME-Version: 1.0\n\nhello\n"},
    {"encoded mail's text", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n",
     "\nU3ViamVjdDogeAoKb3VyIGtleSBpcyA4NEc3Wi1XWVJENi1aMVJWMC1XSEU2TS0xMTEwNQo=\n"},
};

static char *code; /* armored, whole, whatever it says */

static int set_up(void **state)
{
    (void)state;
    static const char bytes[100] = {0};
    g_autoptr(GBytes) body = g_bytes_new_static(bytes, sizeof bytes);
    message_init();
    code = armor_text_write(ARMOR_USAGE_REQUEST, body);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    g_free(code);
    return 0;
}

static ParsedMail *parse(const char *text)
{
    const MailSettings settings = {.own_addresses = own, .parsers = 1, .time_limit_ms = 1000};
    const MessageOrigin origin = {.from_mbox = true};
    g_autofree char *copy = g_strdup(text);
    return message_parse(copy, strlen(copy), &origin, &settings);
}

static void assert_masked(const char *text)
{
    assert_true(text == NULL || strstr(text, "84G7Z") == NULL);
}

static void assert_key_is_kept_out(const char *text, const char *what)
{
    g_autoptr(ParsedMail) mail = parse(text);
    if (!mail->license_key_seen) {
        fail_msg("%s, kind %d: not seen in\n%s", what, (int)mail->kind, text);
    }
    assert_masked(mail->subject);
    assert_masked(mail->text);
    assert_masked(mail->why);
    assert_masked(mail->message_id);
    assert_masked(mail->in_reply_to);
}

static void test_every_class_and_place(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(places); k++) {
            const Place *place = &places[k];
            g_autofree char *text = g_strconcat(classes[i], place->headers, place->body, NULL);
            assert_key_is_kept_out(text, place->what);
        }
    }
}

/* A whole code ends the search for codes, not the watch for keys. */
static void test_beside_a_code(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(places); k++) {
            const Place *place = &places[k];
            g_autofree char *text = g_strconcat(
                classes[i], "Subject: two parts\nContent-Type: multipart/mixed; boundary=all\n\n",
                "--all\n\n", code, "\n--all\nContent-Type: message/rfc822\n\n", place->headers,
                place->body, "\n--all--\n", NULL);
            assert_key_is_kept_out(text, place->what);
        }
    }
}

/* What cannot be followed to its end, or stands before the first header. */
static void test_where_no_part_is(void **state)
{
    (void)state;
    g_autoptr(GString) deep = g_string_new("From: ana@example.com\n");
    for (int i = 0; i < 50; i++) {
        g_string_append_printf(deep, "Content-Type: multipart/mixed; boundary=\"b%d.\"\n\n--b%d.\n",
                               i, i);
    }
    static const char *const bodies[] = {
        "our key is " KEY "\n",
        BASE64,
        "our key is 84G7Z-WYRD6-Z1R=\nV0=2DWHE6M-11105\n",
        "Subject: " ENCODED "\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autofree char *text = g_strconcat(deep->str, "\n", bodies[i], NULL);
        assert_key_is_kept_out(text, "nested too deeply");
    }
    assert_key_is_kept_out("our key " KEY " first\nFrom: ana@example.com\n\nhello\n", "preface");
}

static void test_mails_without_a_key(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "Subject: request\n",
        "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= 84G7Z-WYRD6-Z1RV0-WHE6M-11104\n",
        "DKIM-Signature: v=1; b=rD3sZ0Jt+25CHARSabcDEFghiJK0123456/Qk1hbmRhbnRl\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(headers); k++) {
            g_autofree char *text = g_strconcat(classes[i], headers[k], "\n", code, NULL);
            g_autoptr(ParsedMail) mail = parse(text);
            assert_false(mail->license_key_seen);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_class_and_place),
        cmocka_unit_test(test_beside_a_code),
        cmocka_unit_test(test_where_no_part_is),
        cmocka_unit_test(test_mails_without_a_key),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
