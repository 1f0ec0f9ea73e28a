#include "db/watch_store.h"

#include "db/sql.h"

static const char claim_text[] =
    "select pg_try_advisory_lock(hashtextextended('issuer daemon ' || $1, 0))";

/* Of a row that stays as it is only the time is written. */
static const char write_text[] =
    "with w as (select * from unnest($3::text[], $4::text[], $5::text[], $6::text[],"
    "  $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::bigint[],"
    "  $12::bigint[]) as w (role, instance, watches, problem, problem_at, started_at, worked_at,"
    "  had_at, done, restarts)),"
    " gone as (update watched o set ended_at = $2, started_at = null, seen_at = $2"
    "  where o.daemon = $1 and o.ended_at is null"
    "  and (o.role, o.instance) not in (select w.role, w.instance from w))"
    " insert into watched (daemon, role, instance, watches, problem, problem_at, started_at,"
    "  worked_at, had_at, done, restarts, seen_at)"
    " select $1, w.*, $2 from w"
    " on conflict (daemon, role, instance) do update set watches = excluded.watches,"
    "  problem = excluded.problem, problem_at = excluded.problem_at,"
    "  started_at = excluded.started_at,"
    "  worked_at = coalesce(excluded.worked_at, watched.worked_at),"
    "  had_at = coalesce(excluded.had_at, watched.had_at), done = excluded.done,"
    "  restarts = excluded.restarts, seen_at = excluded.seen_at, ended_at = null";

static const char change_text[] =
    "with c as (insert into daemon_change (run, how, daemon, version, policy, effective)"
    "  values ($1::uuid, $2, $3, $4, $5, $6) on conflict (run, how) do nothing returning *)"
    " insert into event (kind, subject, subject_id, row_digest, detail, effective)"
    " select 'daemon-' || c.how, 'daemon_change', c.id, sha256(convert_to(c::text, 'UTF8')),"
    "  jsonb_build_object('daemon', c.daemon, 'version', c.version, 'policy',"
    "   encode(c.policy, 'hex')), c.effective from c";

static const char list_text[] =
    "select daemon, role, instance, watches, problem, problem_at, started_at, worked_at, had_at,"
    " done, restarts, seen_at, ended_at from watched where coalesce(ended_at, seen_at) >= $1"
    " order by daemon, role <> 'daemon', role, instance";

bool watch_store_claim(Database *database, const char *daemon, bool *ours, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, daemon);
    g_autoptr(SqlResult) result = sql_run(database, NULL, claim_text, params, error);
    if (result == NULL) {
        return false;
    }
    *ours = sql_result_bool(result, 0, 0);
    return true;
}

static void add_texts(SqlParams *params, const GArray *rows)
{
    SqlColumn *roles = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *instances = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *watches = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *problems = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < rows->len; i++) {
        const WatchRow *row = &g_array_index(rows, WatchRow, i);
        sql_column_text(roles, row->role);
        sql_column_text(instances, row->instance);
        sql_column_text(watches, row->watches);
        sql_column_text(problems, row->problem);
    }
}

static void add_numbers(SqlParams *params, const GArray *rows)
{
    SqlColumn *problem_at = sql_params_add_column(params, SQL_TIME);
    SqlColumn *started_at = sql_params_add_column(params, SQL_TIME);
    SqlColumn *worked_at = sql_params_add_column(params, SQL_TIME);
    SqlColumn *had_at = sql_params_add_column(params, SQL_TIME);
    SqlColumn *done = sql_params_add_column(params, SQL_INT8);
    SqlColumn *restarts = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < rows->len; i++) {
        const WatchRow *row = &g_array_index(rows, WatchRow, i);
        sql_column_time(problem_at, row->problem_at);
        sql_column_time(started_at, row->started_at);
        sql_column_time(worked_at, row->worked_at);
        sql_column_time(had_at, row->had_at);
        sql_column_int(done, row->done);
        sql_column_int(restarts, row->restarts);
    }
}

bool watch_store_write(Database *database, const char *daemon, const GArray *rows, int64_t now,
                       GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, daemon);
    sql_params_add_time(params, now);
    add_texts(params, rows);
    add_numbers(params, rows);
    return sql_do(database, "watched_write", write_text, params, error);
}

bool watch_store_change(Database *database, const WatchChange *change, GError **error)
{
    static const char *const names[] = {
        [WATCH_STARTED] = "started",
        [WATCH_RELOADED] = "reloaded",
        [WATCH_STOPPED] = "stopped",
    };
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, change->run);
    sql_params_add_text(params, names[change->kind]);
    sql_params_add_text(params, change->daemon);
    sql_params_add_text(params, change->version);
    sql_params_add_digest(params, &change->policy);
    sql_params_add_time(params, change->now);
    return sql_do(database, NULL, change_text, params, error);
}

static void free_watched(gpointer data)
{
    Watched *row = data;
    g_free(row->daemon);
    g_free(row->role);
    g_free(row->instance);
    g_free(row->watches);
    g_free(row->problem);
    g_free(row);
}

GPtrArray *watch_store_list(Database *database, int64_t since, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_time(params, since);
    g_autoptr(SqlResult) result = sql_run(database, NULL, list_text, params, error);
    if (result == NULL) {
        return NULL;
    }
    GPtrArray *all = g_ptr_array_new_with_free_func(free_watched);
    for (int i = 0; i < sql_result_rows(result); i++) {
        Watched *row = g_new0(Watched, 1);
        *row = (Watched){
            .daemon = g_strdup(sql_result_text(result, i, 0)),
            .role = g_strdup(sql_result_text(result, i, 1)),
            .instance = g_strdup(sql_result_text(result, i, 2)),
            .watches = g_strdup(sql_result_text(result, i, 3)),
            .problem = g_strdup(sql_result_text(result, i, 4)),
            .problem_at = sql_result_time(result, i, 5),
            .started_at = sql_result_time(result, i, 6),
            .worked_at = sql_result_time(result, i, 7),
            .had_at = sql_result_time(result, i, 8),
            .done = sql_result_int(result, i, 9),
            .restarts = sql_result_int(result, i, 10),
            .seen_at = sql_result_time(result, i, 11),
            .ended_at = sql_result_time(result, i, 12),
        };
        g_ptr_array_add(all, row);
    }
    return all;
}
