#include "db/signing_key_store.h"

#include "base/error.h"
#include "db/sql.h"

bool signing_key_store_record(Database *database, const SigningKeyRow *row, int64_t now,
                              GError **error)
{
    gsize size = 0;
    const void *certificate = g_bytes_get_data(row->certificate, &size);
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, row->kid);
    sql_params_add_bytes(params, certificate, size);
    sql_params_add_time(params, row->not_before);
    sql_params_add_time(params, row->not_after);
    sql_params_add_bool(params, row->development);
    sql_params_add_time(params, now);
    return sql_do(database, "signing_key_record",
                  "with k as (insert into signing_key (kid, certificate, not_before, not_after,"
                  " development) values ($1, $2, $3, $4, $5) on conflict (kid) do nothing"
                  " returning *)"
                  " insert into event (kind, subject, subject_id, row_digest, detail, effective)"
                  " select 'signing-key-recorded', 'signing_key', 0,"
                  " sha256(convert_to(k::text, 'UTF8')), jsonb_build_object('kid', k.kid), $6"
                  " from k",
                  params, error);
}

bool signing_key_store_check(Database *database, const char *kid, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, kid);
    g_autoptr(SqlResult) result =
        sql_run(database, NULL, "select from signing_key where kid = $1 and revoked_at is not null",
                params, error);
    if (result != NULL && sql_result_rows(result) > 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    "signing key %s is revoked by the records: make a new one with issuer key "
                    "rotate",
                    kid);
        return false;
    }
    return result != NULL;
}

bool signing_key_store_revoke(Database *database, const SigningKeyRevocation *revocation,
                              GError **error)
{
    const SigningKeyRow *key = revocation->key;
    gsize size = 0;
    const void *certificate = key != NULL ? g_bytes_get_data(key->certificate, &size) : NULL;
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, revocation->by);
    sql_params_add_text(params, revocation->kid);
    sql_params_add_text(params, revocation->reason);
    sql_params_add_bytes(params, certificate, size);
    sql_params_add_time(params, key != NULL ? key->not_before : 0);
    sql_params_add_time(params, key != NULL ? key->not_after : 0);
    sql_params_add_bool(params, key != NULL && key->development);
    sql_params_add_time(params, revocation->now);
    return sql_do(database, NULL, "select signing_key_revoke($1, $2, $3, $4, $5, $6, $7, $8)",
                  params, error);
}

static void signing_key_record_free(SigningKeyRecord *record)
{
    if (record != NULL) {
        g_free(record->kid);
        g_free(record);
    }
}

GPtrArray *signing_key_store_list(Database *database, bool count, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_bool(params, count);
    g_autoptr(SqlResult) result =
        sql_run(database, NULL,
                "select k.kid, k.not_before, k.not_after, k.development, k.revoked_at,"
                " case when $1 then (select count(*) from usage_license u where u.kid = k.kid)"
                "  else -1 end"
                " from signing_key k order by k.not_before desc, k.kid",
                params, error);
    if (result == NULL) {
        return NULL;
    }
    GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)signing_key_record_free);
    for (int i = 0; i < sql_result_rows(result); i++) {
        SigningKeyRecord *record = g_new0(SigningKeyRecord, 1);
        record->kid = g_strdup(sql_result_text(result, i, 0));
        record->not_before = sql_result_time(result, i, 1);
        record->not_after = sql_result_time(result, i, 2);
        record->development = sql_result_bool(result, i, 3);
        record->revoked_at = sql_result_time(result, i, 4);
        record->licenses = sql_result_int(result, i, 5);
        g_ptr_array_add(records, record);
    }
    return records;
}
