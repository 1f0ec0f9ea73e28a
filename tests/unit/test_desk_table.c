/* A help desk's export as CSV: each row a mail, whatever its columns are called and however the
 * table is written. */
#include "mail/desk_table.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk_fixture.h"

static DeskTaken read_text(const char *text)
{
    return desk_read(desk_table_read, text, strlen(text));
}

static void assert_is_one(const char *text, bool mail, bool expected)
{
    if (desk_table_is_one(text, strlen(text), mail) != expected) {
        fail_msg("%s", text);
    }
}

static void test_telling(void **state)
{
    (void)state;
    static const char *const tables[] = {
        "Subject,From,To,Date,Body\r\n",
        "\xEF\xBB\xBF\"Subject\",\"From\",\"Body\"\n",
        "Betreff;Von: (Adresse);Nachricht\n",
        "id\tticket_id\tfrom_email\tbody_html\n",
        "Subject,Body,From: (Name),From: (Address),From: (Type)\n",
        "created_at,subject,description,email",
    };
    static const char *const others[] = {
        "", "\n", "hello, you", "name,number,price\n", "Subject\n", "From the office, with love\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        assert_is_one(tables[i], false, true);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        assert_is_one(others[i], false, false);
    }
    /* Outlook's columns could be header fields. */
    assert_is_one(tables[4], true, true);
    assert_is_one("Subject: From, Date, Text\nTo: x\n", true, false);
}

static void test_rows(void **state)
{
    (void)state;
    DeskTaken taken =
        read_text("\xEF\xBB\xBF\"Subject\",\"From\",\"To\",\"Date\",\"Body\"\r\n"
                  "\"Re: invoice\",\"billing@hafen.example\",\"licenses@vendor.test\","
                  "\"2026-10-08T09:30:00Z\",\"<p>paid</p>\"\r\n"
                  "\"a \"\"quoted\"\" word\",\"Ana <ana@hafen.example>\",,\"Thu, 8 Oct 2026 "
                  "09:30:00 +0200\",\"two\nlines, and a comma\"\r\n");
    assert_string_equal(taken.troubles->str, "");
    assert_int_equal(taken.mails->len, 2);
    desk_assert_mail(&taken, 0,
                     DESK_HAS("From: billing@hafen.example\n", "Subject: Re: invoice\n",
                              "To: licenses@vendor.test\n",
                              "Date: Thu, 8 Oct 2026 09:30:00 +0000\n", "Content-Type: text/html",
                              "\n\n<p>paid</p>\n"));
    desk_assert_mail(&taken, 1,
                     DESK_HAS("From: Ana <ana@hafen.example>\n", "Subject: a \"quoted\" word\n",
                              "Date: Thu, 8 Oct 2026 09:30:00 +0200\n", "Content-Type: text/plain",
                              "\n\ntwo\nlines, and a comma\n"));
    desk_free(&taken);
}

/* What an export writes as a table, in the ways that programs write it. */
static void test_ways(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "Betreff;Von;Nachricht\nx;ana@a.example;h\xC3\xA4llo\n",
        "Betreff;Von;Nachricht\r\nx;ana@a.example;h\xE4llo\r\n",
        "subject\tfrom_address\tbody_plain\nx\tana@a.example\th\xC3\xA4llo",
        "subject|author_email|text\nx|ana@a.example|h\xC3\xA4llo\n\n\n",
        "id,created_at,email,title,comment\n1,,ana@a.example,x,h\xC3\xA4llo\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        DeskTaken taken = read_text(ways[i]);
        assert_int_equal(taken.mails->len, 1);
        desk_assert_mail(&taken, 0,
                         DESK_HAS("From: ana@a.example\n", "Subject: x\n", "\n\nh\xC3\xA4llo\n"));
        assert_string_equal(taken.troubles->str, "");
        desk_free(&taken);
    }
}

static void assert_wide(const char *name, const char *mark)
{
    static const char text[] =
        "Subject,From,Body\nx,ana@a.example,\"h\xC3\xA4llo \xF0\x9F\x98\x80\"\n";
    gsize size = 0;
    g_autofree char *wide = g_convert(text, sizeof text - 1, name, "UTF-8", NULL, &size, NULL);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)mark, (guint)strlen(mark));
    g_byte_array_append(bytes, (const guint8 *)wide, (guint)size);
    assert_true(desk_table_is_one((const char *)bytes->data, bytes->len, false));
    DeskTaken taken = desk_read(desk_table_read, (const char *)bytes->data, bytes->len);
    assert_int_equal(taken.mails->len, 1);
    desk_assert_mail(&taken, 0, DESK_HAS("Subject: x\n", "\n\nh\xC3\xA4llo \xF0\x9F\x98\x80\n"));
    desk_free(&taken);
}

static void test_utf_16(void **state)
{
    (void)state;
    assert_wide("UTF-16LE", "\xFF\xFE");
    assert_wide("UTF-16BE", "\xFE\xFF");
    assert_wide("UTF-16LE", "");
}

static void test_agents_and_attachments(void **state)
{
    (void)state;
    DeskTaken taken = read_text("subject,from,body,incoming,attachments\n"
                                "a,ana@a.example,x,true,\n"
                                "b,desk@vendor.test,x,false,\n"
                                "c,ana@a.example,x,true,request.txt\n");
    assert_int_equal(taken.mails->len, 3);
    assert_true(g_str_has_prefix(g_ptr_array_index(taken.mails, 0), "From: ana@"));
    assert_true(g_str_has_prefix(g_ptr_array_index(taken.mails, 1), "[ours]"));
    assert_true(g_str_has_prefix(g_ptr_array_index(taken.mails, 2), "[partial]"));
    desk_free(&taken);
}

/* A cell cannot write a header field of its own. */
static void test_hostile_cells(void **state)
{
    (void)state;
    DeskTaken taken = read_text("subject,from,message_id,body\n"
                                "\"x\r\nFrom: eve@evil.example\",\"ana@a.example\nReply-To: "
                                "eve@evil.example\",\"1\n\nbody\",text\n");
    assert_int_equal(taken.mails->len, 1);
    const char *mail = g_ptr_array_index(taken.mails, 0);
    assert_null(strstr(mail, "\nFrom: eve"));
    assert_null(strstr(mail, "\nReply-To"));
    assert_null(strstr(mail, "\n\nbody"));
    desk_free(&taken);
}

static void test_raw_mails(void **state)
{
    (void)state;
    static const char mail[] = "From: ana@a.example\nSubject: raw\n\nhello\n";
    g_autofree char *encoded = g_base64_encode((const guchar *)mail, strlen(mail));
    g_autofree char *text =
        g_strdup_printf("id,subject,raw_email\n1,x,\"%s\"\n2,x,%s\n", mail, encoded);
    DeskTaken taken = read_text(text);
    assert_int_equal(taken.mails->len, 2);
    assert_string_equal(g_ptr_array_index(taken.mails, 0), mail);
    assert_string_equal(g_ptr_array_index(taken.mails, 1), mail);
    desk_free(&taken);
}

static void test_what_cannot_be_read(void **state)
{
    (void)state;
    DeskTaken none = read_text("Subject,From\nrequest,ana\n");
    assert_int_equal(none.mails->len, 0);
    assert_non_null(strstr(none.troubles->str, "without a column of texts"));
    desk_free(&none);
    DeskTaken open = read_text("Subject,From,Body\na,b@b.example,x\nc,d@d.example,\"never closed");
    assert_non_null(strstr(open.troubles->str, "ends within a quoted cell"));
    desk_assert_mail(&open, 0, DESK_HAS("Subject: a\n"));
    desk_free(&open);
}

/* A quotation mark that is missing makes one row of all that follows. */
static void test_endless_row(void **state)
{
    (void)state;
    GString *text = g_string_new("Subject,From,Body\na,b@b.example,x\nc,d@d.example,\"");
    g_autofree char *filling = g_strnfill(1024 * 1024, 'x');
    for (gsize i = 0; i <= DESK_MOST >> 20; i++) {
        g_string_append(text, filling);
    }
    DeskTaken taken = desk_read(desk_table_read, text->str, text->len);
    assert_int_equal(taken.mails->len, 1);
    assert_string_equal(taken.troubles->str,
                        "is read up to row 1: the one behind it is too long, as if a quotation "
                        "mark were missing; export it again|");
    desk_free(&taken);
    (void)g_string_free(text, TRUE);
}

/* The columns' names of several help desks, and mails and codes where no name tells of them. */
static void test_columns_of_many_desks(void **state)
{
    (void)state;
    static const char *const tables[] = {
        "Summary,Reporter,Description,Comment,Comment\n"
        "x,ana@a.example,hello,first,\"you: CHARQ100JVDSNW3C341Z\"\n",
        "Subject,Requester "
        "email,Description,Activation\nx,ana@a.example,hello,CHARQ100JVDSNW3C341Z\n",
        "type,user,subject,body_text\nreceived,ana@a.example,x,hello CHARQ100JVDSNW3C341Z\n",
        "Case Subject,Case Description,SuppliedEmail\nx,hello CHARQ100JVDSNW3C341Z,ana@a.example\n",
        "id,raw\n1,\"From: ana@a.example\nSubject: x\n\nhello CHARQ100JVDSNW3C341Z\n\"\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        assert_true(desk_table_is_one(tables[i], strlen(tables[i]), false));
        DeskTaken taken = read_text(tables[i]);
        assert_int_equal(taken.mails->len, 1);
        desk_assert_mail(
            &taken, 0,
            DESK_HAS("From: ana@a.example\n", "Subject: x\n", "hello", "CHARQ100JVDSNW3C341Z\n"));
        desk_free(&taken);
    }
    static const char prose[] = "Raw, as it was,\nit came from here\n";
    assert_false(desk_table_is_one(prose, sizeof prose - 1, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_of_many_desks),
        cmocka_unit_test(test_telling),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_utf_16),
        cmocka_unit_test(test_hostile_cells),
        cmocka_unit_test(test_agents_and_attachments),
        cmocka_unit_test(test_raw_mails),
        cmocka_unit_test(test_what_cannot_be_read),
        cmocka_unit_test(test_endless_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
