/* A help desk's export as JSON: the mails in tickets, by whom they are, and what is no JSON. */
#include "mail/desk_records.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk_fixture.h"
#include "mail/json_split.h"

static DeskTaken read_text(const char *text)
{
    if (!desk_records_is_one(text, MIN(strlen(text), 4096))) {
        fail_msg("not taken for JSON: %.80s", text);
    }
    return desk_read(desk_records_read, text, strlen(text));
}

static bool is_from(const DeskTaken *taken, guint i, const char *sender)
{
    g_autofree char *line = g_strdup_printf("From: %s\n", sender);
    return strstr(g_ptr_array_index(taken->mails, i), line) != NULL;
}

static bool is_ours(const DeskTaken *taken, guint i)
{
    return g_str_has_prefix(g_ptr_array_index(taken->mails, i), "[ours]");
}

/* An array, an object with a list, an object a line: the same mails. */
static void test_shapes(void **state)
{
    (void)state;
#define ONE "{\"from\": \"ana@a.example\", \"subject\": \"1\", \"body\": \"first\"}"
#define TWO "{\"from\": \"bo@b.example\", \"subject\": \"2\", \"body\": \"<p>second</p>\"}"
    static const char *const shapes[] = {
        "[" ONE "," TWO "]",
        "\xEF\xBB\xBF [\n  " ONE ",\n  " TWO "\n]\n",
        ONE "\n" TWO "\n",
        "{\"count\": 2, \"users\": [{\"id\": 7}], \"messages\": [" ONE ", " TWO "]}",
        "{\"data\": {\"items\": {\"page\": [" ONE ", " TWO "]}}}",
        "[[" ONE "], [" TWO "]]",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        DeskTaken taken = read_text(shapes[i]);
        assert_string_equal(taken.troubles->str, "");
        assert_int_equal(taken.mails->len, 2);
        desk_assert_mail(&taken, 0, DESK_HAS("From: ana@a.example\n", "text/plain", "\n\nfirst\n"));
        desk_assert_mail(&taken, 1,
                         DESK_HAS("From: bo@b.example\n", "text/html", "\n\n<p>second</p>\n"));
        desk_free(&taken);
    }
}

static void test_zammad(void **state)
{
    (void)state;
    DeskTaken taken = read_text(
        "[{\"id\": 1, \"title\": \"Usage request\", \"customer\": \"ana@a.example\", \"articles\": "
        "["
        "{\"from\": \"Ana <ana@a.example>\", \"to\": \"desk@vendor.test\", \"subject\": \"code\","
        " \"sender\": \"Customer\", \"type\": \"email\", \"internal\": false,"
        " \"content_type\": \"text/html\", \"body\": \"code&nbsp;here\","
        " \"message_id\": \"<1@a.example>\", \"created_at\": \"2026-10-08T09:30:00.000Z\"},"
        "{\"from\": \"Desk <desk@vendor.test>\", \"sender\": \"Agent\", \"body\": \"thanks\"},"
        "{\"from\": \"Kim\", \"sender\": \"Agent\", \"internal\": true, \"body\": \"a note\"}]}]");
    assert_int_equal(taken.mails->len, 3);
    desk_assert_mail(&taken, 0,
                     DESK_HAS("From: Ana <ana@a.example>\n", "Subject: code\n", "text/html",
                              "Message-ID: <1@a.example>\n",
                              "Date: Thu, 8 Oct 2026 09:30:00 +0000\n"));
    assert_false(is_ours(&taken, 0));
    assert_true(is_ours(&taken, 1));
    assert_true(is_ours(&taken, 2));
    desk_free(&taken);
}

/* Who wrote a comment is told by number alone, or by the channel it came through. */
static void test_zendesk(void **state)
{
    (void)state;
    DeskTaken taken = read_text(
        "{\"subject\": \"code\", \"requester_id\": 42, \"requester\": {\"email\": "
        "\"ana@a.example\"}, \"comments\": ["
        "{\"author_id\": 42, \"public\": true, \"plain_body\": \"first\"},"
        "{\"author_id\": 7, \"public\": true, \"body\": \"> first\"},"
        "{\"author_id\": 42, \"public\": false, \"body\": \"a note\"},"
        "{\"body\": \"by mail\", \"via\": {\"channel\": \"email\", \"source\": {\"from\": "
        "{\"address\": \"bo@b.example\", \"name\": \"Bo\"}}}},"
        "{\"body\": \"by whom?\"}]}");
    assert_int_equal(taken.mails->len, 5);
    assert_true(is_from(&taken, 0, "ana@a.example") && !is_ours(&taken, 0));
    assert_true(is_ours(&taken, 1) && is_ours(&taken, 2));
    assert_true(is_from(&taken, 3, "bo@b.example") && !is_ours(&taken, 3));
    assert_null(strstr(g_ptr_array_index(taken.mails, 4), "From:"));
    desk_assert_mail(&taken, 4, DESK_HAS("Subject: code\n"));
    desk_free(&taken);
}

static void test_freshdesk(void **state)
{
    (void)state;
    DeskTaken taken = read_text(
        "[{\"subject\": \"code\", \"description\": \"<div>one</div>\", \"description_text\": "
        "\"one\", \"requester\": {\"name\": \"Ana\", \"email\": \"ana@a.example\"}, "
        "\"conversations\": ["
        "{\"incoming\": false, \"private\": false, \"body\": \"two\", \"from_email\": "
        "\"Desk <desk@vendor.test>\"},"
        "{\"incoming\": true, \"private\": false, \"body_text\": \"three\", \"from_email\": "
        "\"ana@a.example\", \"to_emails\": [\"desk@vendor.test\"]},"
        "{\"incoming\": true, \"body_text\": \"four\"}]}]");
    assert_int_equal(taken.mails->len, 4);
    assert_true(is_from(&taken, 0, "ana@a.example") && !is_ours(&taken, 0));
    desk_assert_mail(&taken, 0, DESK_HAS("multipart/alternative", "\n\none\n", "<div>one</div>"));
    assert_true(is_ours(&taken, 1));
    assert_true(is_from(&taken, 2, "ana@a.example") && !is_ours(&taken, 2));
    assert_true(is_from(&taken, 3, "ana@a.example"));
    desk_free(&taken);
}

static void test_freescout(void **state)
{
    (void)state;
    DeskTaken taken = read_text(
        "{\"_embedded\": {\"conversations\": [{\"subject\": \"code\", \"type\": \"email\", "
        "\"customer\": {\"type\": \"customer\", \"email\": \"ana@a.example\"}, \"_embedded\": "
        "{\"threads\": ["
        "{\"type\": \"customer\", \"body\": \"<p>one</p>\", \"createdBy\": {\"type\": "
        "\"customer\", \"email\": \"ana@a.example\"}},"
        "{\"type\": \"message\", \"body\": \"two\", \"customer\": {\"email\": \"ana@a.example\"}, "
        "\"createdBy\": {\"type\": \"user\", \"email\": \"kim@vendor.test\"}},"
        "{\"type\": \"note\", \"body\": \"three\", \"createdBy\": {\"type\": \"user\", "
        "\"email\": \"kim@vendor.test\"}}]}}]}}");
    assert_int_equal(taken.mails->len, 3);
    assert_true(is_from(&taken, 0, "ana@a.example") && !is_ours(&taken, 0));
    assert_true(is_ours(&taken, 1) && is_ours(&taken, 2));
    desk_free(&taken);
}

static void test_osticket(void **state)
{
    (void)state;
    DeskTaken taken = read_text(
        "[{\"id\": \"1\", \"type\": \"M\", \"poster\": \"Ana\", \"email\": \"ana@a.example\", "
        "\"title\": \"code\", \"body\": \"one\", \"format\": \"html\", \"created\": \"2026-10-08 "
        "09:30:00\"},"
        "{\"id\": \"2\", \"type\": \"R\", \"title\": \"Re: code\", \"body\": \"two\"},"
        "{\"id\": \"3\", \"type\": \"N\", \"title\": \"code\", \"body\": \"three\"}]");
    assert_int_equal(taken.mails->len, 3);
    desk_assert_mail(
        &taken, 0,
        DESK_HAS("From: ana@a.example\n", "text/html", "Date: Thu, 8 Oct 2026 09:30:00 +0000\n"));
    assert_true(is_ours(&taken, 1) && is_ours(&taken, 2));
    desk_free(&taken);
}

static void test_attachments(void **state)
{
    (void)state;
    DeskTaken taken = read_text(
        "[{\"from\": \"a@a.example\", \"body\": \"see file\", \"attachments\": [{\"filename\": "
        "\"re\\\"quest.txt\", \"data\": \"aGVsbG8gd29ybGQ=\"}]},"
        "{\"from\": \"a@a.example\", \"body\": \"see file\", \"attachments\": [{\"file_name\": "
        "\"x.txt\", \"content_url\": \"https://desk.example/x.txt\"}]},"
        "{\"from\": \"a@a.example\", \"body\": \"none\", \"attachments\": []}]");
    assert_int_equal(taken.mails->len, 3);
    desk_assert_mail(&taken, 0,
                     DESK_HAS("multipart/mixed", "filename=\"re_quest.txt\"", "aGVsbG8gd29ybGQ="));
    assert_true(g_str_has_prefix(g_ptr_array_index(taken.mails, 1), "[partial]"));
    assert_true(g_str_has_prefix(g_ptr_array_index(taken.mails, 2), "From:"));
    desk_free(&taken);
}

static void test_raw_mails(void **state)
{
    (void)state;
    static const char mail[] = "From: ana@a.example\r\nSubject: raw\r\n\r\nhello\r\n";
    g_autofree char *encoded = g_base64_encode((const guchar *)mail, strlen(mail));
    g_autofree char *text = g_strdup_printf(
        "{\"id\": 1, \"raw\": \"%s\"}\n{\"id\": 2, \"rfc822\": \"From: ana@a.example\\r\\nSubject: "
        "raw\\r\\n\\r\\nhello\\r\\n\"}\n",
        encoded);
    DeskTaken taken = read_text(text);
    assert_int_equal(taken.mails->len, 2);
    assert_string_equal(g_ptr_array_index(taken.mails, 0), mail);
    assert_string_equal(g_ptr_array_index(taken.mails, 1), mail);
    desk_free(&taken);
}

static void assert_trouble(const char *text, guint mails, const char *why)
{
    DeskTaken taken = read_text(text);
    if (taken.mails->len != mails || strstr(taken.troubles->str, why) == NULL) {
        fail_msg("%u mails, %s", taken.mails->len, taken.troubles->str);
    }
    desk_free(&taken);
}

static void test_what_cannot_be_read(void **state)
{
    (void)state;
    assert_trouble("[{\"id\": 1}]", 0, "is JSON without a mail");
    assert_trouble("{}", 0, "is JSON without a mail");
    assert_trouble("[" ONE ", {\"from\": \"cut off", 1, "ends within what begins at byte");
    assert_trouble("{\"a\": [" ONE ", " TWO, 0, "ends within what begins at byte 0");
    assert_trouble("[" ONE ", {\"from\": nobody}, " TWO "]", 2, "has something at byte");
    assert_trouble(ONE "\n{\"body\": \"broken\n" TWO "\n", 2, "has something at byte");
}

/* The objects of one that is too long are read by themselves. */
static void test_longer_than_memory(void **state)
{
    (void)state;
    GString *text = g_string_new("{\"page\": 1, \"tickets\": [\n");
    g_autofree char *filling = g_strnfill(1000, 'x');
    guint count = 0;
    while (text->len <= DESK_MOST + 1024 * 1024) {
        g_string_append_printf(text, "%s{\"from\": \"%u@a.example\", \"body\": \"%s {[\\\"\"}",
                               count ? "," : "", count, filling);
        count++;
    }
    g_string_append(text, "]}\n");
    DeskTaken taken = desk_read(desk_records_read, text->str, text->len);
    assert_string_equal(taken.troubles->str, "");
    assert_int_equal(taken.mails->len, count);
    g_autofree char *last = g_strdup_printf("%u@a.example", count - 1);
    assert_true(is_from(&taken, count - 1, last));
    desk_free(&taken);
    (void)g_string_free(text, TRUE);
}

/* Objects that are too long within each other must not be gone through again and again. */
static void test_deep_and_long(void **state)
{
    (void)state;
    GString *text = g_string_new(NULL);
    while (text->len <= DESK_MOST + 1024) {
        g_string_append(text, "{\"a\":");
    }
    DeskTaken taken = desk_read(desk_records_read, text->str, text->len);
    assert_int_equal(taken.mails->len, 0);
    assert_non_null(strstr(taken.troubles->str, "ends within"));
    desk_free(&taken);
    (void)g_string_free(text, TRUE);
}

/* As each of them names its fields: one mail, from whom, with the text. */
static void test_many_desks(void **state)
{
    (void)state;
    static const char *const exports[] = {
        // Jira Service Management
        "{\"issues\": [{\"fields\": {\"summary\": \"x\", \"reporter\": {\"emailAddress\": "
        "\"ana@a.example\"}, \"description\": {\"type\": \"doc\", \"content\": [{\"type\": "
        "\"paragraph\", \"content\": [{\"type\": \"text\", \"text\": \"hel\"}, {\"type\": "
        "\"text\", "
        "\"text\": \"lo\"}, {\"type\": \"hardBreak\"}, {\"type\": \"text\", \"text\": "
        "\"you\"}]}]}}}]}",
        // Microsoft Graph
        "{\"value\": [{\"subject\": \"x\", \"from\": {\"emailAddress\": {\"name\": \"Ana\", "
        "\"address\": \"ana@a.example\"}}, \"body\": {\"contentType\": \"text\", \"content\": "
        "\"hello\\nyou\"}}]}",
        // HubSpot
        "{\"results\": [{\"properties\": {\"hs_email_from_email\": \"ana@a.example\", "
        "\"hs_email_subject\": \"x\", \"hs_email_text\": \"hello\\nyou\", \"hs_email_direction\": "
        "\"INCOMING_EMAIL\"}}]}",
        // Front
        "{\"_results\": [{\"type\": \"email\", \"is_inbound\": true, \"subject\": \"x\", \"text\": "
        "\"hello\\nyou\", \"recipients\": [{\"handle\": \"l@vendor.test\", \"role\": \"to\"}, "
        "{\"handle\": \"ana@a.example\", \"role\": \"from\"}]}]}",
        // Intercom
        "{\"source\": {\"subject\": \"x\", \"body\": \"hello\\nyou\", \"author\": {\"type\": "
        "\"user\", \"email\": \"ana@a.example\"}}}",
        // OTRS, Znuny
        "{\"Ticket\": [{\"Article\": [{\"From\": \"ana@a.example\", \"Subject\": \"x\", "
        "\"SenderType\": \"customer\", \"Body\": \"hello\\nyou\"}]}]}",
        // a mail parser's
        "[{\"from\": {\"value\": [{\"address\": \"ana@a.example\"}], \"text\": \"ana@a.example\"}, "
        "\"subject\": \"x\", \"text\": \"hello\\nyou\"}]",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(exports); i++) {
        DeskTaken taken = read_text(exports[i]);
        if (taken.mails->len != 1 || is_ours(&taken, 0)) {
            fail_msg("%u mails in %s", taken.mails->len, exports[i]);
        }
        desk_assert_mail(&taken, 0,
                         DESK_HAS("From: ana@a.example\n", "Subject: x\n", "hello\nyou\n"));
        desk_free(&taken);
    }
}

/* A code in a field of the desk's own making, or of a file's whose fields begin with capitals. */
static void test_codes_in_other_places(void **state)
{
    (void)state;
    DeskTaken taken =
        read_text("{\"requester\": \"ana@a.example\", \"description\": \"see below\", "
                  "\"server\": \"plant\", \"activation\": \"CHARQ100JVDSNW3C341Z\"}");
    assert_int_equal(taken.mails->len, 1);
    desk_assert_mail(&taken, 0, DESK_HAS("see below\n", "CHARQ100JVDSNW3C341Z\n"));
    assert_null(strstr(g_ptr_array_index(taken.mails, 0), "plant"));
    desk_free(&taken);
    DeskTaken fields = read_text("{\"requester\": \"ana@a.example\", \"description\": \"x\", "
                                 "\"fields\": [{\"id\": 7, \"value\": \"CHARQ100JVDSNW3C341Z\"}]}");
    assert_int_equal(fields.mails->len, 2);
    desk_assert_mail(&fields, 1, DESK_HAS("CHARQ100JVDSNW3C341Z\n"));
    desk_free(&fields);
    DeskTaken file = read_text("{\"From\": \"ana@a.example\", \"Body\": \"x\", \"Attachment\": "
                               "[{\"Filename\": \"a.txt\", \"Content\": \"aGVsbG8=\"}]}");
    assert_int_equal(file.mails->len, 1);
    desk_assert_mail(&file, 0, DESK_HAS("filename=\"a.txt\"", "aGVsbG8="));
    desk_free(&file);
    // Gmail's interface has base64url without padding: "From: a\nTo: b\n\n>??"
    DeskTaken raw = read_text("{\"raw\": \"RnJvbTogYQpUbzogYgoKPj8_\"}");
    desk_assert_mail(&raw, 0, DESK_HAS("From: a\nTo: b\n\n>??"));
    desk_free(&raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_desks),
        cmocka_unit_test(test_codes_in_other_places),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_zammad),
        cmocka_unit_test(test_zendesk),
        cmocka_unit_test(test_freshdesk),
        cmocka_unit_test(test_freescout),
        cmocka_unit_test(test_osticket),
        cmocka_unit_test(test_attachments),
        cmocka_unit_test(test_raw_mails),
        cmocka_unit_test(test_what_cannot_be_read),
        cmocka_unit_test(test_longer_than_memory),
        cmocka_unit_test(test_deep_and_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
