/* The wording of replies, as the person who gets them would judge it. */
#include "core/reply.h"

#include "core/armor.h"
#include "core/reply_layout.h"
#include "core/reply_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RIGHT_TO_LEFT 0x202E /* a bidirectional control */

/* A line with everything set, so that what must not be told could be told. */
static ReplyLine full_line(const char *code, Outcome outcome, const char *jws)
{
    return (ReplyLine){
        .kind = STATEMENT_USAGE_REQUEST,
        .outcome = outcome,
        .code = code,
        .problem = "line 7 is wrong",
        .request_short = "7K2QW-9M3XA",
        .request_iat = 1795600000,
        .host = "plant-3-mqtt1",
        .license_id = "LIC-00000012",
        .product = "chariot",
        .request_product = "chariot-edge",
        .serial = "UL-00000042",
        .supersedes = "UL-00000041, UL-00000040",
        .valid_until = 2237544000,
        .license_expires = 1790856000,
        .jws = jws,
        .case_number = 1234,
        .activations_used = 3,
        .activations_allowed = 3,
    };
}

static char *new_jws(guint8 fill)
{
    guint8 bytes[400] = {0};
    bytes[1] = 100;
    bytes[103] = 400 - 2 - 100 - 2 - 64;
    for (gsize i = 104; i < sizeof bytes; i++) {
        bytes[i] = fill;
    }
    g_autoptr(GBytes) body = g_bytes_new(bytes, sizeof bytes);
    char *jws = armor_body_to_jws(body, NULL);
    assert_non_null(jws);
    return jws;
}

static ReplyText *render(ReplyLine *const *lines, guint count)
{
    g_autoptr(GPtrArray) array = g_ptr_array_new();
    for (guint i = 0; i < count; i++) {
        g_ptr_array_add(array, lines[i]);
    }
    const ReplyFacts facts = {
        .vendor = "Example Licensing", .subject = "Offline usage request 7", .lines = array};
    return reply_render(&facts);
}

static ReplyText *render_one(ReplyLine *line)
{
    return render(&line, 1);
}

/* `text` with its line breaks as blanks, to look for sentences in. */
static char *flat(const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
    GString *out = g_string_new(NULL);
    for (char **word = words; *word != NULL; word++) {
        if (**word != '\0') {
            g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "", *word);
        }
    }
    return g_string_free(out, FALSE);
}

static void assert_says(const ReplyText *reply, const char *words)
{
    g_autofree char *text = flat(reply->text);
    if (strstr(text, words) == NULL) {
        print_error("\"%s\" is not said in:\n%s\n", words, reply->text);
        fail();
    }
}

static void assert_silent(const ReplyText *reply, const char *words)
{
    if (strstr(reply->text, words) != NULL || strstr(reply->subject, words) != NULL) {
        print_error("\"%s\" is said in:\n%s\n%s\n", words, reply->subject, reply->text);
        fail();
    }
}

/* Whatever was decided: lines that fit, no place left unfilled, no character that does things. */
static void assert_well_formed(const ReplyText *reply)
{
    assert_true(g_utf8_validate(reply->text, -1, NULL));
    assert_null(strpbrk(reply->subject, "\r\n{}"));
    assert_null(strpbrk(reply->text, "\r{}\x1b"));
    assert_true(g_str_has_prefix(reply->subject, "Re: "));
    assert_true(g_str_has_prefix(reply->text, "Hello,\n\n"));
    assert_true(g_str_has_suffix(reply->text, "Kind regards\nExample Licensing\n"));
    assert_null(strstr(reply->text, "\n\n\n"));
    assert_null(strstr(reply->text, " \n"));
    g_auto(GStrv) lines = g_strsplit(reply->text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (g_utf8_strlen(*line, -1) > REPLY_LAYOUT_COLUMNS) {
            print_error("too long: %s\n", *line);
            fail();
        }
    }
}

static void assert_has_words(const char *code, Outcome outcome, const char *jws)
{
    const ReplyWords *words = reply_words_find(code, outcome);
    if (words == NULL) {
        print_error("no words for %s\n", code);
        fail();
        return;
    }
    ReplyLine line = full_line(code, outcome, jws);
    g_autoptr(ReplyText) reply = render_one(&line);
    assert_well_formed(reply);
    if (outcome == OUTCOME_HELD) {
        assert_says(reply, "Nothing need be generated or sent again");
        assert_non_null(strstr(reply->subject, "case 1234"));
        assert_says(reply, "Case 1234");
    }
    if (outcome == OUTCOME_REFUSED || outcome == OUTCOME_HELD) {
        assert_non_null(words->next);
        assert_int_equal(reply->attachments->len, 0);
    }
    ReplyLine bare = {.outcome = outcome, .code = code};
    g_autoptr(ReplyText) little = render_one(&bare);
    assert_well_formed(little);
    assert_silent(little, "(null)");
}

static void test_every_rule_has_words(void **state)
{
    (void)state;
    g_autofree char *jws = new_jws(1);
    gsize count = 0;
    const RuleText *rules = rules_table(&count);
    assert_true(count >= 21);
    for (gsize i = 0; i < count; i++) {
        const bool licensed =
            rules[i].outcome == OUTCOME_ISSUED || rules[i].outcome == OUTCOME_RESENT;
        assert_has_words(rules[i].code, rules[i].outcome, licensed ? jws : NULL);
    }
}

static void test_codes_beside_the_table_have_words(void **state)
{
    static const struct {
        const char *code;
        Outcome outcome;
    } others[] = {
        {"resent-too-often", OUTCOME_HELD},          {"choose-request", OUTCOME_HELD},
        {"no-activations-left", OUTCOME_HELD},       {"no-activations-left", OUTCOME_REFUSED},
        {"deactivated", OUTCOME_ACCEPTED},           {"nothing-to-give-back", OUTCOME_ACCEPTED},
        {"repeated-deactivation", OUTCOME_ACCEPTED}, {"forged-deactivation", OUTCOME_REFUSED},
        {"never-issued", OUTCOME_REFUSED},           {"foreign-deactivation", OUTCOME_REFUSED},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        assert_has_words(others[i].code, others[i].outcome, NULL);
    }
    for (int outcome = OUTCOME_ISSUED; outcome <= OUTCOME_ACCEPTED; outcome++) {
        ReplyLine line = full_line("a-code-of-tomorrow", (Outcome)outcome, NULL);
        g_autoptr(ReplyText) reply = render_one(&line);
        assert_well_formed(reply);
    }
}

static void test_issued(void **state)
{
    (void)state;
    g_autofree char *jws = new_jws(1);
    ReplyLine line = full_line("issued", OUTCOME_ISSUED, jws);
    g_autoptr(ReplyText) reply = render_one(&line);
    assert_well_formed(reply);
    assert_string_equal(reply->subject, "Re: Offline usage request 7 [usage license UL-00000042]");
    assert_says(reply, "Request 7K2QW-9M3XA, made 2026-11-25 09:46 UTC by the server's clock");
    assert_says(reply, "License ID LIC-00000012");
    assert_says(reply, "Replaces UL-00000041, UL-00000040");
    assert_says(reply, "Valid until the end of 2040-11-25 anywhere on earth "
                       "(2040-11-26 12:00 UTC)");
    assert_says(reply, "only as long as this is the server's newest one");
    assert_says(reply, "You need not generate another request");
    assert_says(reply, "keeps working where it is installed until its own expiry");
    assert_says(reply, "select Upload Usage License and click Next");

    assert_int_equal(reply->attachments->len, 1);
    const ReplyAttachment *file = g_ptr_array_index(reply->attachments, 0);
    assert_string_equal(file->name, "plant-3-mqtt1-UL-00000042.txt");
    assert_true(g_str_has_prefix(file->content, "===== CHARIOT USAGE LICENSE =====\nCHARG1"));
    assert_non_null(strstr(reply->text, file->content)); /* line by line as it is */
    assert_says(reply, file->name);
}

static void test_perpetual_and_first(void **state)
{
    (void)state;
    g_autofree char *jws = new_jws(1);
    ReplyLine line = full_line("issued", OUTCOME_ISSUED, jws);
    line.valid_until = 0;
    line.supersedes = NULL;
    g_autoptr(ReplyText) reply = render_one(&line);
    assert_says(reply, "Valid until without end (perpetual)");
    assert_silent(reply, "Replaces");
    assert_silent(reply, "switched off");
}

static void test_notes(void **state)
{
    (void)state;
    g_autofree char *jws = new_jws(1);
    ReplyLine line = full_line("issued", OUTCOME_ISSUED, jws);
    line.note = "replaced";
    line.other_host = "plant-2-mqtt1";
    g_autoptr(ReplyText) replaced = render_one(&line);
    assert_says(replaced, "takes the place of server plant-2-mqtt1");
    assert_says(replaced, "Please deactivate the license on the server that was replaced");
    assert_says(replaced, "is not switched off");
    line.note = "reinstalled";
    g_autoptr(ReplyText) reinstalled = render_one(&line);
    assert_says(reinstalled, "no further one was taken");
    ReplyLine again = full_line("resent", OUTCOME_RESENT, jws);
    again.note = "entitlement-grown";
    g_autoptr(ReplyText) grown = render_one(&again);
    assert_says(grown, "it does not contain the change. To get it, generate a new usage request");
    assert_int_equal(grown->attachments->len, 1);
}

static void test_damage_is_placed(void **state)
{
    (void)state;
    ReplyLine line = full_line("damaged", OUTCOME_REFUSED, NULL);
    g_autoptr(ReplyText) reply = render_one(&line);
    assert_says(reply, "could not be read: line 7 is wrong.");
    assert_says(reply, "Please send the file instead of the text");
    assert_says(reply, "do not generate another one");
    assert_silent(reply, "LIC-00000012");
}

static void test_refusals_help_on(void **state)
{
    (void)state;
    ReplyLine none = full_line("no-activations-left", OUTCOME_REFUSED, NULL);
    g_autoptr(ReplyText) left = render_one(&none);
    assert_says(left, "(3 of 3)");
    assert_says(left, "mail us the deactivation code");
    assert_says(left, "License ID and a few words on what happened");
    assert_says(left, "keeps working until its own expiry");
    assert_says(left, "Nothing need be generated again");
    ReplyLine expired = full_line("license-expired", OUTCOME_REFUSED, NULL);
    g_autoptr(ReplyText) past = render_one(&expired);
    assert_says(past, "the end of 2026-09-30 anywhere on earth");
    assert_says(past, "order an extension");
    ReplyLine old = full_line("superseded-request", OUTCOME_REFUSED, NULL);
    g_autoptr(ReplyText) superseded = render_one(&old);
    assert_says(superseded, "clock is right, generate a new usage request");
    assert_says(superseded, "give it a new instance key");
    ReplyLine other = full_line("wrong-product", OUTCOME_REFUSED, NULL);
    g_autoptr(ReplyText) product = render_one(&other);
    assert_says(product, "asks for chariot-edge, but license LIC-00000012 is for chariot");
}

/* Whoever is no contact, or may be none, hears nothing that is on record. */
static void test_nothing_is_given_away(void **state)
{
    static const struct {
        const char *code;
        Outcome outcome;
    } quiet[] = {
        {"unknown-license", OUTCOME_REFUSED},     {"unknown-sender", OUTCOME_HELD},
        {"unproven-sender", OUTCOME_HELD},        {"damaged", OUTCOME_REFUSED},
        {"forged-deactivation", OUTCOME_REFUSED}, {"foreign-deactivation", OUTCOME_REFUSED},
        {"never-issued", OUTCOME_REFUSED},
    };
    (void)state;
    g_autofree char *jws = new_jws(1);
    for (gsize i = 0; i < G_N_ELEMENTS(quiet); i++) {
        ReplyLine line = full_line(quiet[i].code, quiet[i].outcome, jws);
        g_autoptr(ReplyText) reply = render_one(&line);
        assert_silent(reply, "LIC-00000012");
        assert_silent(reply, "UL-00000041");
        assert_silent(reply, "CHARG1");
        assert_int_equal(reply->attachments->len, 0);
    }
}

static void test_several_servers(void **state)
{
    (void)state;
    g_autofree char *first = new_jws(1);
    g_autofree char *second = new_jws(2);
    ReplyLine a = full_line("issued", OUTCOME_ISSUED, first);
    ReplyLine b = full_line("host-changed", OUTCOME_HELD, NULL);
    ReplyLine c = full_line("issued", OUTCOME_ISSUED, second);
    ReplyLine d = full_line("resent", OUTCOME_RESENT, second);
    b.host = "plant-4";
    c.host = "Plant 5/ mqtt: \xc3\xbc";
    c.serial = "UL-00000043";
    d.host = "PLANT-5-MQTT";
    d.serial = "UL-00000043";
    ReplyLine *lines[] = {&a, &b, &c, &d};
    g_autoptr(ReplyText) reply = render(lines, 4);
    assert_well_formed(reply);
    assert_string_equal(reply->subject,
                        "Re: Offline usage request 7 [4 codes answered, case 1234]");
    assert_says(reply, "- 1. plant-3-mqtt1: usage license UL-00000042");
    assert_says(reply, "- 2. plant-4: case 1234, waits for a person");
    assert_non_null(strstr(reply->text, "\n2 of 4: plant-4\n---------------\n"));
    assert_int_equal(reply->attachments->len, 3);
    static const char *const names[] = {"plant-3-mqtt1-UL-00000042.txt",
                                        "Plant-5-mqtt-UL-00000043.txt",
                                        "PLANT-5-MQTT-UL-00000043-2.txt"};
    for (guint i = 0; i < 3; i++) {
        const ReplyAttachment *file = g_ptr_array_index(reply->attachments, i);
        assert_string_equal(file->name, names[i]);
        assert_non_null(strstr(reply->text, file->content));
    }
    const char *once = strstr(reply->text, "How to install");
    assert_non_null(once);
    assert_null(strstr(once + 1, "How to install"));
}

/* Superseded between its decision and its delivery: it is told of, and not sent. */
static void test_voided(void **state)
{
    (void)state;
    g_autofree char *jws = new_jws(1);
    ReplyLine line = full_line("issued", OUTCOME_ISSUED, jws);
    line.voided = true;
    line.note = "replaced";
    g_autoptr(ReplyText) reply = render_one(&line);
    assert_well_formed(reply);
    assert_says(reply, "Usage license UL-00000042 was issued for server plant-3-mqtt1, but it is "
                       "not sent");
    assert_silent(reply, "CHARG1");
    assert_silent(reply, "How to install");
    assert_silent(reply, "takes the place");
    assert_int_equal(reply->attachments->len, 0);
}

static void test_notices(void **state)
{
    static const struct {
        NoticeKind kind;
        const char *subject;
        const char *says;
    } notices[] = {
        {NOTICE_REPLACED, "license LIC-00000012: a server was replaced",
         "server plant-3-mqtt1 has taken the place of server old-1 (usage license UL-00000007)."},
        {NOTICE_MOVED_AWAY, "license LIC-00000012: a server left",
         "Server plant-3-mqtt1 ran under license LIC-00000012. It was given a usage license of "
         "license LIC-7 now."},
        {NOTICE_MOVED_HERE, "license LIC-00000012: a server came from another license",
         "Server plant-3-mqtt1, which ran under license LIC-7 before"},
        {NOTICE_GIVEN_BACK, "license LIC-00000012: an activation was given back",
         "The activation that server plant-3-mqtt1 had under license LIC-00000012 is given back"},
        {NOTICE_CORRECTED, "license LIC-00000012: an activation has ended",
         "The activation that server plant-3-mqtt1 had under license LIC-00000012 has ended by a "
         "change of the license."},
    };
    (void)state;
    g_autofree char *jws = new_jws(1);
    for (gsize i = 0; i < G_N_ELEMENTS(notices); i++) {
        ReplyLine line = full_line("issued", OUTCOME_ISSUED, jws);
        line.notice = notices[i].kind;
        line.other_host = "old-1";
        line.other_serial = "UL-00000007";
        line.other_license = "LIC-7";
        g_autoptr(ReplyText) reply = render_one(&line);
        assert_string_equal(reply->subject, notices[i].subject);
        assert_says(reply, notices[i].says);
        assert_says(reply, "If you did not expect this, please answer this mail.");
        assert_silent(reply, "CHARG1"); /* nobody installs by a notice */
        assert_silent(reply, "Your mail");
        assert_int_equal(reply->attachments->len, 0);
        line.other_host = line.other_serial = line.other_license = line.host = NULL;
        g_autoptr(ReplyText) little = render_one(&line);
        assert_silent(little, "(null)");
    }
}

static void an_end_that_lies_ahead_is_told_without_a_server(void **state)
{
    (void)state;
    ReplyLine line = {
        .notice = NOTICE_EXPIRES,
        .outcome = OUTCOME_ACCEPTED,
        .license_id = "LIC-7",
        .license_expires = 1798804800, /* 2027-01-01 12:00 UTC: through the day before */
    };
    g_autoptr(ReplyText) reply = render_one(&line);
    assert_says(reply, "Your license LIC-7 expires at the end of 2026-12-31 anywhere on earth");
    assert_says(reply, "please order its extension");
    assert_silent(reply, "(null)");
    assert_silent(reply, "The server");
    assert_string_equal(reply->subject, "license LIC-7 expires soon");
}

/* A name that would be shown backwards; not written out, or it would turn this line as well. */
static char *turned_name(void)
{
    const gunichar name[] = {RIGHT_TO_LEFT, 'g', 'n', 'p', 0};
    return g_ucs4_to_utf8(name, -1, NULL, NULL, NULL);
}

static void test_foreign_text_is_harmless(void **state)
{
    (void)state;
    g_autofree char *jws = new_jws(1);
    g_autofree char *long_name = g_strnfill(400, 'x');
    g_autofree char *turned = turned_name();
    const char *const hosts[] = {"a\r\nBcc: x@y.example\x1b[2J",
                                 turned,
                                 "{serial} {nothing}",
                                 "\xff\xfe",
                                 long_name,
                                 "   ",
                                 "../../etc/passwd",
                                 ".hidden"};
    for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
        ReplyLine line = full_line("issued", OUTCOME_ISSUED, jws);
        line.host = hosts[i];
        line.problem = hosts[i];
        g_autoptr(ReplyText) reply = render_one(&line);
        assert_true(g_utf8_validate(reply->text, -1, NULL));
        assert_null(strpbrk(reply->text, "\r\x1b"));
        assert_null(g_utf8_strchr(reply->text, -1, RIGHT_TO_LEFT));
        assert_null(strstr(reply->text, "\nBcc"));
        const ReplyAttachment *file = g_ptr_array_index(reply->attachments, 0);
        assert_true(strlen(file->name) < 80);
        assert_true(g_ascii_isalnum(file->name[0]));
        assert_null(strstr(file->name, ".."));
        assert_int_equal(strspn(file->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789-."),
                         strlen(file->name));
    }
    ReplyLine line = full_line("issued", OUTCOME_ISSUED, jws);
    line.host = "{serial}";
    g_autoptr(ReplyText) reply = render_one(&line);
    assert_says(reply, "is issued for server {serial}.");
}

static void test_subjects(void **state)
{
    static const struct {
        const char *theirs;
        const char *ours;
    } cases[] = {
        {"Re: RE: re:please", "Re: please [license"},
        {"", "Re: your mail ["},
        {NULL, "Re: your mail ["},
        {"a\nBcc: b@c.example", "Re: a Bcc: b@c.example ["},
    };
    (void)state;
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ReplyFacts facts = {.vendor = "V", .subject = cases[i].theirs, .lines = lines};
        g_autoptr(ReplyText) reply = reply_render(&facts);
        g_autofree char *start = g_strndup(cases[i].ours, strcspn(cases[i].ours, "[") + 1);
        assert_true(g_str_has_prefix(reply->subject, start));
    }
    g_autofree char *long_subject = g_strnfill(5000, 'x');
    const ReplyFacts facts = {.vendor = "V", .subject = long_subject, .lines = lines};
    g_autoptr(ReplyText) reply = reply_render(&facts);
    assert_true(strlen(reply->subject) < 300);
}

static void test_ready_answers(void **state)
{
    static const struct {
        ReadyAnswer ready;
        const char *says;
    } cases[] = {
        {READY_NONE, "There was no code of a Chariot server in your mail"},
        {READY_KEY_INSTEAD_OF_REQUEST, "A license key is a secret of your firm"},
        {READY_PICTURE, "cannot be read reliably from a picture"},
        {READY_FLOATING_SERVER, "select View Server Info"},
        {READY_UPGRADE_WISH, "is booked with an order"},
        {READY_ENCRYPTED, "without S/MIME or PGP encryption and without a password"},
    };
    (void)state;
    assert_int_equal(G_N_ELEMENTS(cases), READY_ANSWERS);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ReplyFacts facts = {
            .vendor = "Example Licensing", .subject = "key", .ready = cases[i].ready};
        g_autoptr(ReplyText) reply = reply_render(&facts);
        assert_well_formed(reply);
        assert_says(reply, cases[i].says);
        assert_int_equal(reply->attachments->len, 0);
    }
}

/* What a person writes stands as it is, but for what no mail should hold. */
static void test_a_person_s_words(void **state)
{
    (void)state;
    ReplyLine line = {.outcome = OUTCOME_HELD,
                      .code = "host-changed",
                      .host = "plant-4",
                      .case_number = 1001,
                      .question = "Is {server} moved?\n\n- or copied?\x1b[2J \xe2\x80\xae"};
    g_autoptr(ReplyText) asked = render_one(&line);
    assert_string_equal(asked->subject, "Re: Offline usage request 7 [case 1001]");
    assert_says(asked, "We have a question about");
    assert_non_null(strstr(asked->text, "\nIs {server} moved?\n\n- or copied? [2J\n"));
    assert_says(asked,
                "Please answer this mail and leave case 1001 in its subject. Nothing need be");
    assert_silent(asked, "another machine than before");
    line.settled = true; /* there is nothing to answer any more */
    g_autoptr(ReplyText) late = render_one(&line);
    assert_silent(late, "moved?");
    const ReplyFacts facts = {.subject = "Re: hours", .words = "At nine."};
    g_autoptr(ReplyText) own = reply_render(&facts);
    assert_string_equal(own->subject, "Re: hours");
    assert_string_equal(own->text, "Hello,\n\nAt nine.\n\nKind regards\n");
}

static void test_layout_of_wide_words(void **state)
{
    (void)state;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *ascii = g_strnfill(200, 'a');
    reply_layout_field(out, "Server", ascii);
    reply_layout_text(out, "- \xe6\x9d\xb1\xe4\xba\xac one two");
    g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);
    assert_int_equal(strlen(lines[0]), 76);
    assert_true(g_str_has_prefix(lines[0], "Server          aaa"));
    assert_true(g_str_has_prefix(lines[1], "                aaa"));
    assert_int_equal(strlen(lines[1]), 76);
    assert_string_equal(lines[4], "- \xe6\x9d\xb1\xe4\xba\xac one two");
    g_string_truncate(out, 0);
    for (int i = 0; i < 60; i++) {
        g_string_append(out, "\xe6\x9d\xb1");
    }
    g_autofree char *wide = g_strdup(out->str);
    g_string_truncate(out, 0);
    reply_layout_text(out, wide);
    assert_int_equal(strchr(out->str, '\n') - out->str, 38 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rule_has_words),
        cmocka_unit_test(an_end_that_lies_ahead_is_told_without_a_server),
        cmocka_unit_test(test_codes_beside_the_table_have_words),
        cmocka_unit_test(test_issued),
        cmocka_unit_test(test_perpetual_and_first),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_damage_is_placed),
        cmocka_unit_test(test_refusals_help_on),
        cmocka_unit_test(test_nothing_is_given_away),
        cmocka_unit_test(test_several_servers),
        cmocka_unit_test(test_voided),
        cmocka_unit_test(test_notices),
        cmocka_unit_test(test_foreign_text_is_harmless),
        cmocka_unit_test(test_subjects),
        cmocka_unit_test(test_ready_answers),
        cmocka_unit_test(test_a_person_s_words),
        cmocka_unit_test(test_layout_of_wide_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
