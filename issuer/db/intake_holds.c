/* Holds as rows: requests that wait for a person, and why they no longer do. */
#include "db/intake_store.h"

#include "db/sql.h"

static const char close_holds[] =
    "with h as (update hold h set closed_at = $4, closed_by = u.decision_id, closed_how = u.how"
    " from unnest($1::bigint[], $2::bigint[], $3::text[]) as u (request_id, decision_id, how)"
    " where h.request_id = u.request_id and h.closed_at is null returning h.*)"
    " insert into event (kind, subject, subject_id, row_digest, effective)"
    " select 'hold-closed', 'hold', h.id, sha256(convert_to(h::text, 'UTF8')), $4 from h"
    " order by h.id";

/* One may have ended within the batch that opens it. */
static const char open_holds[] =
    "with h as (insert into hold (request_id, decision_id, opened_at, closed_at, closed_by,"
    "  closed_how)"
    " select u.request_id, u.opened_by, $5, case when u.how is not null then $5 end, u.closed_by,"
    "  u.how from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])"
    "  as u (request_id, opened_by, closed_by, how) returning *)"
    " insert into event (kind, subject, subject_id, row_digest, effective)"
    " select k.kind, 'hold', h.id, sha256(convert_to(h::text, 'UTF8')), $5 from h"
    " join (values (1, 'hold-opened'), (2, 'hold-closed')) as k (n, kind)"
    "  on k.n = 1 or h.closed_at is not null order by h.id, k.n";

static bool write_closed_holds(Database *database, const GArray *rows, const BatchStamp *stamp,
                               GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *requests = sql_params_add_column(params, SQL_INT8);
    SqlColumn *decisions = sql_params_add_column(params, SQL_INT8);
    SqlColumn *how = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < rows->len; i++) {
        const HoldRow *row = &g_array_index(rows, HoldRow, i);
        if (row->opened_by == 0) {
            sql_column_int(requests, row->request_id);
            sql_column_int(decisions, row->closed_by);
            sql_column_text(how, row->how);
        }
    }
    sql_params_add_time(params, stamp->now);
    return sql_column_length(requests) == 0 ||
           sql_do(database, "intake_close_holds", close_holds, params, error);
}

static bool write_new_holds(Database *database, const GArray *rows, const BatchStamp *stamp,
                            GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *requests = sql_params_add_column(params, SQL_INT8);
    SqlColumn *opened_by = sql_params_add_column(params, SQL_INT8);
    SqlColumn *closed_by = sql_params_add_column(params, SQL_INT8);
    SqlColumn *how = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < rows->len; i++) {
        const HoldRow *row = &g_array_index(rows, HoldRow, i);
        if (row->opened_by != 0) {
            sql_column_int(requests, row->request_id);
            sql_column_int(opened_by, row->opened_by);
            sql_column_text(how, row->how);
            sql_column_id(closed_by, row->closed_by);
        }
    }
    sql_params_add_time(params, stamp->now);
    return sql_column_length(requests) == 0 ||
           sql_do(database, "intake_open_holds", open_holds, params, error);
}

bool intake_write_holds(Database *database, const GArray *rows, const BatchStamp *stamp,
                        GError **error)
{
    return write_closed_holds(database, rows, stamp, error) &&
           write_new_holds(database, rows, stamp, error);
}

static const char select_choosing[] =
    "select r.license_id, r.id, r.thumbprint, r.seq from hold h"
    " join usage_request r on r.id = h.request_id"
    " cross join lateral (select code from decision d where d.request_id = r.id"
    "  and d.code <> 'emergency'"
    "  order by d.recorded_at desc, d.id desc limit 1) d"
    " where h.closed_at is null and d.code = 'choose-request'"
    "  and r.license_id = any ($1::bigint[])";

GArray *intake_load_choosing(Database *database, const GArray *licenses, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(ChoosingRecord));
    if (licenses->len == 0) {
        return g_steal_pointer(&found);
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, licenses);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_load_choosing", select_choosing, params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        const ChoosingRecord record = {
            .license_id = sql_result_int(result, i, 0),
            .request_id = sql_result_int(result, i, 1),
            .thumbprint = sql_result_digest(result, i, 2),
            .seq = (uint64_t)sql_result_int(result, i, 3),
        };
        g_array_append_val(found, record);
    }
    return result != NULL ? g_steal_pointer(&found) : NULL;
}
