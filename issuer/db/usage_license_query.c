#include "db/usage_license_query.h"

#include "db/sql.h"

bool usage_license_query_bytes(Database *db, int64_t serial, char **jws, char **state,
                               GError **error)
{
    *jws = NULL;
    *state = NULL;
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, serial);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                "select u.jws, a.state::text from usage_license u"
                " left join activation a on a.id = u.activation_id where u.serial = $1",
                params, error);
    if (!result) {
        return false;
    }
    if (sql_result_rows(result) > 0) {
        *jws = g_strdup(sql_result_text(result, 0, 0));
        *state = g_strdup(sql_result_text(result, 0, 1));
    }
    return true;
}
