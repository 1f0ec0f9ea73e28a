#include "db/status_store.h"

#include "db/sql.h"

/* A hold's code is that of the decision that stands: it may have been held again for another
 * reason. */
static const char waiting_text[] =
    "select 'hold', d.code, count(*), min(h.opened_at) from hold h"
    " cross join lateral (select code from decision d where d.request_id = h.request_id"
    "  and d.code <> 'emergency'"
    "  order by d.recorded_at desc, d.id desc limit 1) d"
    " where h.closed_at is null group by d.code"
    /* Each by the index of its own. */
    " union all select 'reply', r.state, count(*), min(r.effective) from ("
    "  select 'queued' as state, effective from reply where state in ('queued', 'sending') union "
    "all"
    "  select state, effective from reply where state in ('listed', 'undelivered')) r"
    " group by r.state"
    " union all select 'message', w.code, count(*), min(w.effective) from ("
    "  select m.class as code, m.effective from message m"
    "   where m.class in ('unrecognised', 'about-license') and m.handled_at is null"
    "   and not exists (select from case_mail k where k.message_id = m.id and k.seen_at is null)"
    "  union all"
    "  select 'answer', m.effective from message m where m.id in (select k.message_id"
    "   from case_mail k where k.seen_at is null)) w group by w.code"
    " union all select 'quarantine', null, count(*), min(recorded_at) from quarantine"
    " where closed_at is null having count(*) > 0"
    " union all select 'alert', kind, count(*), min(effective) from alert"
    " where closed_at is null and effective <= statement_timestamp() group by kind"
    " union all select 'lost-server', s.evidence, count(*), min(s.opened_at) from restoration s"
    " where s.closed_at is null group by s.evidence"
    " union all select 'instruction', state, count(*), min(filed_at) from instruction"
    " where state in ('filed', 'taken') group by state"
    " union all select 'notice', null, count(*), min(n.effective) from staff_notice n"
    "  where n.telling_id is null or n.telling_id in (select t.id from staff_telling t"
    "   where t.done_at is null) having count(*) > 0"
    " order by 1, 3 desc, 2";

static const char totals_text[] =
    "select (select effective from message order by id desc limit 1), d.effective, d.code,"
    " t.what, t.count, t.exact"
    " from status_totals() t left join lateral (select effective, code from decision"
    "  order by id desc limit 1) d on true";

StatusWaiting *status_waiting_new(const char *what, const char *code, int64_t count, int64_t oldest)
{
    StatusWaiting *row = g_new0(StatusWaiting, 1);
    row->what = g_strdup(what);
    row->code = g_strdup(code);
    row->count = count;
    row->oldest = oldest;
    return row;
}

GPtrArray *status_store_waiting(Database *database, GError **error)
{
    g_autoptr(SqlResult) result = sql_run(database, NULL, waiting_text, NULL, error);
    if (result == NULL) {
        return NULL;
    }
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)status_waiting_free);
    for (int i = 0; i < sql_result_rows(result); i++) {
        g_ptr_array_add(
            all, status_waiting_new(sql_result_text(result, i, 0), sql_result_text(result, i, 1),
                                    sql_result_int(result, i, 2), sql_result_time(result, i, 3)));
    }
    return all;
}

static void status_count_free(StatusCount *count)
{
    if (count != NULL) {
        g_free(count->what);
        g_free(count);
    }
}

bool status_store_totals(Database *database, StatusTotals *totals, GError **error)
{
    g_autoptr(SqlResult) result = sql_run(database, NULL, totals_text, NULL, error);
    if (result == NULL) {
        return false;
    }
    *totals = (StatusTotals){
        .last_message = sql_result_time(result, 0, 0),
        .last_decision = sql_result_time(result, 0, 1),
        .last_code = g_strdup(sql_result_text(result, 0, 2)),
        .counts = g_ptr_array_new_with_free_func((GDestroyNotify)status_count_free),
    };
    for (int i = 0; i < sql_result_rows(result); i++) {
        StatusCount *count = g_new0(StatusCount, 1);
        count->what = g_strdup(sql_result_text(result, i, 3));
        count->count = sql_result_int(result, i, 4);
        count->exact = sql_result_bool(result, i, 5);
        g_ptr_array_add(totals->counts, count);
    }
    return true;
}

void status_waiting_free(StatusWaiting *row)
{
    if (row != NULL) {
        g_free(row->what);
        g_free(row->code);
        g_free(row);
    }
}

void status_totals_clear(StatusTotals *totals)
{
    g_clear_pointer(&totals->last_code, g_free);
    g_clear_pointer(&totals->counts, g_ptr_array_unref);
}
