/* Replies as rows: a reply and the decisions that it tells of, one a line. */
#include "db/intake_store.h"

#include "core/address.h"
#include "db/sql.h"

static const char insert_replies[] =
    "with r as (insert into reply (id, message_id, recipient, state, why, ready, effective)"
    " overriding system value"
    " select u.id, u.message_id, t.recipient,"
    " case when t.recipient is null then 'listed' else 'queued' end,"
    " case when t.recipient is null then u.why end, u.ready, $10"
    " from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::smallint[],"
    "  $6::bigint[]) as u (id, message_id, recipient, why, ready, contact_of)"
    " cross join lateral (select coalesce(u.recipient, contact_written_to(u.contact_of))"
    "  as recipient) t)"
    " insert into reply_line (reply_id, position, decision_id)"
    " select * from unnest($7::bigint[], $8::smallint[], $9::bigint[])";

bool intake_write_replies(Database *database, const GArray *rows, const BatchStamp *stamp,
                          GError **error)
{
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *ids = sql_params_add_column(params, SQL_INT8);
    SqlColumn *messages = sql_params_add_column(params, SQL_INT8);
    SqlColumn *recipients = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *why = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *ready = sql_params_add_column(params, SQL_INT2);
    SqlColumn *contact_of = sql_params_add_column(params, SQL_INT8);
    SqlColumn *line_replies = sql_params_add_column(params, SQL_INT8);
    SqlColumn *line_positions = sql_params_add_column(params, SQL_INT2);
    SqlColumn *line_decisions = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < rows->len; i++) {
        const ReplyRow *row = &g_array_index(rows, ReplyRow, i);
        sql_column_int(ids, row->id);
        sql_column_int(messages, row->message_id);
        sql_column_text(recipients, row->recipient);
        sql_column_text(why, row->why);
        sql_column_int(ready, row->ready);
        sql_column_int(contact_of, row->contact_of);
        for (guint j = 0; j < row->decisions->len; j++) {
            sql_column_int(line_replies, row->id);
            sql_column_int(line_positions, j + 1);
            sql_column_int(line_decisions, g_array_index(row->decisions, int64_t, j));
        }
    }
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_insert_replies", insert_replies, params, error);
}

/* A reply is withdrawn only if each of its lines gives a license that no longer stands; whether
 * that was superseded before it ended otherwise makes no difference. A notice never is, for what it
 * tells has happened. */
static const char withdraw_replies[] =
    "with r as (update reply r set state = 'withdrawn', why = 'its usage license no longer stands'"
    " where r.state = 'queued' and r.id in (select l.reply_id from reply_line l"
    "  join decision d on d.id = l.decision_id"
    "  join usage_license u on u.decision_id = d.id where l.about is null"
    "  and u.serial = any ($1::bigint[]))"
    " and not exists (select from reply_line l join decision d on d.id = l.decision_id"
    "  left join activation a on a.id = d.serial"
    "  where l.reply_id = r.id and (d.outcome not in ('issued', 'resent') or a.state is null"
    "   or a.state = 'active')) returning r.*)"
    " insert into event (kind, subject, subject_id, row_digest, effective)"
    " select 'reply-withdrawn', 'reply', r.id, sha256(convert_to(r::text, 'UTF8')), $2 from r";

bool intake_withdraw_replies(Database *database, const GArray *serials, const BatchStamp *stamp,
                             GError **error)
{
    if (serials->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, serials);
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_withdraw_replies", withdraw_replies, params, error);
}

/* A mail that changes several things is told of once. */
static const char insert_notices[] =
    "with n as (select nextval('reply_id_seq') as id, g.* from ("
    "  select u.message_id, c.entry, array_agg(u.decision_id order by u.n) as decisions,"
    "   array_agg(u.license_id order by u.n) as licenses, array_agg(u.about order by u.n) as about"
    "  from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])"
    "   with ordinality as u (message_id, decision_id, license_id, about, answers, n)"
    "  join contact c on c.license_id = u.license_id and c.ended_on is null"
    "   and c.entry not like '@%' and not c.doubtful and c.entry is distinct from u.answers"
    "  group by u.message_id, c.entry order by 1, 2) g),"
    " r as (insert into reply (id, message_id, recipient, state, why, effective)"
    " overriding system value select id, message_id, entry, 'queued', 'notice', $6 from n)"
    " insert into reply_line (reply_id, position, decision_id, license_id, about)"
    " select n.id, l.position, l.decision, l.license, l.about from n,"
    " unnest(n.decisions, n.licenses, n.about)"
    " with ordinality as l (decision, license, about, position)";

bool intake_write_notices(Database *database, const GArray *rows, const BatchStamp *stamp,
                          GError **error)
{
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *messages = sql_params_add_column(params, SQL_INT8);
    SqlColumn *decisions = sql_params_add_column(params, SQL_INT8);
    SqlColumn *licenses = sql_params_add_column(params, SQL_INT8);
    SqlColumn *about = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *answers = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < rows->len; i++) {
        const NoticeRow *row = &g_array_index(rows, NoticeRow, i);
        g_autofree char *key = row->answers != NULL ? address_key(row->answers) : NULL;
        sql_column_int(messages, row->message_id);
        sql_column_int(decisions, row->decision_id);
        sql_column_int(licenses, row->license_id);
        sql_column_text(about, row->about);
        sql_column_text(answers, key);
    }
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_insert_notices", insert_notices, params, error);
}

bool intake_count_answers(Database *database, const char *address, int64_t now, unsigned *count,
                          GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, address);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_count_answers", "select answers_of_day($1, $2)", params, error);
    *count = result != NULL ? (unsigned)sql_result_int(result, 0, 0) : 0;
    return result != NULL;
}

bool intake_count_by_entry(Database *database, GArray *asked, unsigned most, int64_t now,
                           GError **error)
{
    if (asked->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *addresses = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *licenses = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < asked->len; i++) {
        const AnswerCount *count = &g_array_index(asked, AnswerCount, i);
        sql_column_text(addresses, count->address);
        sql_column_int(licenses, count->license_id);
    }
    sql_params_add_int(params, SQL_INT4, most);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result = sql_run(database, "intake_count_by_entry",
                                          "select n, entry, contact_id, in_hour, in_day, repeats"
                                          " from answers_counted($1, $2, $3, $4)",
                                          params, error);
    for (int row = 0; result != NULL && row < sql_result_rows(result); row++) {
        AnswerCount *count =
            &g_array_index(asked, AnswerCount, (guint)sql_result_int(result, row, 0) - 1);
        count->entry = g_strdup(sql_result_text(result, row, 1));
        count->contact_id = sql_result_int(result, row, 2);
        count->in_hour = (unsigned)sql_result_int(result, row, 3);
        count->in_day = (unsigned)sql_result_int(result, row, 4);
        count->repeats = (unsigned)sql_result_int(result, row, 5);
    }
    return result != NULL;
}
