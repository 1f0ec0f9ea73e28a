#include "db/request_query.h"

#include "base/error.h"
#include "core/mail_words.h"
#include "core/statement.h"
#include "db/sql.h"

static char *text(const SqlResult *result, int row, int column)
{
    return g_strdup(sql_result_text(result, row, column));
}

/* ---- lists ---- */

#define SUMMARY_OF(requests)                                                                       \
    "select r.id, r.digest, h.id, r.host::text, r.purpose::text, l.license_id::text,"              \
    " (select v.name::text from customer_version v where v.customer_id = l.customer_id"            \
    "  order by v.version desc limit 1), m.from_address, d.outcome::text, d.code::text,"           \
    " d.note::text, d.would::text, d.serial, r.effective, d.effective,"                            \
    " (select count(*) from case_mail k where k.case_number = h.id and k.seen_at is null),"        \
    " case m.sender_vouched when true then 'yes' when false then 'no' end, m.sender_says"          \
    " from " requests " r"                                                                         \
    " cross join lateral (select * from decision d where d.request_id = r.id"                      \
    "  and d.code <> 'emergency'"                                                                  \
    "  order by d.recorded_at desc, d.id desc limit 1) d"                                          \
    " join message m on m.id = d.message_id"                                                       \
    " left join hold h on h.request_id = r.id and h.closed_at is null"                             \
    " left join license l on l.id = r.license_id"

static RequestSummary *summary_from(const SqlResult *result, int row)
{
    RequestSummary *summary = g_new0(RequestSummary, 1);
    summary->id = sql_result_int(result, row, 0);
    summary->digest = sql_result_digest(result, row, 1);
    summary->case_number = sql_result_int(result, row, 2);
    summary->host = text(result, row, 3);
    summary->purpose = text(result, row, 4);
    summary->license_id = text(result, row, 5);
    summary->customer = text(result, row, 6);
    summary->from = text(result, row, 7);
    summary->outcome = text(result, row, 8);
    summary->code = text(result, row, 9);
    summary->note = text(result, row, 10);
    summary->would = text(result, row, 11);
    summary->serial = sql_result_int(result, row, 12);
    summary->received_at = sql_result_time(result, row, 13);
    summary->decided_at = sql_result_time(result, row, 14);
    summary->answers = sql_result_int(result, row, 15);
    summary->vouched = text(result, row, 16);
    summary->authentication = text(result, row, 17);
    return summary;
}

static void request_summary_free(RequestSummary *summary)
{
    if (summary == NULL) {
        return;
    }
    g_free(summary->host);
    g_free(summary->purpose);
    g_free(summary->license_id);
    g_free(summary->customer);
    g_free(summary->from);
    g_free(summary->vouched);
    g_free(summary->authentication);
    g_free(summary->outcome);
    g_free(summary->code);
    g_free(summary->note);
    g_free(summary->would);
    g_free(summary);
}

static void free_summary(gpointer summary)
{
    request_summary_free(summary);
}

static const char list_waiting[] =
    SUMMARY_OF("usage_request") " where h.id is not null order by h.opened_at, h.id limit $1";
static const char list_all[] =
    SUMMARY_OF("(select * from usage_request order by effective desc, id desc limit $1)") //
    " order by r.effective desc, r.id desc";

GPtrArray *request_query_list(Database *db, bool all, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, most);
    g_autoptr(SqlResult) result = sql_run(db, NULL, all ? list_all : list_waiting, params, error);
    if (result == NULL) {
        return NULL;
    }
    GPtrArray *found = g_ptr_array_new_with_free_func(free_summary);
    for (int row = 0; row < sql_result_rows(result); row++) {
        g_ptr_array_add(found, summary_from(result, row));
    }
    return found;
}

/* ---- one request ---- */

static SqlResult *find_ids(Database *db, const char *given, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    const int64_t number = mail_words_case_typed(given);
    if (number != 0) {
        sql_params_add_int(params, SQL_INT8, number);
        return sql_run(db, NULL, "select request_id from hold where id = $1", params, error);
    }
    uint8_t from[STATEMENT_SPAN];
    uint8_t below[STATEMENT_SPAN];
    if (!statement_short_form_span(given, from, below)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "'%s' names no request: give its short form (7K2QW-9M3XA) or its case's number",
                    given);
        return NULL;
    }
    sql_params_add_bytes(params, from, sizeof from);
    sql_params_add_bytes(params, below, sizeof below);
    return sql_run(db, NULL,
                   "select id from usage_request where digest >= $1 and digest < $2 limit 2",
                   params, error);
}

int64_t request_query_find(Database *db, const char *given, GError **error)
{
    g_autofree char *wanted = g_strstrip(g_strdup(given));
    g_autoptr(SqlResult) result = find_ids(db, wanted, error);
    if (result == NULL) {
        return 0;
    }
    if (sql_result_rows(result) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "no request %s is on record; `issuer request list --all` shows the newest",
                    wanted);
        return 0;
    }
    if (sql_result_rows(result) > 1) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s is the short form of several requests: name its case's number", wanted);
        return 0;
    }
    return sql_result_int(result, 0, 0);
}

static void free_reply(gpointer data)
{
    RequestReply *reply = data;
    g_free(reply->recipient);
    g_free(reply->state);
    g_free(reply->why);
    g_free(reply);
}

static bool load_replies(Database *db, const SqlParams *id, RequestDetail *detail, GError **error)
{
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                "select p.id, p.recipient, p.state::text,"
                " nullif(concat_ws(': ', p.why, p.last_error), ''), p.sent_at,"
                " case when p.state in ('queued', 'sending')"
                "  then nullif(p.not_before, '-infinity') end from reply p"
                " where p.id in (select l.reply_id from reply_line l"
                "  join decision d on d.id = l.decision_id where d.request_id = $1)"
                " order by p.effective, p.id",
                id, error);
    for (int row = 0; result != NULL && row < sql_result_rows(result); row++) {
        RequestReply *reply = g_new0(RequestReply, 1);
        reply->id = sql_result_int(result, row, 0);
        reply->recipient = text(result, row, 1);
        reply->state = text(result, row, 2);
        reply->why = text(result, row, 3);
        reply->sent_at = sql_result_time(result, row, 4);
        reply->not_before = sql_result_time(result, row, 5);
        g_ptr_array_add(detail->replies, reply);
    }
    return result != NULL;
}

bool request_query_told(Database *db, int64_t decision_id, char **recipient, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, decision_id);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                "select p.recipient from reply_line l join reply p on p.id = l.reply_id"
                " where l.decision_id = $1 and l.about is null order by p.id limit 1",
                params, error);
    *recipient = result != NULL && sql_result_rows(result) > 0 ? text(result, 0, 0) : NULL;
    return result != NULL;
}

static bool load_request(Database *db, const SqlParams *id, RequestDetail *detail, GError **error)
{
    g_autoptr(SqlResult) summary =
        sql_run(db, NULL, SUMMARY_OF("usage_request") " where r.id = $1", id, error);
    g_autoptr(SqlResult) rest =
        summary == NULL
            ? NULL
            : sql_run(db, NULL,
                      "select r.seq, r.iat, r.installed::text, r.product::text, r.version::text,"
                      " m.subject, m.body, m.why from usage_request r"
                      " join message m on m.id = r.message_id where r.id = $1",
                      id, error);
    if (rest == NULL) {
        return false;
    }
    detail->summary = summary_from(summary, 0);
    detail->seq = (uint64_t)sql_result_int(rest, 0, 0);
    detail->iat = sql_result_time(rest, 0, 1);
    detail->installed = text(rest, 0, 2);
    detail->product = text(rest, 0, 3);
    detail->version = text(rest, 0, 4);
    detail->subject = text(rest, 0, 5);
    detail->body = text(rest, 0, 6);
    detail->mail_why = text(rest, 0, 7);
    return true;
}

RequestDetail *request_query_show(Database *db, int64_t id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    RequestDetail *detail = g_new0(RequestDetail, 1);
    detail->replies = g_ptr_array_new_with_free_func(free_reply);
    detail->decisions = decision_query_of_request(db, id, error);
    detail->mails = detail->decisions != NULL ? case_query_mails(db, id, 0, error) : NULL;
    detail->questions = detail->mails != NULL ? case_query_questions(db, id, error) : NULL;
    if (detail->questions == NULL || !load_request(db, params, detail, error) ||
        !load_replies(db, params, detail, error)) {
        request_detail_free(detail);
        return NULL;
    }
    return detail;
}

void request_detail_free(RequestDetail *detail)
{
    if (detail == NULL) {
        return;
    }
    request_summary_free(detail->summary);
    g_free(detail->installed);
    g_free(detail->product);
    g_free(detail->version);
    g_free(detail->subject);
    g_free(detail->body);
    g_free(detail->mail_why);
    g_clear_pointer(&detail->decisions, g_ptr_array_unref);
    g_ptr_array_unref(detail->replies);
    g_clear_pointer(&detail->mails, g_ptr_array_unref);
    g_clear_pointer(&detail->questions, g_ptr_array_unref);
    g_free(detail);
}
