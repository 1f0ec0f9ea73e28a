/* Lost-server cases that a batch opens. */
#include "db/intake_store.h"

#include "db/sql.h"

static void clear_named(gpointer data)
{
    g_free(((NamedLicense *)data)->reading);
}

/* By the index license_read, which folds License IDs as core/license_reading.c does. */
GArray *intake_find_named(Database *database, const GPtrArray *readings, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(NamedLicense));
    g_array_set_clear_func(found, clear_named);
    if (readings->len == 0) {
        return g_steal_pointer(&found);
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *texts = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < readings->len; i++) {
        sql_column_text(texts, g_ptr_array_index(readings, i));
    }
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_find_named",
                "select u.reading, l.id from (select distinct reading from unnest($1::text[]) as"
                " x (reading)) u join license l"
                " on translate(upper(l.license_id), 'OILSBZ-_.', '011582') = u.reading"
                " order by l.id",
                params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        const NamedLicense named = {.reading = g_strdup(sql_result_text(result, i, 0)),
                                    .id = sql_result_int(result, i, 1)};
        g_array_append_val(found, named);
    }
    return result != NULL ? g_steal_pointer(&found) : NULL;
}

bool intake_open_cases(Database *database, GArray *losses, int64_t now, GError **error)
{
    if (losses->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *messages = sql_params_add_column(params, SQL_INT8);
    SqlColumn *licenses = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < losses->len; i++) {
        const LossRow *row = &g_array_index(losses, LossRow, i);
        sql_column_int(messages, row->message_id);
        sql_column_int(licenses, row->license_id);
    }
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_open_cases",
                "select mail, case_number from restorations_from_mail($1, $2, $3)", params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        g_array_index(losses, LossRow, i).case_number = sql_result_int(result, i, 1);
    }
    return result != NULL;
}
