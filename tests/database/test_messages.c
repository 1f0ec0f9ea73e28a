/* Looking through mails: which wait for a person, and one with what became of it. */
#include "records_fixture.h"

#include "service/messages.h"
#include "service/quarantine.h"

/* Mail 1 (of the fixture) was a request and is answered. */
static const char mails[] =
    "insert into message (id, identity, class, why, source, source_offset, size, raw, sent_at,"
    " message_id, in_reply_to, from_address, reply_to, subject, body, emptied_at, handled_at,"
    " handled_how, effective) overriding system value values"
    " (2, sha256('m2'), 'unrecognised', 'no code in its text', 'inbox#2', 100, 50, 'raw',"
    "  '2026-01-31', 'two@plants.example', 'one@vendor.example', 'ana@plants.example',"
    "  'ana@plants.example', 'A question', 'Where is it?', null, null, null, '2026-02-02'),"
    " (3, sha256('m3'), 'about-license', null, 'inbox#3', 150, 50, null, null, null, null, null,"
    "  null, null, null, '2026-03-01', '2026-02-03', 'answered', '2026-02-03'),"
    " (4, sha256('m4'), 'quarantined', 'too long', 'inbox#4', 200, 99, null, null, null, null, "
    "null,"
    "  null, null, null, null, null, null, '2026-02-04'),"
    " (5, sha256('m5'), 'quarantined', 'no mail', 'x.bin#1', 0, 9, null, null, null, null, null,"
    "  null, null, null, null, null, null, '2026-02-05'),"
    " (6, sha256('m6'), 'request', null, 'inbox#5', 300, 9, null, null, null, null,"
    "  'eve@elsewhere.example', null, 'Offline', 'Hello', null, null, null, '2026-02-06'),"
    " (7, sha256('m7'), 'ignored', 'an automatic reply', 'inbox#6', 310, 9, null, null, null, null,"
    "  null, null, null, null, null, null, null, '2026-02-07');"
    "insert into quarantine (message_id, reason, closed_at, closed_how) values"
    " (4, 'too long', null, null), (5, 'no mail', '2026-02-06', 'dropped');"
    "insert into decision (id, message_id, token_kind, outcome, rule, code, problem, facts, policy,"
    " program, effective) overriding system value values (2, 6, 'usage-request', 'refused', 1,"
    " 'damaged', 'line 7 is wrong', '{}', sha256('p'), '0.1.0', '2026-02-06');"
    "insert into reply (id, message_id, recipient, state, why, ready, effective, sent_at, attempts)"
    " overriding system value values"
    " (1, 1, 'ops@plants.example', 'sent', null, 0, '2026-02-01', '2026-02-01', 1),"
    " (2, 6, null, 'listed', 'the sender is no contact of any license', 0, '2026-02-06', null, 0),"
    " (3, 2, null, 'listed', 'a ready answer, if a person agrees', 2, '2026-02-02', null, 0);"
    "insert into reply_line (reply_id, position, decision_id) values (1, 1, 1), (2, 1, 2)";

static Context *filled(void)
{
    Context *context = fresh();
    add_records(context, mails);
    return context;
}

/* The numbers of these mails, marked where they wait. */
static char *ids_of(const GPtrArray *messages)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < messages->len; i++) {
        const MessageSummary *message = g_ptr_array_index(messages, i);
        g_string_append_printf(text, "%s%d%s", i > 0 ? " " : "", (int)message->id,
                               message->waits ? "!" : "");
    }
    return g_string_free(text, FALSE);
}

static void expect_list(Context *context, MessageChoice choice, const char *ids)
{
    g_autoptr(GError) error = NULL;
    bool more = false;
    g_autoptr(GPtrArray) found = messages_list(context, choice, 100, &more, &error);
    if (found == NULL) {
        fail_msg("%s", error->message);
    }
    g_autofree char *told = ids_of(found);
    assert_string_equal(told, ids);
    assert_false(more);
}

static void listed_by_what_waits(void **state)
{
    (void)state;
    g_autoptr(Context) context = filled();
    expect_list(context, MESSAGES_WAITING, "2! 4! 6!");
    expect_list(context, MESSAGES_ALL, "7 6! 5 4! 3 2! 1");
}

static void each_says_why(void **state)
{
    (void)state;
    g_autoptr(Context) context = filled();
    g_autoptr(GPtrArray) all = message_query_list(context->database, MESSAGES_WAITING, 10, NULL);
    static const char *const why[] = {"no code in its text", "too long",
                                      "the sender is no contact of any license"};
    assert_int_equal(all->len, G_N_ELEMENTS(why));
    for (guint i = 0; i < G_N_ELEMENTS(why); i++) {
        assert_string_equal(((const MessageSummary *)g_ptr_array_index(all, i))->why, why[i]);
    }
}

static void no_more_than_wanted(void **state)
{
    (void)state;
    g_autoptr(Context) context = filled();
    bool more = false;
    g_autoptr(GPtrArray) newest = messages_list(context, MESSAGES_ALL, 3, &more, NULL);
    g_autofree char *newest_ids = ids_of(newest);
    assert_string_equal(newest_ids, "7 6! 5");
    assert_true(more);
    g_autoptr(GPtrArray) waiting = messages_list(context, MESSAGES_WAITING, 3, &more, NULL);
    g_autofree char *waiting_ids = ids_of(waiting);
    assert_string_equal(waiting_ids, "2! 4! 6!");
    assert_false(more);
}

static void shown_with_its_text_and_headers(void **state)
{
    (void)state;
    g_autoptr(Context) context = filled();
    g_autoptr(MessageDetail) mail = messages_show(context, 2, NULL);
    assert_string_equal(mail->summary->from, "ana@plants.example");
    assert_string_equal(mail->summary->subject, "A question");
    assert_string_equal(mail->body, "Where is it?");
    assert_string_equal(mail->message_id, "two@plants.example");
    assert_string_equal(mail->in_reply_to, "one@vendor.example");
    assert_string_equal(mail->summary->source, "inbox#2");
    assert_int_equal(mail->offset, 100);
    assert_true(mail->has_raw);
    assert_true(mail->sent_at > 0 && mail->sent_at < mail->summary->taken_in);
    assert_int_equal(mail->decisions->len, 0);
    assert_int_equal(mail->replies->len, 1);
    const MessageReply *reply = g_ptr_array_index(mail->replies, 0);
    assert_int_equal(reply->ready, READY_PICTURE);
    assert_int_equal(reply->decisions->len, 0);
    g_autoptr(MessageDetail) emptied = messages_show(context, 3, NULL);
    assert_null(emptied->body);
    assert_null(emptied->summary->from);
    assert_true(emptied->emptied_at > 0);
    assert_string_equal(emptied->handled_how, "answered");
}

static void shown_with_what_was_decided_and_answered(void **state)
{
    (void)state;
    g_autoptr(Context) context = filled();
    g_autoptr(MessageDetail) issued = messages_show(context, 1, NULL);
    const DecisionRecord *decision = g_ptr_array_index(issued->decisions, 0);
    assert_string_equal(decision->outcome, "issued");
    assert_int_equal(decision->serial, 42);
    const MessageReply *sent = g_ptr_array_index(issued->replies, 0);
    assert_string_equal(sent->recipient, "ops@plants.example");
    assert_string_equal(sent->state, "sent");
    assert_int_equal(g_array_index(sent->decisions, int64_t, 0), 1);
    g_autoptr(MessageDetail) damaged = messages_show(context, 6, NULL);
    const DecisionRecord *refused = g_ptr_array_index(damaged->decisions, 0);
    assert_true(digest_is_zero(&refused->token));
    assert_string_equal(refused->problem, "line 7 is wrong");
    const MessageReply *listed = g_ptr_array_index(damaged->replies, 0);
    assert_null(listed->recipient);
    assert_string_equal(listed->state, "listed");
}

static void the_quarantine_shows_its_own(void **state)
{
    (void)state;
    g_autoptr(Context) context = filled();
    bool more = false;
    g_autoptr(GPtrArray) now = quarantine_list(context, false, 10, &more, NULL);
    assert_int_equal(now->len, 1);
    assert_int_equal(((const QuarantineRow *)g_ptr_array_index(now, 0))->id, 4);
    assert_false(more);
    g_autoptr(GPtrArray) ever = quarantine_list(context, true, 1, &more, NULL);
    assert_int_equal(((const QuarantineRow *)g_ptr_array_index(ever, 0))->id, 5);
    assert_true(more);
    g_autoptr(GPtrArray) retries = NULL;
    g_autoptr(MessageDetail) open = quarantine_show(context, 4, &retries, NULL);
    assert_int_equal(retries->len, 0);
    assert_string_equal(open->quarantine_reason, "too long");
    assert_int_equal(open->quarantine_closed_at, 0);
    g_autoptr(GPtrArray) others = NULL;
    g_autoptr(MessageDetail) closed = quarantine_show(context, 5, &others, NULL);
    assert_string_equal(closed->quarantine_closed_how, "dropped");
    const struct {
        int64_t id;
        const char *words;
    } missing[] = {{2, "message 2 is not in quarantine; `issuer message show 2`"},
                   {99, "no message 99 is on record; `issuer message list --all`"}};
    for (gsize i = 0; i < G_N_ELEMENTS(missing); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) none = NULL;
        assert_null(quarantine_show(context, missing[i].id, &none, &error));
        assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND));
        assert_non_null(strstr(error->message, missing[i].words));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listed_by_what_waits),
        cmocka_unit_test(each_says_why),
        cmocka_unit_test(no_more_than_wanted),
        cmocka_unit_test(shown_with_its_text_and_headers),
        cmocka_unit_test(shown_with_what_was_decided_and_answered),
        cmocka_unit_test(the_quarantine_shows_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
