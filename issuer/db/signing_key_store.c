#include "db/signing_key_store.h"

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

GHashTable *signing_key_store_counts(Database *database, GError **error)
{
    g_autoptr(SqlResult) result =
        sql_run(database, "signing_key_counts",
                "select kid, count(*) from usage_license group by kid", NULL, error);
    if (result == NULL) {
        return NULL;
    }
    GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < sql_result_rows(result); i++) {
        g_hash_table_insert(counts, g_strdup(sql_result_text(result, i, 0)),
                            GUINT_TO_POINTER((guint)sql_result_int(result, i, 1)));
    }
    return counts;
}
