/* Emergency grants: how many there were, and what ends when the regular usage license follows. */
#include "db/intake_store.h"

#include "db/sql.h"

static const char count_emergencies[] =
    "select (select count(*) from usage_request q join usage_license u on u.request_id = q.id"
    "   and u.emergency where q.thumbprint = $1 and q.id <> $3"
    "   and u.iat > $4::timestamptz - interval '365 days'),"
    "  (select count(*) from usage_license u where u.emergency and u.license_id = $2"
    "   and u.request_id <> $3 and u.iat > $4::timestamptz - interval '365 days'),"
    "  exists (select from usage_license u where u.emergency and u.request_id = $3)";

bool intake_count_emergencies(Database *database, const EmergencyAsk *ask, EmergencyCounts *counts,
                              GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &ask->thumbprint);
    sql_params_add_int(params, SQL_INT8, ask->license_id);
    sql_params_add_int(params, SQL_INT8, ask->request_id);
    sql_params_add_time(params, ask->now);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_count_emergencies", count_emergencies, params, error);
    if (result == NULL) {
        return false;
    }
    *counts = (EmergencyCounts){
        .of_instance = (uint32_t)sql_result_int(result, 0, 0),
        .of_license = (uint32_t)sql_result_int(result, 0, 1),
        .of_request = sql_result_bool(result, 0, 2),
    };
    return true;
}

bool intake_end_emergencies(Database *database, const GArray *serials, const BatchStamp *stamp,
                            GError **error)
{
    if (serials->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, serials);
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_end_emergencies",
                  "with a as (update alert a set closed_at = $2,"
                  "  reason = 'the regular usage license was issued'"
                  " from usage_license u where u.serial = any ($1::bigint[])"
                  "  and a.decision_id = u.decision_id and a.kind = 'emergency-ends'"
                  "  and a.closed_at is null returning a.*)"
                  " insert into event (kind, subject, subject_id, row_digest, license_id,"
                  "  effective)"
                  " select 'alert-closed', 'alert', a.id, sha256(convert_to(a::text, 'UTF8')),"
                  "  a.license_id, $2 from a",
                  params, error);
}
