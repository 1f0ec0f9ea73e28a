#include "db/purchase_import.h"

#include "core/license_key.h"
#include "db/sql.h"

bool purchase_import_begin(Database *db, GError **error)
{
    return sql_do(db, NULL, "select import_begin()", NULL, error);
}

/* The columns of the staging table, in the order of stage_rows. */
typedef struct {
    SqlColumn *line, *license_id, *key, *hint, *weak, *customer, *customer_ref, *product;
    SqlColumn *activations, *servers, *expires, *order_ref, *order_day, *order_kind;
} StageColumns;

static const char stage_rows[] =
    "insert into staged (line, license_id, key, hint, weak, customer, customer_ref, product,"
    " activations, servers, expires, order_ref, order_day, order_kind)"
    " select u.line, u.license_id, u.key, u.hint, u.weak, u.customer, u.customer_ref, u.product,"
    " u.activations, u.servers, u.expires, u.order_ref, u.order_day, u.order_kind::order_kind"
    " from unnest($1::integer[], $2::text[], $3::bytea[], $4::text[], $5::bool[], $6::text[],"
    " $7::text[], $8::text[], $9::integer[], $10::integer[], $11::date[], $12::text[],"
    " $13::date[], $14::text[])"
    " as u (line, license_id, key, hint, weak, customer, customer_ref, product, activations,"
    " servers, expires, order_ref, order_day, order_kind)";

static StageColumns add_columns(SqlParams *params)
{
    StageColumns columns;
    columns.line = sql_params_add_column(params, SQL_INT4);
    columns.license_id = sql_params_add_column(params, SQL_TEXT);
    columns.key = sql_params_add_column(params, SQL_BYTES);
    columns.hint = sql_params_add_column(params, SQL_TEXT);
    columns.weak = sql_params_add_column(params, SQL_BOOL);
    columns.customer = sql_params_add_column(params, SQL_TEXT);
    columns.customer_ref = sql_params_add_column(params, SQL_TEXT);
    columns.product = sql_params_add_column(params, SQL_TEXT);
    columns.activations = sql_params_add_column(params, SQL_INT4);
    columns.servers = sql_params_add_column(params, SQL_INT4);
    columns.expires = sql_params_add_column(params, SQL_DAY);
    columns.order_ref = sql_params_add_column(params, SQL_TEXT);
    columns.order_day = sql_params_add_column(params, SQL_DAY);
    columns.order_kind = sql_params_add_column(params, SQL_TEXT);
    return columns;
}

/* A share of the rows whose public keys one thread derives: that is most of the work that an import
 * does outside the database. */
typedef struct {
    const GArray *rows;
    guint from, below;
    Digest *keys; /* of all rows; zero where a row has no key */
} KeyShare;

static gpointer derive_keys(gpointer data)
{
    const KeyShare *share = data;
    for (guint i = share->from; i < share->below; i++) {
        const Secret *key = g_array_index(share->rows, ImportRow, i).purchase->license_key;
        if (key) {
            share->keys[i] = license_key_public(key);
        }
    }
    return NULL;
}

/* The public halves of the rows' keys. New array. */
static Digest *derive_all_keys(const GArray *rows)
{
    Digest *keys = g_new0(Digest, rows->len + 1);
    KeyShare first = {rows, 0, rows->len / 2, keys};
    KeyShare second = {rows, rows->len / 2, rows->len, keys};
    GThread *thread = g_thread_new("license keys", derive_keys, &first);
    derive_keys(&second);
    g_thread_join(thread);
    return keys;
}

/* Only what cannot be turned back into the key leaves this program. */
static void put_key(const StageColumns *columns, const Secret *key, const Digest *public_key)
{
    if (!key) {
        sql_column_null(columns->key);
        sql_column_null(columns->hint);
        sql_column_null(columns->weak);
        return;
    }
    g_autofree char *hint = license_key_hint(key);
    sql_column_digest(columns->key, public_key);
    sql_column_text(columns->hint, hint);
    sql_column_bool(columns->weak, license_key_is_weak(key));
}

static void put_row(const StageColumns *columns, const ImportRow *row, const Digest *public_key)
{
    const Purchase *purchase = row->purchase;
    sql_column_int(columns->line, row->line);
    sql_column_text(columns->license_id, purchase->license_id);
    put_key(columns, purchase->license_key, public_key);
    sql_column_text(columns->customer, purchase->customer);
    sql_column_text(columns->customer_ref, purchase->customer_ref);
    sql_column_text(columns->product, purchase->product);
    sql_column_int(columns->activations, purchase->activations);
    sql_column_int(columns->servers, purchase->servers);
    sql_column_day(columns->expires, purchase->expires);
    sql_column_text(columns->order_ref, purchase->order_ref);
    sql_column_day(columns->order_day, purchase->order_day);
    sql_column_text(columns->order_kind, purchase_order_kind_name(purchase->order_kind));
}

static bool stage_contacts(Database *db, const GArray *rows, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *lines = sql_params_add_column(params, SQL_INT4);
    SqlColumn *entries = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < rows->len; i++) {
        const ImportRow *row = &g_array_index(rows, ImportRow, i);
        const GPtrArray *contacts = row->purchase->contacts;
        for (guint j = 0; j < contacts->len; j++) {
            sql_column_int(lines, row->line);
            sql_column_text(entries, g_ptr_array_index(contacts, j));
        }
    }
    return sql_do(db, "import_stage_contacts",
                  "insert into stage_contact (line, entry)"
                  " select * from unnest($1::integer[], $2::text[])",
                  params, error);
}

static bool stage_features(Database *db, const GArray *rows, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *lines = sql_params_add_column(params, SQL_INT4);
    SqlColumn *codes = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *until = sql_params_add_column(params, SQL_DAY);
    SqlColumn *numbers = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < rows->len; i++) {
        const ImportRow *row = &g_array_index(rows, ImportRow, i);
        const GPtrArray *features = row->purchase->features;
        for (guint j = 0; j < features->len; j++) {
            const PurchaseFeature *feature = g_ptr_array_index(features, j);
            sql_column_int(lines, row->line);
            sql_column_text(codes, feature->code);
            sql_column_day(until, feature->until);
            sql_column_id(numbers, feature->number);
        }
    }
    return sql_do(db, "import_stage_features",
                  "insert into stage_feature (line, code, until_on, number)"
                  " select * from unnest($1::integer[], $2::text[], $3::date[], $4::bigint[])",
                  params, error);
}

bool purchase_import_stage(Database *db, const GArray *rows, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    StageColumns columns = add_columns(params);
    g_autofree Digest *keys = derive_all_keys(rows);
    for (guint i = 0; i < rows->len; i++) {
        put_row(&columns, &g_array_index(rows, ImportRow, i), &keys[i]);
    }
    return sql_do(db, "import_stage", stage_rows, params, error) &&
           stage_contacts(db, rows, error) && stage_features(db, rows, error);
}

bool purchase_import_check(Database *db, bool update, unsigned most, GPtrArray *problems,
                           int64_t *total, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_bool(params, update);
    sql_params_add_int(params, SQL_INT4, most);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL, "select line, problem, total from import_check($1, $2)", params, error);
    if (!result) {
        return false;
    }
    *total = 0;
    for (int row = 0; row < sql_result_rows(result); row++) {
        ImportProblem *problem = g_new0(ImportProblem, 1);
        problem->line = (unsigned)sql_result_int(result, row, 0);
        problem->text = g_strdup(sql_result_text(result, row, 1));
        *total = sql_result_int(result, row, 2);
        g_ptr_array_add(problems, problem);
    }
    return true;
}

bool purchase_import_book(Database *db, const ImportStamp *stamp, ImportResult *result,
                          GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &stamp->file);
    sql_params_add_int(params, SQL_INT4, stamp->rows);
    sql_params_add_digest(params, stamp->token);
    sql_params_add_time(params, stamp->now);
    g_autoptr(SqlResult) counts =
        sql_run(db, NULL,
                "select added, changed, same, customers, orders, weak_keys"
                " from import_book($1, $2, $3, $4)",
                params, error);
    if (!counts) {
        return false;
    }
    *result = (ImportResult){
        .rows = stamp->rows,
        .added = sql_result_int(counts, 0, 0),
        .changed = sql_result_int(counts, 0, 1),
        .same = sql_result_int(counts, 0, 2),
        .customers = sql_result_int(counts, 0, 3),
        .orders = sql_result_int(counts, 0, 4),
        .weak_keys = sql_result_int(counts, 0, 5),
    };
    return true;
}

void import_problem_free(ImportProblem *problem)
{
    if (problem) {
        g_free(problem->text);
        g_free(problem);
    }
}
