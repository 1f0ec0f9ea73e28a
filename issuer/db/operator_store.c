#include "db/operator_store.h"

#include "base/error.h"
#include "db/sql.h"

#include <string.h>

static bool role_is_known(const char *role)
{
    static const char *const roles[] = {"support", "orders", "admin", "finance", NULL};
    return g_strv_contains(roles, role);
}

static const char insert_operator[] =
    "with o as (insert into operator (name, role, effective)"
    "  values ($1, $2::operator_role, $3) returning *),"
    " e as (insert into event (kind, subject, subject_id, row_digest, operator_id, effective)"
    "  select 'operator-added', 'operator', o.id, sha256(convert_to(o::text, 'UTF8')), $4, $3"
    "  from o)"
    " select id from o";

static bool add_token(Database *db, int64_t id, const OperatorNew *new_operator, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &new_operator->token);
    sql_params_add_int(params, SQL_INT8, id);
    sql_params_add_time(params, new_operator->expires_at);
    return sql_do(db, NULL,
                  "insert into operator_token (digest, operator_id, expires_at)"
                  " values ($1, $2, $3)",
                  params, error);
}

int64_t operator_store_add(Database *db, const OperatorNew *new_operator, GError **error)
{
    if (!role_is_known(new_operator->role)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "unknown role '%s' (support, orders, admin or finance)", new_operator->role);
        return 0;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, new_operator->name);
    sql_params_add_text(params, new_operator->role);
    sql_params_add_time(params, new_operator->now);
    sql_params_add_id(params, new_operator->by);
    g_autoptr(GError) why = NULL;
    g_autoptr(SqlResult) result = sql_run(db, NULL, insert_operator, params, &why);
    if (!result && why->code == ISSUER_ERROR_CONFLICT) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_CONFLICT,
                    "an operator named '%s' is on record; names are never used again",
                    new_operator->name);
        return 0;
    }
    if (!result) {
        g_propagate_error(error, g_steal_pointer(&why));
        return 0;
    }
    int64_t id = sql_result_int(result, 0, 0);
    return add_token(db, id, new_operator, error) ? id : 0;
}

int operator_store_has_admin(Database *db, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_do(db, NULL, "select pg_advisory_xact_lock(hashtextextended('issuer: admins', 0))",
               NULL, error)
            ? sql_run(db, NULL,
                      "select count(*) from operator where role = 'admin'"
                      " and (revoked_at is null or revoked_at > $1)",
                      params, error)
            : NULL;
    return result ? (int)MIN(sql_result_int(result, 0, 0), G_MAXINT) : -1;
}

static const char revoke_operator[] =
    "with o as (update operator set revoked_at = $2 where name = $1 and revoked_at is null"
    "  returning *),"
    " e as (insert into event (kind, subject, subject_id, row_digest, operator_id, effective)"
    "  select 'operator-revoked', 'operator', o.id, sha256(convert_to(o::text, 'UTF8')), $3, $2"
    "  from o)"
    " select id from o";

bool operator_store_revoke(Database *db, const char *name, int64_t by, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, name);
    sql_params_add_time(params, now);
    sql_params_add_id(params, by);
    g_autoptr(SqlResult) result = sql_run(db, NULL, revoke_operator, params, error);
    if (!result) {
        return false;
    }
    if (sql_result_rows(result) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "no operator named '%s' is in force", name);
        return false;
    }
    /* A token is in force only with its operator, but its own row should say so too. */
    g_autoptr(SqlParams) token = sql_params_new();
    sql_params_add_int(token, SQL_INT8, sql_result_int(result, 0, 0));
    sql_params_add_time(token, now);
    return sql_do(db, NULL,
                  "update operator_token set revoked_at = $2"
                  " where operator_id = $1 and revoked_at is null",
                  token, error);
}

static void free_record(gpointer record)
{
    operator_record_free(record);
}

static const char list_operators[] =
    "select id, name, role::text, effective, revoked_at,"
    " case when has_function_privilege('operator_token_end(bigint, timestamptz)', 'execute')"
    "  then operator_token_end(id, $1) end from operator order by name";

GPtrArray *operator_store_list(Database *db, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result = sql_run(db, NULL, list_operators, params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *operators = g_ptr_array_new_with_free_func(free_record);
    for (int row = 0; row < sql_result_rows(result); row++) {
        OperatorRecord *record = g_new0(OperatorRecord, 1);
        record->id = sql_result_int(result, row, 0);
        record->name = g_strdup(sql_result_text(result, row, 1));
        record->role = g_strdup(sql_result_text(result, row, 2));
        record->effective = sql_result_time(result, row, 3);
        record->revoked_at = sql_result_time(result, row, 4);
        record->token_expires = sql_result_time(result, row, 5);
        g_ptr_array_add(operators, record);
    }
    return operators;
}

OperatorRecord *operator_store_require(Database *db, const Digest *token, const char *command,
                                       int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, token);
    sql_params_add_text(params, command);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result = sql_run(
        db, NULL, "select id, name, role::text from operator_require($1, $2, $3)", params, error);
    if (!result) {
        return NULL;
    }
    OperatorRecord *record = g_new0(OperatorRecord, 1);
    record->id = sql_result_int(result, 0, 0);
    record->name = g_strdup(sql_result_text(result, 0, 1));
    record->role = g_strdup(sql_result_text(result, 0, 2));
    return record;
}

void operator_record_free(OperatorRecord *record)
{
    if (!record) {
        return;
    }
    g_free(record->name);
    g_free(record->role);
    g_free(record);
}
