/* What is known about one mail: who sent it, what kind it is, what makes two copies the same. */
#include "core/armor_text.h"
#include "mail/message.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char *const own[] = {"licenses@vendor.test", NULL};
static const char *const lists[] = {"licensing@vendor.test", NULL};

static ParsedMail *parse_as(const char *text, bool from_mbox, bool deleted)
{
    const MailSettings settings = {
        .own_addresses = own, .list_addresses = lists, .parsers = 1, .time_limit_ms = 1000};
    const MessageOrigin origin = {.from_mbox = from_mbox, .deleted = deleted};
    g_autofree char *copy = g_strdup(text);
    return message_parse(copy, strlen(copy), &origin, &settings);
}

/* A mail with the given further headers; `from` NULL: no From. */
static ParsedMail *parse(const char *from, const char *headers)
{
    g_autofree char *text = g_strdup_printf(
        "%s%s%sTo: licenses@vendor.test\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"
        "Message-ID: <1@example.com>\n"
        "Date: Tue, 03 Jun 2025 08:00:00 +0200\n%s\nhello\n",
        from == NULL ? "" : "From: ", from == NULL ? "" : from, from == NULL ? "" : "\n", headers);
    return parse_as(text, false, false);
}

static void assert_sender(const ParsedMail *mail, const char *from, const char *reply_to)
{
    if (from == NULL) {
        assert_null(mail->from);
    } else {
        assert_non_null(mail->from);
        assert_string_equal(mail->from, from);
    }
    if (reply_to == NULL) {
        assert_null(mail->reply_to);
    } else {
        assert_non_null(mail->reply_to);
        assert_string_equal(mail->reply_to, reply_to);
    }
}

static void test_headers(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) mail =
        parse("ana@example.com", "In-Reply-To: <r@x>\nReferences: <a@x>\n <b@x>\n");
    assert_string_equal(mail->subject, "Gr\xC3\xBC\xC3\x9F"
                                       "e");
    assert_string_equal(mail->message_id, "1@example.com");
    assert_string_equal(mail->in_reply_to, "r@x");
    assert_int_equal(mail->references->len, 2);
    assert_string_equal(g_ptr_array_index(mail->references, 1), "b@x");
    assert_int_equal(mail->date_at, 1748930400);
    assert_string_equal(mail->text, "hello\n");
}

/* What a broken clock says is no date: it could not be stored. */
static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gint64 seconds;
    } dates[] = {
        {"Tue, 03 Jun 2025 08:00:00 +0200", 1748930400},
        {"Thu, 01 Jan 1970 00:00:01 +0000", 1},
        {"Fri, 31 Dec 9999 23:59:59 +0000", 253402300799},
        {"Thu, 01 Jan 1970 00:00:00 +0000", 0},
        {"Wed, 31 Dec 1969 23:59:59 +0000", 0},
        {"Mon, 01 Jan 1900 00:00:00 +0000", 0},
        {"Fri, 31 Dec 9999 23:59:59 -1200", 0},
        {"Sat, 01 Jan 10000 00:00:00 +0000", 0},
        {"Sat, 01 Jan 300000 00:00:00 +0000", 0},
        {"Sat, 01 Jan 99999999999999999999 00:00:00 +0000", 0},
        {"now", 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(dates); i++) {
        g_autofree char *text =
            g_strdup_printf("From: ana@example.com\nDate: %s\n\nhello\n", dates[i].text);
        g_autoptr(ParsedMail) mail = parse_as(text, false, false);
        if (mail->date_at != dates[i].seconds) {
            fail_msg("%s: %" G_GINT64_FORMAT, dates[i].text, mail->date_at);
        }
    }
}

/* Whatever stands before the first field, and however that field is folded, the parts are found. */
static void test_before_the_first_field(void **state)
{
    (void)state;
    static const char *const before[] = {"",
                                         "\xEF\xBB\xBF",
                                         "\r\n\n",
                                         "From ana@example.com\n",
                                         ">From ana@example.com Tue Jun  3 08:00:00 2025\n",
                                         "no field at all\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(before); i++) {
        g_autofree char *text = g_strconcat(
            before[i],
            "Content-Type: multipart/mixed;\n boundary=b\nFrom: ana@example.com\n\n--b\n"
            "Content-Transfer-Encoding: base64\n\naGVsbG8=\n--b--\n",
            NULL);
        g_autoptr(ParsedMail) mail = parse_as(text, false, false);
        assert_sender(mail, "ana@example.com", "ana@example.com");
        assert_string_equal(mail->text, "hello\n");
    }
}

static void test_senders(void **state)
{
    (void)state;
    static const char *const froms[][2] = {
        {"ana@example.com", "ana@example.com"},
        {"Ana Kovac <ana@Example.COM>", "ana@example.com"},
        {"\"Kovac, Ana\" <ana@example.com>", "ana@example.com"},
        {"ana@example.com (Ana, of x@y.test)", "ana@example.com"},
        {"=?utf-8?q?Ana_=3Cx=40y=2Etest=3E?= <ana@example.com>", "ana@example.com"},
        {"\"boss@plant.test\" <ana@example.com>", "ana@example.com"},
        {"boss@plant.test <ana@example.com>", "ana@example.com"},
        {"<@relay.test:ana@example.com>", "ana@example.com"},
        {"<ana@example.com", "ana@example.com"},
        {"ana@example.com, Ana <ANA@example.com>", "ana@example.com"},
        {"Plant: ana@example.com;", "ana@example.com"},
        {"nobody", NULL},
        {"<>", NULL},
        {"<ana@example.com\\r\\nRCPT TO:<x@y.test>", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(froms); i++) {
        g_autoptr(ParsedMail) mail = parse(froms[i][0], "");
        assert_int_equal(mail->kind, MAIL_FROM_PERSON);
        assert_sender(mail, froms[i][1], froms[i][1]);
    }
}

/* What people and programs write in the place of an address. */
static void test_senders_in_other_forms(void **state)
{
    (void)state;
    static const char *const froms[][2] = {
        {"<mailto:ana@example.com>", "ana@example.com"},
        {"Ana <MAILTO:ana@example.com?subject=x>", "ana@example.com"},
        {"mailto:ana@example.com", "ana@example.com"},
        {"<‹ana@example.com›>", "ana@example.com"},
        {"Ana ‹ana@example.com›", "ana@example.com"},
        {"Ana＜ana＠example.com＞", "ana@example.com"},
        {"<ａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ>", "ana@example.com"},
        {"Ana &lt;ana@example.com&gt;", "ana@example.com"},
        {"<'ana@example.com'>", "ana@example.com"},
        {"“ana@example.com”", "ana@example.com"},
        {"<<ana@example.com>>", "ana@example.com"},
        {"<ana@example.com.>", "ana@example.com"},
        {"<\xE2\x80\x8B"
         "ana@exam\xC2\xADple.com\xC2\xA0>",
         "ana@example.com"},
        {"=?utf-8?q?ana=40example=2Ecom?=", "ana@example.com"},
        {"=?utf-8?b?QW5hIDxhbmFAZXhhbXBsZS5jb20+?=", "ana@example.com"},
        {"Ana <=?utf-8?q?ana?=@example.com>", "ana@example.com"},
        {"<ana@Bücher.example>", "ana@xn--bcher-kva.example"},
        {"<ana@xn--bcher-kva.example>", "ana@xn--bcher-kva.example"},
        {"‹boss@plant.test› <ana@example.com>", "ana@example.com"},
        {"<änä@example.com>", NULL},
        {"<ana@straße.example>", NULL},
        {"=?utf-8?q?ana=40example=2Ecom=2C_x=40y=2Etest?=", NULL},
        {"<=?utf-8?q?ana=40example=2Ecom=0D=0ARCPT_TO=3A=3Cx=40y=2Etest?=>", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(froms); i++) {
        g_autoptr(ParsedMail) mail = parse(froms[i][0], "");
        assert_int_equal(mail->kind, MAIL_FROM_PERSON);
        if (g_strcmp0(mail->from, froms[i][1]) != 0 ||
            g_strcmp0(mail->reply_to, froms[i][1]) != 0) {
            fail_msg("%s is read as %s (%s)", froms[i][0], mail->from, mail->why);
        }
        // Nobody is answered: then a person reads why, and whom to answer.
        assert_true(mail->from != NULL || mail->why != NULL);
    }
    g_autoptr(ParsedMail) letters = parse("Änä <änä@example.com>", "");
    assert_non_null(strstr(letters->why, "änä@example.com"));
}

static void test_reply_to_does_not_count(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) mail = parse("ana@example.com", "Reply-To: x@collector.test\n");
    assert_sender(mail, "ana@example.com", "ana@example.com");
}

static void test_several_authors(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) two = parse("ana@example.com, x@collector.test", "");
    assert_int_equal(two->kind, MAIL_FROM_PERSON);
    assert_sender(two, NULL, NULL);
    assert_non_null(strstr(two->why, "more than one author"));
    g_autoptr(ParsedMail) twice = parse("ana@example.com", "From: Ana <x@collector.test>\n");
    assert_int_equal(twice->kind, MAIL_FROM_PERSON);
    assert_sender(twice, NULL, NULL);
    assert_non_null(strstr(twice->why, "more than one author"));
    g_autoptr(ParsedMail) glued = parse("<ana@example.com> <x@collector.test>", "");
    assert_int_equal(glued->kind, MAIL_FROM_PERSON);
    assert_sender(glued, NULL, NULL);
    assert_non_null(strstr(glued->why, "more than one author"));
}

static void test_hidden_author(void **state)
{
    (void)state;
    g_autoptr(GString) headers = g_string_new("Sender: ana@example.com\n");
    for (gsize i = 0; i < 5000; i++) {
        g_string_append(headers, "X: 1\n");
    }
    g_string_append(headers, "From: eve@collector.test\n");
    g_autoptr(ParsedMail) late = parse(NULL, headers->str);
    assert_sender(late, "eve@collector.test", "eve@collector.test");
    g_autofree char *padding = g_strnfill(70000, 'x');
    g_autofree char *padded = g_strdup_printf("ana@example.com, (%s) eve@collector.test", padding);
    g_autoptr(ParsedMail) cut = parse(padded, "");
    assert_sender(cut, NULL, NULL);
    g_autoptr(ParsedMail) route = parse("<eve@collector.test:ana@example.com>", "");
    assert_sender(route, NULL, NULL);
    g_autoptr(ParsedMail) bare = parse("eve@collector.test:ana@example.com", "");
    assert_sender(bare, NULL, NULL);
    g_autoptr(ParsedMail) relay = parse("<@relay.example:ana@example.com>", "");
    assert_sender(relay, "ana@example.com", "ana@example.com");
}

static void test_no_author(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) sender = parse(NULL, "Sender: Rui <rui@example.com>\n");
    assert_int_equal(sender->kind, MAIL_FROM_PERSON);
    assert_sender(sender, NULL, "rui@example.com");
    assert_non_null(strstr(sender->why, "unproven"));
    g_autoptr(ParsedMail) path = parse(NULL, "Return-Path: <rui@example.com>\n");
    assert_sender(path, NULL, "rui@example.com");
    g_autoptr(ParsedMail) none = parse(NULL, "");
    assert_sender(none, NULL, NULL);
}

static void test_own_list(void **state)
{
    (void)state;
    const char *from = "\"Mio via Licensing\" <licensing@vendor.test>";
    g_autoptr(ParsedMail) original =
        parse(from, "X-Original-From: Mio <mio@example.com>\nReply-To: Mio@Example.com\n"
                    "Precedence: list\nList-Id: <licensing.vendor.test>\n");
    assert_int_equal(original->kind, MAIL_FROM_PERSON);
    assert_sender(original, "mio@example.com", "mio@example.com");
    g_autoptr(ParsedMail) reply =
        parse(from, "Reply-To: licensing@vendor.test, Mio <mio@example.com>\nPrecedence: bulk\n");
    assert_int_equal(reply->kind, MAIL_FROM_PERSON);
    assert_sender(reply, "mio@example.com", "mio@example.com");
    g_autoptr(ParsedMail) differ =
        parse(from, "X-Original-From: mio@example.com\nReply-To: eve@collector.test\n");
    assert_sender(differ, NULL, NULL); /* one of them the sender may have written */
    g_autoptr(ParsedMail) nothing = parse(from, "List-Id: <licensing.vendor.test>\n");
    assert_sender(nothing, NULL, NULL);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *headers;
        MailKind kind;
    } cases[] = {
        {"ana@example.com", "Auto-Submitted: no\n", MAIL_FROM_PERSON},
        {"ana@example.com", "Precedence: list\n", MAIL_FROM_PERSON},
        {"ana@example.com", "X-Auto-Response-Suppress: All\n", MAIL_FROM_PERSON},
        {"ana@example.com", "List-Id: <ops.example.com>\n", MAIL_FROM_PERSON},
        {"ana@example.com", "Auto-Submitted: auto-replied\n", MAIL_AUTOMATIC},
        {"ana@example.com", "Auto-Submitted: Auto-Generated; owner-email=x\n", MAIL_AUTOMATIC},
        {"ana@example.com", "X-Autoreply: yes\n", MAIL_AUTOMATIC},
        {"ana@example.com", "Precedence: auto_reply\n", MAIL_AUTOMATIC},
        {"ana@example.com", "Precedence: bulk\n", MAIL_AUTOMATIC},
        {"ana@example.com",
         "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n",
         MAIL_AUTOMATIC},
        {"ana@example.com", "Return-Path: <>\n", MAIL_BOUNCE},
        {"ana@example.com", "Return-Path: <>\nAuto-Submitted: auto-replied\n", MAIL_AUTOMATIC},
        {"ana@example.com", "Return-Path: <>\nX-Autoreply: yes\n", MAIL_AUTOMATIC},
        {"MAILER-DAEMON@mx.example.com", "Auto-Submitted: auto-replied\n", MAIL_BOUNCE},
        {"MAILER-DAEMON@mx.example.com", "", MAIL_BOUNCE},
        {"MAILER-DAEMON", "", MAIL_BOUNCE},
        {"Postmaster <postmaster@example.com>", "", MAIL_BOUNCE},
        {"ana@example.com",
         "Content-Type: multipart/report;\n report-type=delivery-status; boundary=b\n",
         MAIL_BOUNCE},
        {"Licensing <Licenses@Vendor.test>", "", MAIL_OURS},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(ParsedMail) mail = parse(cases[i].from, cases[i].headers);
        if (mail->kind != cases[i].kind) {
            fail_msg("From: %s, %s: kind %d", cases[i].from, cases[i].headers, (int)mail->kind);
        }
        assert_true((mail->kind == MAIL_FROM_PERSON) == (mail->reply_to != NULL));
    }
}

static void test_foreign_list(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) mail = parse_as(
        "From: news@example.com\nTo: readers@example.com\nList-Id: <news.example.com>\n\nx\n",
        false, false);
    assert_int_equal(mail->kind, MAIL_LIST);
    assert_null(mail->reply_to);
}

static void test_deleted(void **state)
{
    (void)state;
    static const char *const marks[] = {
        "X-Status: D",
        "Status: ROD",
        "X-Mozilla-Status: 0009",
        "X-Gmail-Labels: Trash",
        "X-Gmail-Labels: =?UTF-8?Q?Papierkorb,Ge=C3=B6ffnet?=",
        "X-Gmail-Labels: Archived,\"ゴミ箱\",Unread",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        g_autofree char *text = g_strdup_printf("From: a@example.com\n%s\n\nx\n", marks[i]);
        g_autoptr(ParsedMail) mail = parse_as(text, true, false);
        assert_int_equal(mail->kind, MAIL_DELETED);
        g_autoptr(ParsedMail) alone = parse_as(text, false, false); /* nobody's mailbox says so */
        assert_int_equal(alone->kind, MAIL_FROM_PERSON);
    }
    g_autoptr(ParsedMail) kept =
        parse_as("From: a@example.com\nStatus: RO\nX-Mozilla-Status: 0001\n"
                 "X-Gmail-Labels: Spam,Trash compactor,Inbox\n\nx\n",
                 true, false);
    assert_int_equal(kept->kind, MAIL_FROM_PERSON);
    g_autoptr(ParsedMail) trashed = parse_as("From: a@example.com\n\nx\n", false, true);
    assert_int_equal(trashed->kind, MAIL_DELETED);
}

static void test_identity(void **state)
{
    (void)state;
    const char *plain = "From: a@example.com\nDate: x\nMessage-ID: <1@x>\n\nFrom here\n";
    const char *exported = "X-Status: A\r\nMessage-ID:\r\n  <1@x>\r\nFrom: a@example.com\r\n"
                           "Date:   x \r\nX-Folder: in\r\n\r\n>From here\r\n\r\n\r\n";
    g_autoptr(ParsedMail) first = parse_as(plain, false, false);
    g_autoptr(ParsedMail) second = parse_as(exported, true, false);
    assert_true(digest_equal(&first->identity, &second->identity));
    g_autoptr(ParsedMail) other =
        parse_as("From: a@example.com\nDate: y\nMessage-ID: <1@x>\n\nFrom here\n", false, false);
    assert_false(digest_equal(&first->identity, &other->identity));
}

/* A device's mail without Message-ID and Date: told by its text, whatever the export did to it. */
static void test_identity_by_text(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) first =
        parse_as("From: a@example.com\n\nFrom here\nto there\n", false, false);
    g_autoptr(ParsedMail) second = parse_as(
        "Status: RO\r\nFrom: a@example.com\r\n\r\n>From here\r\nto there\r\n\r\n", true, false);
    g_autoptr(ParsedMail) third =
        parse_as("From: a@example.com\n\n>From here\nto there\n", false, false);
    g_autoptr(ParsedMail) other =
        parse_as("From: a@example.com\n\nFrom here\nto where\n", false, false);
    assert_true(digest_equal(&first->identity, &second->identity));
    assert_true(digest_equal(&first->identity, &third->identity));
    assert_false(digest_equal(&first->identity, &other->identity));
}

/* Mails without Message-ID and Date of whose text nothing is left are two mails if their bytes
 * differ: all of it read as header, or a mail within the mail. */
static void test_identity_without_text(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"From: a@example.com\nSub\001ject\n7QZ1 one\n",
         "From: a@example.com\nSub\001ject\n7QZ1 two\n"},
        {"From: a@example.com\nContent-Type: message/rfc822\n\nFrom: b@example.com\n\none\n",
         "From: a@example.com\nContent-Type: message/rfc822\n\nFrom: b@example.com\n\ntwo\n"}};
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autoptr(ParsedMail) first = parse_as(pairs[i][0], false, false);
        g_autoptr(ParsedMail) again = parse_as(pairs[i][0], true, false);
        g_autoptr(ParsedMail) other = parse_as(pairs[i][1], false, false);
        assert_true(digest_equal(&first->identity, &again->identity));
        assert_false(digest_equal(&first->identity, &other->identity));
    }
}

static void test_unquoted_text(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) mail =
        parse_as("From: a@example.com\n\nWe lost it.\n\nOn 2 June Bo wrote:\n"
                 "> old\n| older\n\n-----Original Message-----\nFrom: x\n",
                 false, false);
    assert_string_equal(mail->text, "We lost it.\n\n\n");
    g_autoptr(ParsedMail) html =
        parse_as("From: a@example.com\nContent-Type: text/html\n\n<p>We <b>lost</b> it."
                 "<blockquote>old</blockquote>",
                 false, false);
    assert_string_equal(html->text, "We lost it.\n");
}

/* Programs that put a whole mail below the answer, and mark it by nothing but its header. What is
 * passed on of others is read: nobody has said it yet. */
static void test_unquoted_below_a_header(void **state)
{
    (void)state;
    static const char *const ours[] = {
        "From: Chariot <licenses@vendor.test>\nSent: Monday\nTo: Ana\nSubject: x\n",
        "*Von:* Licenses@Vendor.test\n*Gesendet:* Montag\n\n*An:* Ana\n*Betreff:* x\n",
        "De\xC2\xA0: licenses@vendor.test [mailto:licenses@vendor.test]\n"
        "Envoy\xC3\xA9\xC2\xA0: lundi\n\xC3\x80\xC2\xA0: Ana\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(ours); i++) {
        g_autofree char *data =
            g_strdup_printf("From: a@example.com\n\nThanks.\n%sIt was lost.\n", ours[i]);
        g_autoptr(ParsedMail) mail = parse_as(data, false, false);
        assert_string_equal(mail->text, "Thanks.\n");
    }
    static const char *const read[] = {
        "From: joe@plant.example\nTo: licenses@vendor.test\nSubject: x\nDate: y\nIt burnt.\n",
        "Note: we wrote to licenses@vendor.test.\nIt burnt.\n",
        "From: notlicenses@vendor.test\nTo: Ana\nSubject: x\nIt burnt.\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(read); i++) {
        g_autofree char *data = g_strdup_printf("From: a@example.com\n\n%s", read[i]);
        g_autoptr(ParsedMail) mail = parse_as(data, false, false);
        assert_string_equal(mail->text, read[i]);
    }
    g_autoptr(ParsedMail) below =
        parse_as("From: a@example.com\n\n> From: licenses@vendor.test\n> To: Ana\n"
                 "> Subject: x\nIt burnt.\n",
                 false, false);
    assert_string_equal(below->text, "It burnt.\n");
}

static void test_not_in_silence(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) zip =
        parse_as("From: a@example.com\nContent-Type: application/zip; name=code.zip\n"
                 "Content-Transfer-Encoding: base64\n\nUEsDBAoAAAAAAA==\n",
                 false, false);
    assert_non_null(zip->why);
    assert_non_null(strstr(zip->why, "code.zip"));
    g_autoptr(ParsedMail) encrypted =
        parse_as("From: a@example.com\nContent-Type: application/pkcs7-mime; name=smime.p7m\n"
                 "Content-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQAxAAAAAAAAAAAA\n",
                 false, false);
    assert_string_equal(encrypted->why,
                        "no code in its text; not searched: smime.p7m (an encrypted part (S/MIME); "
                        "it is encrypted: ask for the same mail without encryption)");
    g_autoptr(ParsedMail) pgp =
        parse_as("From: a@example.com\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n=Zk3A\n-----END PGP "
                 "MESSAGE-----\n",
                 false, false);
    assert_true(encrypted->encrypted_only && pgp->encrypted_only);
    assert_non_null(strstr(pgp->why, "encrypted with PGP; it is encrypted: ask for the same mail"));
    g_autoptr(ParsedMail) picture =
        parse_as("From: a@example.com\nContent-Type: image/png\n"
                 "Content-Transfer-Encoding: base64\n\niVBORw0KGgoAAAANSUhEUg==\n",
                 false, false);
    assert_true(picture->picture_only && !picture->encrypted_only);
}

static void test_bounce_names_our_mail(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) mail = parse_as(
        "From: MAILER-DAEMON@mx.example.com\nReturn-Path: <>\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n"
        "no such user\n--b\nContent-Type: message/rfc822\n\nFrom: licenses@vendor.test\n"
        "Message-Id: <reply-7@vendor.test>\n\nYour license\n--b--\n",
        false, false);
    assert_int_equal(mail->kind, MAIL_BOUNCE);
    assert_int_equal(mail->references->len, 1);
    assert_string_equal(g_ptr_array_index(mail->references, 0), "reply-7@vendor.test");
}

#define REPORT                                                                                     \
    "From: MAILER-DAEMON@mx.example.com\nReferences: <a@vendor.test>\n"                            \
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"             \
    "Content-Type: message/delivery-status\n\n"

/* What has come to no end yet, or did arrive, did not come back. */
static void test_reports_of_no_failure(void **state)
{
    static const struct {
        const char *text;
        MailKind kind;
        guint references;
    } cases[] = {
        {REPORT "Action: delayed\n--b--\n", MAIL_AUTOMATIC, 1},
        {REPORT "action:  delivered\n\nAction: relayed\n--b--\n", MAIL_AUTOMATIC, 1},
        {REPORT "Action: delivered\n\nAction: Failed\n--b--\n", MAIL_BOUNCE, 1},
        {REPORT "Your mail <reply-7.0123456789abcdef@vendor.test> failed\n--b--\n", MAIL_BOUNCE, 2},
        {"From: ana@example.com\nReturn-Path: <>\nReferences: <a@vendor.test>\n\nI am away.\n",
         MAIL_BOUNCE, 0},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(ParsedMail) mail = parse_as(cases[i].text, false, false);
        assert_int_equal(mail->kind, cases[i].kind);
        if (cases[i].kind == MAIL_BOUNCE) {
            assert_int_equal(mail->references->len, cases[i].references);
        }
    }
}

static void test_any_bytes(void **state)
{
    (void)state;
    const char *given = g_getenv("SEED");
    guint32 seed = given != NULL ? (guint32)g_ascii_strtoull(given, NULL, 10) : g_random_int();
    print_message("SEED=%u\n", seed);
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    static const char base[] =
        "From: a@example.com\nSubject: =?utf-8?b?R3I=?=\nMessage-ID: <1@x>\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; "
        "charset=utf-16\n"
        "Content-Transfer-Encoding: quoted-printable\n\n<p>a=3D=\nb</p>\n--b\n"
        "Content-Transfer-Encoding: base64\n\nSGVsbG8=\n--b\nContent-Type: message/rfc822\n\n"
        "Subject: x\n\nhello\n--b--\n";
    const MailSettings settings = {
        .own_addresses = own, .list_addresses = lists, .parsers = 1, .time_limit_ms = 1000};
    const MessageOrigin origin = {.from_mbox = true};
    for (int round = 0; round < 3000; round++) {
        char copy[sizeof base];
        memcpy(copy, base, sizeof base);
        gint32 changes = g_rand_int_range(rand, 1, 12);
        for (gint32 i = 0; i < changes; i++) {
            gint32 place = g_rand_int_range(rand, 0, (gint32)sizeof base - 1);
            copy[place] = g_rand_boolean(rand) ? (char)g_rand_int_range(rand, 0, 256)
                                               : base[g_rand_int_range(rand, 0, 300)];
        }
        gsize length = (gsize)g_rand_int_range(rand, 1, (gint32)sizeof base);
        g_autoptr(ParsedMail) mail = message_parse(copy, length, &origin, &settings);
        assert_non_null(mail->text);
        assert_true(g_utf8_validate(mail->text, -1, NULL));
        assert_true(g_utf8_validate(mail->subject, -1, NULL));
    }
}

/* Codes in mail of ours and of machines, which intake passes over, are searched for when asked. */
static void test_search_all(void **state)
{
    (void)state;
    static const char bytes[100] = {0}; /* a whole code, whatever it says */
    g_autoptr(GBytes) body = g_bytes_new_static(bytes, sizeof bytes);
    g_autofree char *code = armor_text_write(ARMOR_USAGE_LICENSE, body);
    g_autofree char *text = g_strconcat(
        "From: licenses@vendor.test\nAuto-Submitted: auto-replied\nSubject: x\n\n", code, NULL);
    for (int all = 0; all <= 1; all++) {
        const MailSettings settings = {.own_addresses = own,
                                       .list_addresses = lists,
                                       .parsers = 1,
                                       .time_limit_ms = 1000,
                                       .search_all = all != 0};
        const MessageOrigin origin = {.from_mbox = false};
        g_autofree char *copy = g_strdup(text);
        g_autoptr(ParsedMail) mail = message_parse(copy, strlen(copy), &origin, &settings);
        assert_int_equal(mail->kind, MAIL_OURS);
        assert_int_equal(mail->tokens->len, all);
    }
}

/* Fields without end hide neither who wrote it, nor its text, nor a code among them. */
static void test_fields_without_end(void **state)
{
    (void)state;
    g_autoptr(GString) fields = g_string_new(NULL);
    for (int i = 0; i < 300000; i++) {
        g_string_append_printf(fields, "X-%d: y\n", i);
    }
    g_autoptr(ParsedMail) mail = parse("ana@example.com", fields->str);
    assert_sender(mail, "ana@example.com", "ana@example.com");
    assert_string_equal(mail->text, "hello\n");
    assert_non_null(strstr(mail->why, "of its header only the first 2000 fields were read"));
    g_string_append(fields, "X: ");
    const gsize at = fields->len;
    static const char bytes[100] = {0}; /* a whole code, whatever it says */
    g_autoptr(GBytes) body = g_bytes_new_static(bytes, sizeof bytes);
    g_autofree char *code = armor_text_write(ARMOR_USAGE_REQUEST, body);
    g_string_append(fields, code);
    g_strdelimit(fields->str + at, "\n", ' ');
    g_string_append_c(fields, '\n');
    g_autoptr(ParsedMail) found = parse("ana@example.com", fields->str);
    assert_int_equal(found->tokens->len, 1);
}

int main(void)
{
    message_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_before_the_first_field),
        cmocka_unit_test(test_senders),
        cmocka_unit_test(test_senders_in_other_forms),
        cmocka_unit_test(test_reply_to_does_not_count),
        cmocka_unit_test(test_several_authors),
        cmocka_unit_test(test_no_author),
        cmocka_unit_test(test_hidden_author),
        cmocka_unit_test(test_own_list),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_foreign_list),
        cmocka_unit_test(test_deleted),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_identity_by_text),
        cmocka_unit_test(test_identity_without_text),
        cmocka_unit_test(test_unquoted_text),
        cmocka_unit_test(test_unquoted_below_a_header),
        cmocka_unit_test(test_not_in_silence),
        cmocka_unit_test(test_bounce_names_our_mail),
        cmocka_unit_test(test_reports_of_no_failure),
        cmocka_unit_test(test_search_all),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_fields_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
