#include "db/journal_store.h"

#include "db/sql.h"

/* ---- what a batch issued ---- */

static const char ask_head[] =
    "select (extract(epoch from clock_timestamp()) * 1000000)::bigint, journal_sequences()::text,"
    " (select jsonb_agg(to_jsonb(k))::text from signing_key k where k.kid in"
    "  (select u.kid from usage_license u where u.serial = any ($1)))";

bool journal_store_head(Database *database, const GArray *serials, JournalHead *head,
                        GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, serials);
    g_autoptr(SqlResult) result = sql_run(database, "journal_head", ask_head, params, error);
    if (result == NULL) {
        return false;
    }
    head->at_us = sql_result_int(result, 0, 0);
    head->sequences = g_strdup(sql_result_text(result, 0, 1));
    head->keys = g_strdup(sql_result_text(result, 0, 2));
    return true;
}

void journal_head_clear(JournalHead *head)
{
    g_clear_pointer(&head->sequences, g_free);
    g_clear_pointer(&head->keys, g_free);
}

static void clear_record(gpointer data)
{
    JournalRecord *record = data;
    g_free(record->digest);
    g_free(record->record);
}

GArray *journal_store_records(Database *database, const GArray *serials, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, serials);
    g_autoptr(SqlResult) result =
        sql_run(database, "journal_records",
                "select serial, digest, record::text from journal_records($1) order by serial",
                params, error);
    if (result == NULL) {
        return NULL;
    }
    GArray *records = g_array_new(FALSE, TRUE, sizeof(JournalRecord));
    g_array_set_clear_func(records, clear_record);
    for (int i = 0; i < sql_result_rows(result); i++) {
        JournalRecord record = {.serial = sql_result_int(result, i, 0),
                                .digest = g_strdup(sql_result_text(result, i, 1)),
                                .record = g_strdup(sql_result_text(result, i, 2))};
        g_array_append_val(records, record);
    }
    return records;
}

/* ---- beside the records ---- */

bool journal_store_drawn(Database *database, int64_t *last, GError **error)
{
    g_autoptr(SqlResult) result =
        sql_run(database, NULL, "select coalesce(max(last), 0) from serial_block", NULL, error);
    *last = result != NULL ? sql_result_int(result, 0, 0) : 0;
    return result != NULL;
}

static int64_t *boxed(int64_t number)
{
    int64_t *box = g_new(int64_t, 1);
    *box = number;
    return box;
}

GHashTable *journal_store_digests(Database *database, const GArray *serials, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, serials);
    g_autoptr(SqlResult) result =
        sql_run(database, "journal_digests",
                "select serial, encode(sha256(convert_to(jws, 'UTF8')), 'hex')"
                " from usage_license where serial = any ($1)",
                params, error);
    if (result == NULL) {
        return NULL;
    }
    GHashTable *digests = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    for (int i = 0; i < sql_result_rows(result); i++) {
        g_hash_table_insert(digests, boxed(sql_result_int(result, i, 0)),
                            g_strdup(sql_result_text(result, i, 1)));
    }
    return digests;
}

static bool keep_number(const SqlResult *result, gpointer data, GError **error)
{
    (void)error; /* nothing can go wrong here */
    if (sql_result_rows(result) > 0) {
        const int64_t number = sql_result_int(result, 0, 0);
        g_array_append_val((GArray *)data, number);
    }
    return true;
}

GArray *journal_store_since(Database *database, int64_t at_us, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_micros(params, at_us);
    g_autoptr(GArray) serials = g_array_new(FALSE, FALSE, sizeof(int64_t));
    return sql_each(database, "select serial from usage_license where recorded_at >= $1", params,
                    keep_number, serials, error)
               ? g_steal_pointer(&serials)
               : NULL;
}

/* ---- putting back ---- */

bool journal_store_replay_head(Database *database, const char *head, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, head);
    return sql_do(database, "journal_replay_head", "select journal_replay_head($1::jsonb)", params,
                  error);
}

bool journal_store_replay(Database *database, const char *record, char **said, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, record);
    g_autoptr(SqlResult) result =
        sql_run(database, "journal_replay", "select journal_replay($1::jsonb)", params, error);
    *said = result != NULL ? g_strdup(sql_result_text(result, 0, 0)) : NULL;
    return result != NULL;
}

bool journal_store_close(Database *database, int64_t highest, int64_t *voids, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, highest);
    g_autoptr(SqlResult) result =
        sql_run(database, NULL, "select journal_close($1)", params, error);
    *voids = result != NULL ? sql_result_int(result, 0, 0) : 0;
    return result != NULL;
}
