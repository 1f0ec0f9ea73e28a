/* What a batch fills in on rows that were on record before it. */
#include "db/intake_store.h"

#include "db/sql.h"

bool intake_fill_licenses(Database *database, const GArray *rows, GError **error)
{
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *requests = sql_params_add_column(params, SQL_INT8);
    SqlColumn *licenses = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < rows->len; i++) {
        const RequestLicenseRow *row = &g_array_index(rows, RequestLicenseRow, i);
        sql_column_int(requests, row->request_id);
        sql_column_int(licenses, row->license_id);
    }
    return sql_do(database, "intake_fill_licenses",
                  "update usage_request r set license_id = u.license_id"
                  " from unnest($1::bigint[], $2::bigint[]) as u (id, license_id)"
                  " where r.id = u.id and r.license_id is null",
                  params, error);
}

bool intake_pass_instances(Database *database, const GArray *thumbprints, int64_t at,
                           GError **error)
{
    if (thumbprints->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digests(params, thumbprints);
    sql_params_add_time(params, at);
    return sql_do(database, "intake_pass_instances",
                  "update instance set passed_at = $2 where thumbprint = any ($1::bytea[])", params,
                  error);
}
