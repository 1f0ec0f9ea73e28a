#include "db/sale_store.h"

#include "base/error.h"
#include "core/license_key.h"
#include "db/purchase_import.h"
#include "db/sql.h"

static bool stage(Database *db, const Purchase *purchase, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(ImportRow));
    const ImportRow row = {.line = 1, .purchase = purchase};
    g_array_append_val(rows, row);
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(ImportKey));
    const ImportKey key = purchase_import_key(row.line, purchase->license_key);
    g_array_append_val(keys, key);
    return purchase_import_begin(db, error) && purchase_import_stage(db, rows, error) &&
           purchase_import_stage_keys(db, keys, error);
}

SaleRecord *sale_store_add(Database *db, const Purchase *purchase, const SaleTerms *terms,
                           GError **error)
{
    if (!stage(db, purchase, error)) {
        return NULL;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &terms->token);
    sql_params_add_bool(params, terms->new_customer);
    sql_params_add_bool(params, terms->kind_said);
    sql_params_add_time(params, terms->now);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                "select license_id, customer, customer_name, customer_new, order_new"
                " from license_add($1, $2, $3, $4)",
                params, error);
    if (!result) {
        return NULL;
    }
    SaleRecord *record = g_new0(SaleRecord, 1);
    record->license_id = g_strdup(sql_result_text(result, 0, 0));
    record->customer = g_strdup(sql_result_text(result, 0, 1));
    record->name = g_strdup(sql_result_text(result, 0, 2));
    record->new_customer = sql_result_bool(result, 0, 3);
    record->new_order = sql_result_bool(result, 0, 4);
    return record;
}

/* The License ID that a door gives back. */
static char *run_door(Database *db, const char *text, const SqlParams *params, GError **error)
{
    g_autoptr(SqlResult) result = sql_run(db, NULL, text, params, error);
    return result ? g_strdup(sql_result_text(result, 0, 0)) : NULL;
}

char *sale_store_rekey(Database *db, const RekeyOrder *order, GError **error)
{
    const Digest public_key = license_key_public(order->key);
    g_autofree char *hint = license_key_hint(order->key);
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &order->token);
    sql_params_add_text(params, order->license_id);
    sql_params_add_digest(params, &public_key);
    sql_params_add_text(params, hint);
    sql_params_add_text(params, order->reason);
    sql_params_add_time(params, order->now);
    return run_door(db, "select license_rekey($1, $2, $3, $4, $5, $6)", params, error);
}

char *sale_store_delivered(Database *db, const DeliveredOrder *order, GError **error)
{
    Digest public_key = {0};
    g_autoptr(SqlParams) params = sql_params_new();
    if (order->mailed) {
        public_key = license_key_public(order->mailed);
    }
    sql_params_add_digest(params, &order->token);
    sql_params_add_text(params, order->license_id);
    sql_params_add_digest(params, order->mailed ? &public_key : NULL);
    sql_params_add_text(params, order->named);
    sql_params_add_text(params, order->what);
    sql_params_add_day(params, order->day);
    sql_params_add_time(params, order->now);
    return run_door(db, "select license_delivered($1, $2, $3, $4, $5, $6, $7)", params, error);
}

SalePost *sale_store_post(Database *db, const char *license_id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, license_id);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                "select n.customer, c.entry from license_now n"
                " left join contact c on c.license_id = n.id and c.ended_on is null"
                "  and c.entry not like '@%'"
                " where lower(n.license_id) = lower(btrim($1)) order by c.id",
                params, error);
    if (!result) {
        return NULL;
    }
    if (sql_result_rows(result) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "license %s is not on record; look for it with `issuer license find`",
                    license_id);
        return NULL;
    }
    SalePost *post = g_new0(SalePost, 1);
    post->customer = g_strdup(sql_result_text(result, 0, 0));
    post->addresses = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < sql_result_rows(result); i++) {
        if (!sql_result_is_null(result, i, 1)) {
            g_ptr_array_add(post->addresses, g_strdup(sql_result_text(result, i, 1)));
        }
    }
    return post;
}

void sale_post_free(SalePost *post)
{
    if (!post) {
        return;
    }
    g_free(post->customer);
    g_ptr_array_unref(post->addresses);
    g_free(post);
}

void sale_record_free(SaleRecord *record)
{
    if (!record) {
        return;
    }
    g_free(record->license_id);
    g_free(record->customer);
    g_free(record->name);
    g_free(record);
}
