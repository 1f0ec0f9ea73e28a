#include "db/purchase_import.h"

#include "core/license_key.h"
#include "db/sql.h"

bool purchase_import_begin(Database *db, GError **error)
{
    return sql_do(db, NULL, "select import_begin()", NULL, error);
}

/* The columns of the staging table, in the order of stage_rows. */
typedef struct {
    SqlColumn *line, *license_id, *customer, *customer_ref, *product;
    SqlColumn *activations, *servers, *expires, *order_ref, *order_day, *order_kind;
} StageColumns;

static const char stage_rows[] =
    "insert into staged (line, license_id, customer, customer_ref, product, activations, servers,"
    " expires, order_ref, order_day, order_kind)"
    " select u.line, u.license_id, u.customer, u.customer_ref, u.product, u.activations,"
    " u.servers, u.expires, u.order_ref, u.order_day, u.order_kind::order_kind"
    " from unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[],"
    " $7::integer[], $8::date[], $9::text[], $10::date[], $11::text[])"
    " as u (line, license_id, customer, customer_ref, product, activations, servers, expires,"
    " order_ref, order_day, order_kind)";

static StageColumns add_columns(SqlParams *params)
{
    StageColumns columns;
    columns.line = sql_params_add_column(params, SQL_INT4);
    columns.license_id = sql_params_add_column(params, SQL_TEXT);
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

static void put_row(const StageColumns *columns, const ImportRow *row)
{
    const Purchase *purchase = row->purchase;
    sql_column_int(columns->line, row->line);
    sql_column_text(columns->license_id, purchase->license_id);
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
    for (guint i = 0; i < rows->len; i++) {
        put_row(&columns, &g_array_index(rows, ImportRow, i));
    }
    return sql_do(db, "import_stage", stage_rows, params, error) &&
           stage_contacts(db, rows, error) && stage_features(db, rows, error);
}

ImportKey purchase_import_key(unsigned line, const Secret *key)
{
    g_autofree char *hint = license_key_hint(key);
    ImportKey known = {
        .line = line, .public_half = license_key_public(key), .weak = license_key_is_weak(key)};
    g_strlcpy(known.hint, hint, sizeof known.hint);
    return known;
}

bool purchase_import_look_up(Database *db, GError **error)
{
    return sql_do(db, NULL, "select import_look_up()", NULL, error);
}

bool purchase_import_stage_keys(Database *db, const GArray *keys, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *lines = sql_params_add_column(params, SQL_INT4);
    SqlColumn *public_halves = sql_params_add_column(params, SQL_BYTES);
    SqlColumn *hints = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *weak = sql_params_add_column(params, SQL_BOOL);
    for (guint i = 0; i < keys->len; i++) {
        const ImportKey *key = &g_array_index(keys, ImportKey, i);
        sql_column_int(lines, key->line);
        sql_column_digest(public_halves, &key->public_half);
        sql_column_text(hints, key->hint);
        sql_column_bool(weak, key->weak);
    }
    return sql_do(db, "import_stage_keys",
                  "insert into stage_key (line, key, hint, weak)"
                  " select * from unnest($1::integer[], $2::bytea[], $3::text[], $4::bool[])",
                  params, error);
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
                "select added, changed, same, customers, orders, weak_keys, unlimited"
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
        .unlimited = sql_result_int(counts, 0, 6),
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
