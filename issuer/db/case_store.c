#include "db/case_store.h"

#include "db/sql.h"

static const char *const ways[] = {"in-reply-to", "references", "case-number"};

/* Whoever knows a case's number, or guesses it, has no say in it: who may speak is a contact of its
 * license, or was sent the reply that the mail answers. */
static const char find_cases[] =
    "with u as (select * from unnest($1::integer[], $2::text[], $3::bigint[], $4::text[],"
    "  $5::bigint[], $6::text[]) as u (mail, sender, reply_id, tag, case_number, how)),"
    " named as ("
    "  select u.mail, u.sender, c.id as case_number, u.how, lower(p.recipient) as told from u"
    "   join reply p on p.id = u.reply_id"
    "   left join message m on m.id = p.message_id"
    "   cross join lateral ("
    "    select max(h.id) as id from reply_line l join decision d on d.id = l.decision_id"
    "     join hold h on h.request_id = d.request_id"
    "     where l.reply_id = p.id and l.about is null group by d.request_id"
    "    union select s.id from restoration s where s.message_id = p.message_id"
    "    union select l.restoration_id from reply_line l where l.reply_id = p.id"
    "    union select k.case_number from case_mail k where k.message_id = p.message_id) c"
    "   where reply_tag(p.id, p.recorded_at, m.identity) = u.tag"
    "  union all"
    "  select u.mail, u.sender, u.case_number, u.how, null from u where u.case_number is not null)"
    " select distinct on (n.mail, n.case_number) n.mail, n.case_number, c.license_id, w.rank, "
    "y.may,"
    " c.request_id is null and c.open"
    " from named n cross join lateral (select c.* from case_now c"
    "  where c.case_number = n.case_number offset 0) c" /* by its number, not all of them */
    " cross join lateral (select array_position(array['in-reply-to', 'references', 'case-number'],"
    "  n.how) - 1 as rank) w"
    " cross join lateral (select n.sender is not null and (n.told is not distinct from n.sender"
    "  or exists (select from contact o where o.license_id = c.license_id and o.ended_on is null"
    "   and o.entry in (n.sender, substring(n.sender from '@[^@]*$')))) as may) y"
    " order by n.mail, n.case_number, y.may desc, w.rank";

static SqlParams *named_params(const GArray *named)
{
    SqlParams *params = sql_params_new();
    SqlColumn *mails = sql_params_add_column(params, SQL_INT4);
    SqlColumn *senders = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *replies = sql_params_add_column(params, SQL_INT8);
    SqlColumn *tags = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *cases = sql_params_add_column(params, SQL_INT8);
    SqlColumn *how = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < named->len; i++) {
        const CaseNamed *row = &g_array_index(named, CaseNamed, i);
        sql_column_int(mails, row->mail);
        sql_column_text(senders, row->sender);
        sql_column_id(replies, row->reply.reply);
        sql_column_text(tags, row->reply.reply != 0 ? row->reply.tag : NULL);
        sql_column_id(cases, row->case_number);
        sql_column_text(how, row->how);
    }
    return params;
}

GArray *case_store_find(Database *database, const GArray *named, GError **error)
{
    g_autoptr(GArray) joins = g_array_new(FALSE, TRUE, sizeof(CaseJoin));
    if (named->len == 0) {
        return g_steal_pointer(&joins);
    }
    g_autoptr(SqlParams) params = named_params(named);
    g_autoptr(SqlResult) result = sql_run(database, "case_find", find_cases, params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        const CaseJoin join = {
            .mail = (guint)sql_result_int(result, i, 0),
            .case_number = sql_result_int(result, i, 1),
            .license_id = sql_result_int(result, i, 2),
            .how = (int)sql_result_int(result, i, 3),
            .may_speak = sql_result_bool(result, i, 4),
            .open_loss = sql_result_bool(result, i, 5),
        };
        g_array_append_val(joins, join);
    }
    return result != NULL ? g_steal_pointer(&joins) : NULL;
}

bool case_store_newest(Database *database, int64_t *case_number, GError **error)
{
    g_autoptr(SqlResult) result = sql_run(database, "case_newest",
                                          "select coalesce(greatest((select max(id) from hold), "
                                          "(select max(id) from restoration)), 0)",
                                          NULL, error);
    *case_number = result != NULL ? sql_result_int(result, 0, 0) : 0;
    return result != NULL;
}

/* Where the case was over when it came, what it says is read as that of any other mail. */
static const char insert_joins[] =
    "with c as (insert into case_mail (case_number, message_id, how, seen_at)"
    "  select u.case_number, u.message_id, u.how, case when not n.open then $4::timestamptz end"
    "  from unnest($1::bigint[], $2::bigint[], $3::text[]) as u (case_number, message_id, how)"
    "  cross join lateral (select c.open from case_now c where c.case_number = u.case_number"
    "   offset 0) n on conflict do nothing returning *)"
    " insert into event (kind, subject, subject_id, row_digest, license_id, detail, effective)"
    " select 'mail-joined', 'case_mail', c.message_id, sha256(convert_to(c::text, 'UTF8')),"
    "  n.license_id, jsonb_build_object('case', c.case_number), $4"
    " from c cross join lateral (select n.license_id from case_now n"
    "  where n.case_number = c.case_number offset 0) n order by c.message_id, c.case_number";

bool case_store_join(Database *database, const GArray *rows, const BatchStamp *stamp,
                     GError **error)
{
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *cases = sql_params_add_column(params, SQL_INT8);
    SqlColumn *messages = sql_params_add_column(params, SQL_INT8);
    SqlColumn *how = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < rows->len; i++) {
        const CaseMailRow *row = &g_array_index(rows, CaseMailRow, i);
        sql_column_int(cases, row->join->case_number);
        sql_column_int(messages, row->message_id);
        sql_column_text(how, ways[row->join->how]);
    }
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "case_join", insert_joins, params, error);
}

/* Whoever names a reply by its tag has seen the mail: it went out, whatever is on record of that so
 * far. The server may not have answered yet, or the answer was lost and the reply waits to be sent
 * again. One that is no longer wanted, or was given up, stays as it is; but where it went nobody is
 * reached, whatever became of it here. */
static const char mark_returned[] =
    "with u as (select distinct on (u.reply_id, u.tag) u.reply_id, u.tag, u.message_id"
    "  from unnest($1::bigint[], $2::text[], $3::bigint[]) as u (reply_id, tag, message_id)"
    "  order by u.reply_id, u.tag, u.message_id),"
    " k as (select u.reply_id, u.message_id, r.recipient from u join reply r on r.id = u.reply_id"
    "  where u.tag = reply_tag(r.id, r.recorded_at,"
    "   (select m.identity from message m where m.id = r.message_id))),"
    " p as (update reply r set state = 'undelivered', why = 'it came back: message ' || "
    "k.message_id"
    "  from k where r.id = k.reply_id and r.state in ('queued', 'sending', 'sent') returning r.*),"
    " c as (update contact c set doubtful = true where c.ended_on is null and not c.doubtful"
    "  and c.entry in (select lower(k.recipient) from k where k.recipient is not null)"
    "  returning c.*),"
    " e as (insert into event (kind, subject, subject_id, row_digest, effective)"
    "  select 'reply-undelivered', 'reply', p.id, sha256(convert_to(p::text, 'UTF8')), $4 from p"
    "  order by p.id)"
    " insert into event (kind, subject, subject_id, row_digest, license_id, effective)"
    " select 'contact-doubtful', 'contact', c.id, sha256(convert_to(c::text, 'UTF8')),"
    "  c.license_id, $4 from c order by c.id";

bool case_store_returned(Database *database, const GArray *rows, const BatchStamp *stamp,
                         GError **error)
{
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *replies = sql_params_add_column(params, SQL_INT8);
    SqlColumn *tags = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *messages = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < rows->len; i++) {
        const ReturnedRow *row = &g_array_index(rows, ReturnedRow, i);
        sql_column_int(replies, row->reply.reply);
        sql_column_text(tags, row->reply.tag);
        sql_column_int(messages, row->message_id);
    }
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "case_returned", mark_returned, params, error);
}

static const char mark_reached[] =
    "with c as (update contact c set doubtful = false where c.doubtful and c.ended_on is null"
    "  and c.entry = any ($1::text[]) returning c.*)"
    " insert into event (kind, subject, subject_id, row_digest, license_id, effective)"
    " select 'contact-reached', 'contact', c.id, sha256(convert_to(c::text, 'UTF8')), c.license_id,"
    "  $2 from c order by c.id";

bool case_store_reached(Database *database, const GPtrArray *addresses, const BatchStamp *stamp,
                        GError **error)
{
    if (addresses->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *entries = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < addresses->len; i++) {
        sql_column_text(entries, g_ptr_array_index(addresses, i));
    }
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "case_reached", mark_reached, params, error);
}

bool case_store_handled(Database *database, const CaseHandledRow *row, const BatchStamp *stamp,
                        GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, row->request_id);
    sql_params_add_text(params, row->how);
    sql_params_add_int(params, SQL_INT8, row->operator_id);
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "case_handled",
                  "select case_mails_handle(h.id, format('%s by %s', $2::text, o.name), o.id, $4)"
                  " from hold h, operator o where h.request_id = $1 and o.id = $3",
                  params, error);
}

static const char mark_over[] =
    "update case_mail k set seen_at = $2 from hold h where h.request_id = any ($1::bigint[])"
    " and h.closed_at is not null and k.case_number = h.id and k.seen_at is null";

bool case_store_over(Database *database, const GArray *requests, const BatchStamp *stamp,
                     GError **error)
{
    if (requests->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, requests);
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "case_over", mark_over, params, error);
}

static const char insert_question[] =
    "with q as (insert into question (decision_id, words) values ($1, $2) returning *)"
    " insert into event (kind, subject, subject_id, row_digest, license_id, operator_id, effective)"
    " select 'question-asked', 'question', q.decision_id, sha256(convert_to(q::text, 'UTF8')),"
    "  r.license_id, d.operator_id, $3"
    " from q join decision d on d.id = q.decision_id join usage_request r on r.id = d.request_id";

bool case_store_question(Database *database, int64_t decision_id, const char *words,
                         const BatchStamp *stamp, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, decision_id);
    sql_params_add_text(params, words);
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "case_question", insert_question, params, error);
}
