/* Finding licenses, and the one row that each has in a list; the rest is license_detail.c. */
#include "db/license_query.h"

#include "base/error.h"
#include "core/statement.h"
#include "core/usage_license.h"
#include "db/listing_rows.h"
#include "db/sql.h"

static const char summary_columns[] =
    "n.id, n.license_id::text, n.customer::text, n.customer_ref::text, n.product::text,"
    " n.state::text, n.expires_on, n.activations, n.used, n.servers, n.active";

static LicenseSummary *read_summary(const SqlResult *result, int row)
{
    LicenseSummary *summary = g_new0(LicenseSummary, 1);
    summary->id = sql_result_int(result, row, 0);
    summary->license_id = g_strdup(sql_result_text(result, row, 1));
    summary->customer = g_strdup(sql_result_text(result, row, 2));
    summary->customer_ref = g_strdup(sql_result_text(result, row, 3));
    summary->product = g_strdup(sql_result_text(result, row, 4));
    summary->state = g_strdup(sql_result_text(result, row, 5));
    summary->expires_on = sql_result_day(result, row, 6);
    summary->activations = (uint32_t)sql_result_int(result, row, 7);
    summary->used = (uint32_t)sql_result_int(result, row, 8);
    summary->servers = (uint32_t)sql_result_int(result, row, 9);
    summary->active = (uint32_t)sql_result_int(result, row, 10);
    return summary;
}

LicenseSummary *license_query_summary(Database *db, const char *license_id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, license_id);
    g_autofree char *text =
        g_strdup_printf("select %s from license_now n where lower(n.license_id) = lower(btrim($1))",
                        summary_columns);
    g_autoptr(SqlResult) result = sql_run(db, NULL, text, params, error);
    if (!result) {
        return NULL;
    }
    if (sql_result_rows(result) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "no license %s is on record; `issuer license find` looks by other things",
                    license_id);
        return NULL;
    }
    return read_summary(result, 0);
}

static void add_span(SqlParams *params, const char *text)
{
    uint8_t from[STATEMENT_SPAN];
    uint8_t below[STATEMENT_SPAN];
    bool is_short_form = statement_short_form_span(text, from, below);
    sql_params_add_bytes(params, is_short_form ? from : NULL, sizeof from);
    sql_params_add_bytes(params, is_short_form ? below : NULL, sizeof below);
}

static void free_summary(gpointer summary)
{
    license_summary_free(summary);
}

/* What a query of summaries and what they were found by gives. */
static GPtrArray *load_found(Database *db, const char *query, const SqlParams *params,
                             GError **error)
{
    g_autoptr(SqlResult) result = sql_run(db, NULL, query, params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *found = g_ptr_array_new_with_free_func(free_summary);
    for (int row = 0; row < sql_result_rows(result); row++) {
        LicenseSummary *summary = read_summary(result, row);
        summary->found_by = g_strdup(sql_result_text(result, row, 11));
        g_ptr_array_add(found, summary);
    }
    return found;
}

GPtrArray *license_query_find(Database *db, const char *text, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    g_autofree char *pattern = listing_rows_pattern(text);
    int64_t serial = 0;
    sql_params_add_text(params, text);
    sql_params_add_text(params, pattern);
    sql_params_add_id(params, usage_license_serial_typed(text, &serial) ? serial : 0);
    add_span(params, text);
    sql_params_add_int(params, SQL_INT4, most);
    g_autofree char *query =
        g_strdup_printf("with f as materialized (select f.id, bool_or(f.whole) as whole,"
                        "  string_agg(distinct f.found_by, ', ') as found_by, l.license_id"
                        "  from find_licenses($1, $2, $3, $4, $5, $6) f join license l using (id)"
                        "  group by f.id, l.license_id order by 2 desc, 4 limit $6)"
                        " select %s, f.found_by from f join license_now n using (id)"
                        " order by f.whole desc, n.license_id",
                        summary_columns);
    return load_found(db, query, params, error);
}

GPtrArray *license_query_undelivered(Database *db, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, most);
    g_autofree char *query = g_strdup_printf(
        "with f as materialized (select k.license_id as id, 'key …' || k.hint || ' of '"
        "  || (k.effective at time zone 'UTC')::date || ', order ' || o.reference as found_by"
        "  from (select * from license_key x where delivered_on is null and retired_at is null"
        "   and (select s.state from license_state_version s where s.license_id = x.license_id"
        "    order by s.version desc limit 1) is distinct from 'ended'"
        "   order by license_id limit $1) k"
        "  join license l on l.id = k.license_id join orders o on o.id = l.order_id)"
        " select %s, f.found_by from f join license_now n using (id) order by n.id",
        summary_columns);
    return load_found(db, query, params, error);
}

void license_summary_free(LicenseSummary *summary)
{
    if (!summary) {
        return;
    }
    g_free(summary->license_id);
    g_free(summary->customer);
    g_free(summary->customer_ref);
    g_free(summary->product);
    g_free(summary->state);
    g_free(summary->found_by);
    g_free(summary);
}
