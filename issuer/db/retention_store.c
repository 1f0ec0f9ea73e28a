#include "db/retention_store.h"

#include "db/sql.h"

bool retention_store_step(Database *database, const RetentionStep *step, int64_t *emptied,
                          GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, step->days);
    sql_params_add_time(params, step->now);
    sql_params_add_int(params, SQL_INT4, step->most);
    g_autoptr(SqlResult) result =
        sql_run(database, "retention_step", "select retention_step($1, $2, $3)", params, error);
    if (result == NULL) {
        return false;
    }
    *emptied = sql_result_int(result, 0, 0);
    return true;
}
