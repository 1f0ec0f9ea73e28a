#include "db/delivery_store.h"

#include "db/sql.h"

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

/* $1 and $2: whose attempt it is. */
static SqlParams *params_of(const ReplyAttempt *attempt)
{
    SqlParams *params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, attempt->reply);
    sql_params_add_int(params, SQL_INT4, attempt->number);
    return params;
}

bool delivery_store_sent(Database *database, const ReplyAttempt *attempt, int64_t now,
                         GError **error)
{
    g_autoptr(SqlParams) params = params_of(attempt);
    sql_params_add_time(params, now);
    return sql_do(database, "delivery_sent", "select reply_sent($1, $2, $3)", params, error);
}

bool delivery_store_refused(Database *database, const ReplyAttempt *attempt, const ReplyEndRow *row,
                            bool doubtful, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = params_of(attempt);
    sql_params_add_text(params, row->why);
    sql_params_add_text(params, row->error);
    sql_params_add_bool(params, doubtful);
    sql_params_add_time(params, now);
    return sql_do(database, "delivery_refused", "select reply_fail($1, $2, $3, $4, $5, $6)", params,
                  error);
}

bool delivery_store_defer(Database *database, const ReplyAttempt *attempt, const ReplyPause *pause,
                          int64_t *until, GError **error)
{
    g_autoptr(SqlParams) params = params_of(attempt);
    sql_params_add_text(params, pause->problem);
    sql_params_add_int(params, SQL_INT4, pause->days);
    sql_params_add_time(params, pause->now);
    g_autoptr(SqlResult) result = sql_run(database, "delivery_defer",
                                          "select reply_defer($1, $2, $3, $4, $5)", params, error);
    *until = result != NULL ? sql_result_time(result, 0, 0) : 0;
    return result != NULL;
}

bool delivery_store_release(Database *database, const ReplyAttempt *attempt, int64_t now,
                            GError **error)
{
    g_autoptr(SqlParams) params = params_of(attempt);
    sql_params_add_time(params, now);
    return sql_do(database, "delivery_release", "select reply_release($1, $2, $3)", params, error);
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
