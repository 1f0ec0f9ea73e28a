#include "db/contact_store.h"

#include "db/sql.h"

static SqlResult *change_contact(Database *db, const char *text, const ContactChange *change,
                                 GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &change->token);
    if (change->license_id) {
        sql_params_add_text(params, change->license_id);
    }
    sql_params_add_text(params, change->entry);
    if (change->reason) {
        sql_params_add_text(params, change->reason);
    }
    sql_params_add_time(params, change->now);
    return sql_run(db, NULL, text, params, error);
}

char *contact_store_add(Database *db, const ContactChange *change, GError **error)
{
    g_autoptr(SqlResult) result =
        change_contact(db, "select contact_add($1, $2, $3, $4)", change, error);
    return result ? g_strdup(sql_result_text(result, 0, 0)) : NULL;
}

char *contact_store_end(Database *db, const ContactChange *change, int64_t *left, GError **error)
{
    g_autoptr(SqlResult) result = change_contact(
        db, "select license_id, contacts_left from contact_end($1, $2, $3, $4)", change, error);
    *left = result ? sql_result_int(result, 0, 1) : 0;
    return result ? g_strdup(sql_result_text(result, 0, 0)) : NULL;
}

bool contact_store_erase(Database *db, const ContactChange *change, ContactErased *erased,
                         GError **error)
{
    g_autoptr(SqlResult) result = change_contact(
        db, "select contacts, messages, replies from contact_erase($1, $2, $3, $4)", change, error);
    if (!result) {
        return false;
    }
    erased->contacts = sql_result_int(result, 0, 0);
    erased->messages = sql_result_int(result, 0, 1);
    erased->replies = sql_result_int(result, 0, 2);
    return true;
}
