#include "db/retention_store.h"

#include "db/sql.h"

bool retention_store_step(Database *database, const RetentionStep *step, RetentionDone *done,
                          GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, step->days);
    sql_params_add_time(params, step->now);
    sql_params_add_int(params, SQL_INT4, step->most);
    sql_params_add_int(params, SQL_INT8, step->after);
    g_autoptr(SqlResult) result =
        sql_run(database, "retention_step",
                "select emptied, more, last from retention_step($1, $2, $3, $4)", params, error);
    if (result == NULL) {
        return false;
    }
    *done = (RetentionDone){
        .emptied = sql_result_int(result, 0, 0),
        .more = sql_result_bool(result, 0, 1),
        .last = sql_result_int(result, 0, 2),
    };
    return true;
}
