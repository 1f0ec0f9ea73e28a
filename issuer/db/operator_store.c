#include "db/operator_store.h"

#include "base/error.h"
#include "db/sql.h"

#include <string.h>

static bool role_is_known(const char *role)
{
    static const char *const roles[] = {"support", "orders", "admin", "finance", NULL};
    return g_strv_contains(roles, role);
}

static void add_new_token(SqlParams *params, const OperatorNew *row)
{
    sql_params_add_digest(params, &row->token);
    sql_params_add_int(params, SQL_INT4, row->days);
    sql_params_add_time(params, row->now);
}

static bool call_add(Database *db, const OperatorNew *row, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    if (row->by != NULL) {
        sql_params_add_digest(params, row->by);
    }
    sql_params_add_text(params, row->name);
    sql_params_add_text(params, row->role);
    add_new_token(params, row);
    return sql_do(db, NULL,
                  row->by != NULL ? "select operator_add($1, $2, $3::operator_role, $4, $5, $6)"
                                  : "select operator_add_first($1, $2::operator_role, $3, $4, $5)",
                  params, error);
}

bool operator_store_add(Database *db, const OperatorNew *new_operator, GError **error)
{
    if (!role_is_known(new_operator->role)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "unknown role '%s' (support, orders, admin or finance)", new_operator->role);
        return false;
    }
    g_autoptr(GError) why = NULL;
    if (call_add(db, new_operator, &why)) {
        return true;
    }
    if (why->code == ISSUER_ERROR_CONFLICT) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_CONFLICT,
                    "an operator named '%s' is on record; names are never used again",
                    new_operator->name);
    } else {
        g_propagate_error(error, g_steal_pointer(&why));
    }
    return false;
}

bool operator_store_renew(Database *db, const OperatorNew *renewed, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, renewed->by);
    sql_params_add_text(params, renewed->name);
    add_new_token(params, renewed);
    return sql_do(db, NULL, "select operator_renew($1, $2, $3, $4, $5)", params, error);
}

bool operator_store_revoke(Database *db, const Digest *by, const char *name, int64_t now,
                           GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, by);
    sql_params_add_text(params, name);
    sql_params_add_time(params, now);
    return sql_do(db, NULL, "select operator_revoke($1, $2, $3)", params, error);
}

static void free_deed(gpointer data)
{
    OperatorDeed *deed = data;
    if (deed) {
        g_free(deed->kind);
        g_free(deed->subject);
        g_free(deed->day);
        g_free(deed);
    }
}

GPtrArray *operator_store_deeds(Database *db, const char *name, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, name);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL, "select kind, subject, day::text from operator_deeds($1)", params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *deeds = g_ptr_array_new_with_free_func(free_deed);
    for (int row = 0; row < sql_result_rows(result); row++) {
        OperatorDeed *deed = g_new0(OperatorDeed, 1);
        deed->kind = g_strdup(sql_result_text(result, row, 0));
        deed->subject = g_strdup(sql_result_text(result, row, 1));
        deed->day = g_strdup(sql_result_text(result, row, 2));
        g_ptr_array_add(deeds, deed);
    }
    return deeds;
}

static void free_right(gpointer data)
{
    OperatorRight *right = data;
    if (right) {
        g_free(right->command);
        g_free(right->roles);
        g_free(right->logins);
        g_free(right->roles_text);
        g_free(right->logins_text);
        g_free(right);
    }
}

/* Without a token a command is a matter of the login, so a role may use it whose group may. */
static const char list_rights[] =
    "select command, to_json(roles)::text, to_json(logins)::text,"
    " array_to_string(roles, ', '), array_to_string(logins, ', ') from command_right"
    " where $1::text is null or $1 = any (roles::text[])"
    "  or cardinality(roles) = 0 and ($1 = any (logins) or cardinality(logins) = 0)"
    " order by command";

GPtrArray *operator_store_rights(Database *db, const char *role, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, role);
    g_autoptr(SqlResult) result = sql_run(db, NULL, list_rights, params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *rights = g_ptr_array_new_with_free_func(free_right);
    for (int row = 0; row < sql_result_rows(result); row++) {
        OperatorRight *right = g_new0(OperatorRight, 1);
        right->command = g_strdup(sql_result_text(result, row, 0));
        right->roles = g_strdup(sql_result_text(result, row, 1));
        right->logins = g_strdup(sql_result_text(result, row, 2));
        right->roles_text = g_strdup(sql_result_text(result, row, 3));
        right->logins_text = g_strdup(sql_result_text(result, row, 4));
        g_ptr_array_add(rights, right);
    }
    return rights;
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
