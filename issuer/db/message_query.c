#include "db/message_query.h"

#include "base/error.h"
#include "db/decision_query.h"
#include "db/sql.h"

/* A mail that is in quarantine says there why, and one whose reply waits for a person says it in
 * the reply. */
#define SUMMARY_COLUMNS                                                                            \
    "m.id, m.effective, m.class::text, m.from_address, m.subject,"                                 \
    " coalesce(case when m.class = 'quarantined' then q.reason end,"                               \
    "  case when l.state = 'undelivered' then concat_ws(': ', l.why, l.last_error) end,"           \
    " m.why, l.why), m.source,"                                                                    \
    " l.message_id is not null or m.handled_at is null"                                            \
    " and (q.closed_at is null or m.class <> 'quarantined')"                                       \
    " and (m.class in ('about-license', 'unrecognised', 'quarantined')"                            \
    "  or exists (select from case_mail k where k.message_id = m.id and k.seen_at is null)),"      \
    " coalesce(l.ready, 0)"
#define FROM_MESSAGE                                                                               \
    " from message m left join quarantine q on q.message_id = m.id"                                \
    " left join lateral (select r.message_id, r.state, r.why, r.last_error, r.ready from reply r"  \
    "  where r.message_id = m.id and r.state in ('listed', 'undelivered')"                         \
    "  order by r.state desc, r.id limit 1) l on true"

/* Each part reads an index of what waits: mails, replies, cases that are open. */
static const char select_waiting[] =
    "with w as (select id from message where class in ('about-license', 'unrecognised',"
    "  'quarantined') and handled_at is null"
    " union select message_id from reply where state in ('listed', 'undelivered')"
    "  and message_id is not null"
    " union select message_id from case_mail where seen_at is null)"
    " select " SUMMARY_COLUMNS FROM_MESSAGE " where m.id in (select id from w)"
    " and (l.message_id is not null or m.handled_at is null"
    "  and (q.closed_at is null or m.class <> 'quarantined'))"
    " order by m.id limit $1";
static const char select_all[] =
    "select " SUMMARY_COLUMNS FROM_MESSAGE " order by m.id desc limit $1";
static const char select_one[] =
    "select " SUMMARY_COLUMNS ", m.source_offset, m.size, m.raw is not null, m.sent_at,"
    " m.message_id, m.in_reply_to, m.reply_to, m.body, m.emptied_at, m.handled_at, m.handled_how,"
    " q.message_id is not null, q.reason, q.closed_at, q.closed_how,"
    " case m.sender_vouched when true then 'yes' when false then 'no' end, "
    "m.sender_says" FROM_MESSAGE " where m.id = $1";

static char *text(const SqlResult *result, int row, int column)
{
    return g_strdup(sql_result_text(result, row, column));
}

static MessageSummary *read_summary(const SqlResult *result, int row)
{
    MessageSummary *summary = g_new0(MessageSummary, 1);
    summary->id = sql_result_int(result, row, 0);
    summary->taken_in = sql_result_time(result, row, 1);
    summary->class_name = text(result, row, 2);
    summary->from = text(result, row, 3);
    summary->subject = text(result, row, 4);
    summary->why = text(result, row, 5);
    summary->source = text(result, row, 6);
    summary->waits = sql_result_bool(result, row, 7);
    summary->ready = (ReadyAnswer)sql_result_int(result, row, 8);
    return summary;
}

static void message_summary_free(MessageSummary *summary)
{
    if (!summary) {
        return;
    }
    g_free(summary->class_name);
    g_free(summary->from);
    g_free(summary->subject);
    g_free(summary->why);
    g_free(summary->source);
    g_free(summary);
}

static void free_summary(gpointer summary)
{
    message_summary_free(summary);
}

static const char *query_of(MessageChoice choice)
{
    switch (choice) {
    case MESSAGES_WAITING:
        return select_waiting;
    case MESSAGES_ALL:
        return select_all;
    }
    g_assert_not_reached();
}

GPtrArray *message_query_list(Database *db, MessageChoice choice, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, most);
    g_autoptr(SqlResult) result = sql_run(db, NULL, query_of(choice), params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *messages = g_ptr_array_new_with_free_func(free_summary);
    for (int row = 0; row < sql_result_rows(result); row++) {
        g_ptr_array_add(messages, read_summary(result, row));
    }
    return messages;
}

/* ---- one with all that became of it ---- */

static SqlResult *run(Database *db, const char *query, int64_t id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    return sql_run(db, NULL, query, params, error);
}

static MessageDetail *read_detail(const SqlResult *result)
{
    MessageDetail *detail = g_new0(MessageDetail, 1);
    detail->summary = read_summary(result, 0);
    detail->offset = (uint64_t)sql_result_int(result, 0, 9);
    detail->size = (uint64_t)sql_result_int(result, 0, 10);
    detail->has_raw = sql_result_bool(result, 0, 11);
    detail->sent_at = sql_result_time(result, 0, 12);
    detail->message_id = text(result, 0, 13);
    detail->in_reply_to = text(result, 0, 14);
    detail->reply_to = text(result, 0, 15);
    detail->body = text(result, 0, 16);
    detail->emptied_at = sql_result_time(result, 0, 17);
    detail->handled_at = sql_result_time(result, 0, 18);
    detail->handled_how = text(result, 0, 19);
    detail->quarantined = sql_result_bool(result, 0, 20);
    detail->quarantine_reason = text(result, 0, 21);
    detail->quarantine_closed_at = sql_result_time(result, 0, 22);
    detail->quarantine_closed_how = text(result, 0, 23);
    detail->vouched = text(result, 0, 24);
    detail->authentication = text(result, 0, 25);
    return detail;
}

static MessageReply *read_reply(const SqlResult *result, int row)
{
    MessageReply *reply = g_new0(MessageReply, 1);
    reply->id = sql_result_int(result, row, 0);
    reply->recipient = text(result, row, 1);
    reply->state = text(result, row, 2);
    reply->why = text(result, row, 3);
    reply->ready = (ReadyAnswer)sql_result_int(result, row, 4);
    reply->queued_at = sql_result_time(result, row, 5);
    reply->sent_at = sql_result_time(result, row, 6);
    reply->attempts = (uint32_t)sql_result_int(result, row, 7);
    reply->decisions = sql_result_int_array(result, row, 8);
    reply->words = text(result, row, 9);
    reply->not_before = sql_result_time(result, row, 10);
    reply->last_error = text(result, row, 11);
    return reply;
}

static void free_reply(gpointer data)
{
    MessageReply *reply = data;
    g_free(reply->recipient);
    g_free(reply->state);
    g_free(reply->why);
    g_free(reply->words);
    g_free(reply->last_error);
    g_array_unref(reply->decisions);
    g_free(reply);
}

static GPtrArray *load_replies(Database *db, int64_t id, GError **error)
{
    g_autoptr(SqlResult) result =
        run(db,
            "select r.id, r.recipient, r.state::text, r.why, r.ready, r.effective, r.sent_at,"
            " r.attempts, array(select l.decision_id from reply_line l where l.reply_id = r.id"
            "  order by l.position), a.words, case when r.state in ('queued', 'sending')"
            "  then nullif(r.not_before, '-infinity') end, r.last_error"
            " from reply r left join answer a on a.reply_id = r.id"
            " where r.message_id = $1"
            " order by r.recorded_at, r.id",
            id, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *replies = g_ptr_array_new_with_free_func(free_reply);
    for (int row = 0; row < sql_result_rows(result); row++) {
        g_ptr_array_add(replies, read_reply(result, row));
    }
    return replies;
}

MessageDetail *message_query_show(Database *db, int64_t id, GError **error)
{
    g_autoptr(SqlResult) result = run(db, select_one, id, error);
    if (!result) {
        return NULL;
    }
    if (sql_result_rows(result) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "no message %" G_GINT64_FORMAT
                    " is on record; `issuer message list --all` lists them",
                    (gint64)id);
        return NULL;
    }
    MessageDetail *detail = read_detail(result);
    detail->decisions = decision_query_of_message(db, id, error);
    detail->replies = detail->decisions ? load_replies(db, id, error) : NULL;
    if (!detail->replies) {
        message_detail_free(detail);
        return NULL;
    }
    return detail;
}

void message_detail_free(MessageDetail *detail)
{
    if (!detail) {
        return;
    }
    message_summary_free(detail->summary);
    g_free(detail->message_id);
    g_free(detail->in_reply_to);
    g_free(detail->reply_to);
    g_free(detail->vouched);
    g_free(detail->authentication);
    g_free(detail->body);
    g_free(detail->handled_how);
    g_free(detail->quarantine_reason);
    g_free(detail->quarantine_closed_how);
    g_clear_pointer(&detail->decisions, g_ptr_array_unref);
    g_clear_pointer(&detail->replies, g_ptr_array_unref);
    g_free(detail);
}
