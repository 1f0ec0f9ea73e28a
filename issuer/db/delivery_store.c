#include "db/delivery_store.h"

#include "db/sql.h"

#include <string.h>

const char *delivery_store_name(ReplyEnd end)
{
    static const char *const names[] = {
        [REPLY_SENT] = "sent",
        [REPLY_WITHDRAWN] = "withdrawn",
        [REPLY_UNDELIVERED] = "undelivered",
        [REPLY_QUEUED] = "queued",
    };
    return names[end];
}

static const char end_replies[] =
    "with p as (update reply set state = u.state, why = coalesce(u.why, reply.why),"
    " last_error = coalesce(u.error, reply.last_error),"
    " sent_at = case when u.state = 'sent' then $5 end,"
    " attempts = reply.attempts + case when u.state = 'sent' then 1 else 0 end"
    " from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as u (id, state, why, error)"
    " where reply.id = u.id returning reply.*)"
    " insert into event (kind, subject, subject_id, row_digest, effective)"
    " select 'reply-' || p.state, 'reply', p.id, sha256(convert_to(p::text, 'UTF8')), $5"
    " from p order by p.id";

static bool fail(Database *database, const ReplyEndRow *row, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, row->id);
    sql_params_add_text(params, row->why);
    sql_params_add_text(params, row->error);
    sql_params_add_time(params, now);
    return sql_do(database, "delivery_fail", "select reply_fail($1, null, $2, $3, false, $4)",
                  params, error);
}

bool delivery_store_end(Database *database, const GArray *rows, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *ids = sql_params_add_column(params, SQL_INT8);
    SqlColumn *states = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *why = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *problems = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < rows->len; i++) {
        const ReplyEndRow *row = &g_array_index(rows, ReplyEndRow, i);
        if (row->end == REPLY_UNDELIVERED) {
            if (!fail(database, row, now, error)) {
                return false;
            }
            continue;
        }
        sql_column_int(ids, row->id);
        sql_column_text(states, delivery_store_name(row->end));
        sql_column_text(why, row->why);
        sql_column_text(problems, row->error);
    }
    sql_params_add_time(params, now);
    return sql_column_length(ids) == 0 ||
           sql_do(database, "delivery_end", end_replies, params, error);
}

bool delivery_store_begin(Database *database, int64_t reply, unsigned seconds, int64_t now,
                          ReplyAttempt *attempt, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, reply);
    sql_params_add_time(params, now + seconds);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_run(database, "delivery_begin", "select reply_begin($1, $2, $3)", params, error);
    if (result != NULL) {
        *attempt = (ReplyAttempt){.reply = reply, .number = (int32_t)sql_result_int(result, 0, 0)};
    }
    return result != NULL;
}

/* Each statement gives a row that says what the record has then, or none where the attempt is over.
 */

static SqlResult *sent(Database *database, SqlParams *params, const AttemptResult *result,
                       GError **error)
{
    sql_params_add_time(params, result->now);
    return sql_run(database, "delivery_sent",
                   "select 'sent', null::timestamptz where reply_sent($1, $2, $3)", params, error);
}

static SqlResult *refused(Database *database, SqlParams *params, const AttemptResult *result,
                          GError **error)
{
    sql_params_add_text(params, result->why);
    sql_params_add_text(params, result->problem);
    sql_params_add_bool(params, result->end == ATTEMPT_DOUBTFUL);
    sql_params_add_time(params, result->now);
    return sql_run(database, "delivery_refused",
                   "select 'undelivered', null::timestamptz"
                   " where reply_fail($1, $2, $3, $4, $5, $6)",
                   params, error);
}

static SqlResult *put_off(Database *database, SqlParams *params, const AttemptResult *result,
                          GError **error)
{
    sql_params_add_text(params, result->problem);
    sql_params_add_int(params, SQL_INT4, result->days);
    sql_params_add_time(params, result->now);
    return sql_run(database, "delivery_defer",
                   "select becomes, until from reply_defer($1, $2, $3, $4, $5)", params, error);
}

static SqlResult *give_back(Database *database, SqlParams *params, const AttemptResult *result,
                            GError **error)
{
    sql_params_add_time(params, result->now);
    return sql_run(database, "delivery_release",
                   "select 'queued', null::timestamptz where reply_release($1, $2, $3)", params,
                   error);
}

static ReplyEnd read_end(const char *name)
{
    static const ReplyEnd ends[] = {REPLY_SENT, REPLY_UNDELIVERED, REPLY_QUEUED};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (strcmp(name, delivery_store_name(ends[i])) == 0) {
            return ends[i];
        }
    }
    g_error("a reply has become \"%s\"", name);
}

bool delivery_store_finish(Database *database, const ReplyAttempt *attempt,
                           const AttemptResult *result, AttemptRecord *record, GError **error)
{
    static SqlResult *(*const statements[])(Database *, SqlParams *, const AttemptResult *,
                                            GError **) = {
        [ATTEMPT_SENT] = sent,       [ATTEMPT_REFUSED] = refused, [ATTEMPT_DOUBTFUL] = refused,
        [ATTEMPT_PUT_OFF] = put_off, [ATTEMPT_VOID] = give_back,
    };
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, attempt->reply);
    sql_params_add_int(params, SQL_INT4, attempt->number);
    g_autoptr(SqlResult) found = statements[result->end](database, params, result, error);
    if (found == NULL) {
        return false;
    }
    *record = (AttemptRecord){.over = sql_result_rows(found) == 0};
    if (!record->over) {
        record->end = read_end(sql_result_text(found, 0, 0));
        record->until = sql_result_time(found, 0, 1);
    }
    return true;
}

bool delivery_store_waiting(Database *database, ReplyWaiting *waiting, GError **error)
{
    g_autoptr(SqlResult) result =
        sql_run(database, "delivery_waiting",
                "select count(*), nullif(min(not_before), '-infinity') from reply"
                " where state in ('queued', 'sending')",
                NULL, error);
    *waiting = (ReplyWaiting){0};
    if (result != NULL) {
        waiting->count = (uint64_t)sql_result_int(result, 0, 0);
        waiting->next = sql_result_time(result, 0, 1);
    }
    return result != NULL;
}
