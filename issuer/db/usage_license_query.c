#include "db/usage_license_query.h"

#include "base/error.h"
#include "core/usage_license.h"
#include "db/decision_query.h"
#include "db/sql.h"

/* What supersedes it is under the same license, or a later one of the same server that moved. */
static const char select_one[] =
    "select u.serial, u.jws, u.effective, a.state::text, a.counted, a.slot, a.origin::text,"
    " a.continues, a.ended_by, a.active_from, a.active_until, a.counted_until,"
    " array(select s.serial from usage_license s where s.license_id = u.license_id"
    "   and u.serial = any (s.supersedes)"
    "  union select s.serial from usage_request q join usage_license s on s.request_id = q.id"
    "   and not s.emergency where q.thumbprint = r.thumbprint and u.serial = any (s.supersedes)"
    "  order by 1),"
    " u.request_id, r.purpose::text, r.effective, r.message_id, u.decision_id, d.rule,"
    " d.code::text, d.note::text, o.name::text, d.program::text, k.not_after, k.revoked_at,"
    " k.development from usage_license u join usage_request r on r.id = u.request_id"
    " join decision d on d.id = u.decision_id join signing_key k on k.kid = u.kid"
    " left join operator o on o.id = d.operator_id left join activation a on a.id = u.activation_id"
    " where u.serial = $1";

static char *text(const SqlResult *result, int column)
{
    return g_strdup(sql_result_text(result, 0, column));
}

static UsageLicenseDetail *read_detail(const SqlResult *result)
{
    UsageLicenseDetail *detail = g_new0(UsageLicenseDetail, 1);
    detail->serial = sql_result_int(result, 0, 0);
    detail->jws = text(result, 1);
    detail->issued_at = sql_result_time(result, 0, 2);
    detail->state = text(result, 3);
    detail->counted = sql_result_bool(result, 0, 4);
    detail->slot = (uint32_t)sql_result_int(result, 0, 5);
    detail->origin = text(result, 6);
    detail->continues = sql_result_int(result, 0, 7);
    detail->ended_by = text(result, 8);
    detail->active_from = sql_result_time(result, 0, 9);
    detail->active_until = sql_result_time(result, 0, 10);
    detail->counted_until = sql_result_time(result, 0, 11);
    detail->superseded_by = sql_result_int_array(result, 0, 12);
    detail->request_id = sql_result_int(result, 0, 13);
    detail->purpose = text(result, 14);
    detail->received_at = sql_result_time(result, 0, 15);
    detail->message_id = sql_result_int(result, 0, 16);
    detail->decision_id = sql_result_int(result, 0, 17);
    detail->rule = (uint32_t)sql_result_int(result, 0, 18);
    detail->code = text(result, 19);
    detail->note = text(result, 20);
    detail->operator_name = text(result, 21);
    detail->program = text(result, 22);
    detail->key_not_after = sql_result_time(result, 0, 23);
    detail->key_revoked_at = sql_result_time(result, 0, 24);
    detail->key_development = sql_result_bool(result, 0, 25);
    return detail;
}

static SqlResult *run(Database *db, const char *query, int64_t serial, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, serial);
    return sql_run(db, NULL, query, params, error);
}

/* A number that is no usage license was drawn and not used, or never drawn. */
static void tell_missing(Database *db, int64_t serial, GError **error)
{
    g_autoptr(SqlResult) result =
        run(db, "select 1 from serial_void where serial = $1", serial, error);
    if (!result) {
        return;
    }
    g_autofree char *name = usage_license_serial_text(serial);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                sql_result_rows(result) > 0
                    ? "%s was never issued: its number is void; `issuer license find` looks by "
                      "other things"
                    : "no usage license %s is on record; `issuer license find` looks by other "
                      "things",
                name);
}

UsageLicenseDetail *usage_license_query_show(Database *db, int64_t serial, GError **error)
{
    g_autoptr(SqlResult) result = run(db, select_one, serial, error);
    if (!result) {
        return NULL;
    }
    if (sql_result_rows(result) == 0) {
        tell_missing(db, serial, error);
        return NULL;
    }
    UsageLicenseDetail *detail = read_detail(result);
    detail->decisions = decision_query_of_request(db, detail->request_id, error);
    if (!detail->decisions) {
        usage_license_detail_free(detail);
        return NULL;
    }
    return detail;
}

bool usage_license_query_bytes(Database *db, int64_t serial, char **jws, char **state,
                               GError **error)
{
    *jws = NULL;
    *state = NULL;
    g_autoptr(SqlResult) result =
        run(db,
            "select u.jws, a.state::text from usage_license u"
            " left join activation a on a.id = u.activation_id where u.serial = $1",
            serial, error);
    if (!result) {
        return false;
    }
    if (sql_result_rows(result) > 0) {
        *jws = text(result, 0);
        *state = text(result, 1);
    }
    return true;
}

void usage_license_detail_free(UsageLicenseDetail *detail)
{
    if (!detail) {
        return;
    }
    g_free(detail->jws);
    g_free(detail->state);
    g_free(detail->origin);
    g_free(detail->ended_by);
    g_array_unref(detail->superseded_by);
    g_free(detail->purpose);
    g_free(detail->code);
    g_free(detail->note);
    g_free(detail->operator_name);
    g_free(detail->program);
    if (detail->decisions) {
        g_ptr_array_unref(detail->decisions);
    }
    g_free(detail);
}
