#include "db/staff_notice_store.h"

#include "db/sql.h"

static const char claim_text[] = "select chores_claim($1::text::uuid, $2)";

static const char release_text[] = "select chores_release($1::text::uuid)";

static const char find_text[] = "select staff_notices_find($1, $2, $3, $4, $5)";

static const char begin_text[] = "select staff_telling_begin($1, $2, $3)";

static const char load_text[] = "select id, kind::text, says::text, effective from staff_notice"
                                " where telling_id = $1 order by id";

static const char end_text[] = "select staff_telling_end($1, $2, $3, $4)";

bool staff_notice_store_claim(Database *database, const char *who, unsigned seconds, bool *ours,
                              GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, who);
    sql_params_add_int(params, SQL_INT4, seconds);
    g_autoptr(SqlResult) result = sql_run(database, "chores_claim", claim_text, params, error);
    if (result == NULL) {
        return false;
    }
    *ours = sql_result_bool(result, 0, 0);
    return true;
}

bool staff_notice_store_release(Database *database, const char *who, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, who);
    return sql_do(database, NULL, release_text, params, error);
}

bool staff_notice_store_find(Database *database, const GArray *mailboxes, const GArray *hold_days,
                             int64_t now, int64_t *count, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_time(params, now);
    SqlColumn *ids = sql_params_add_column(params, SQL_INT8);
    SqlColumn *names = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *hours = sql_params_add_column(params, SQL_INT4);
    for (guint i = 0; i < mailboxes->len; i++) {
        const NoticeMailbox *mailbox = &g_array_index(mailboxes, NoticeMailbox, i);
        sql_column_id(ids, mailbox->id);
        sql_column_text(names, mailbox->name);
        sql_column_int(hours, mailbox->hours);
    }
    SqlColumn *days = sql_params_add_column(params, SQL_INT4);
    for (guint i = 0; i < hold_days->len; i++) {
        sql_column_int(days, g_array_index(hold_days, int64_t, i));
    }
    g_autoptr(SqlResult) result = sql_run(database, "staff_find", find_text, params, error);
    if (result == NULL) {
        return false;
    }
    *count = sql_result_int(result, 0, 0);
    return true;
}

bool staff_notice_store_begin(Database *database, const char *how, int64_t now, unsigned most,
                              int64_t *telling, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, how);
    sql_params_add_time(params, now);
    sql_params_add_int(params, SQL_INT4, most);
    g_autoptr(SqlResult) result = sql_run(database, "staff_begin", begin_text, params, error);
    if (result == NULL) {
        return false;
    }
    *telling = sql_result_int(result, 0, 0);
    return true;
}

static void free_notice(gpointer data)
{
    StaffNotice *notice = data;
    g_free(notice->kind);
    g_free(notice->says);
    g_free(notice);
}

GPtrArray *staff_notice_store_load(Database *database, int64_t telling, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_id(params, telling);
    g_autoptr(SqlResult) result = sql_run(database, NULL, load_text, params, error);
    if (result == NULL) {
        return NULL;
    }
    GPtrArray *all = g_ptr_array_new_with_free_func(free_notice);
    for (int i = 0; i < sql_result_rows(result); i++) {
        StaffNotice *notice = g_new0(StaffNotice, 1);
        *notice = (StaffNotice){
            .id = sql_result_int(result, i, 0),
            .kind = g_strdup(sql_result_text(result, i, 1)),
            .says = g_strdup(sql_result_text(result, i, 2)),
            .noticed = sql_result_time(result, i, 3),
        };
        g_ptr_array_add(all, notice);
    }
    return all;
}

bool staff_notice_store_end(Database *database, const NoticeOutcome *outcome, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_id(params, outcome->telling);
    if (outcome->exit_code >= 0) {
        sql_params_add_int(params, SQL_INT4, outcome->exit_code);
    } else {
        sql_params_add_null(params, SQL_INT4);
    }
    sql_params_add_text(params, outcome->problem);
    sql_params_add_time(params, outcome->now);
    return sql_do(database, NULL, end_text, params, error);
}
