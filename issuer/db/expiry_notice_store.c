#include "db/expiry_notice_store.h"

#include "db/sql.h"

static const char queue_text[] = "select expiry_notices_queue($1, $2)";

bool expiry_notice_store_queue(Database *database, const GArray *days, int64_t now, int64_t *queued,
                               GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *marks = sql_params_add_column(params, SQL_INT4);
    for (guint i = 0; i < days->len; i++) {
        sql_column_int(marks, g_array_index(days, int64_t, i));
    }
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result = sql_run(database, "expiry_queue", queue_text, params, error);
    if (result == NULL) {
        return false;
    }
    *queued = sql_result_int(result, 0, 0);
    return true;
}
