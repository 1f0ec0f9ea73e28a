#include "db/customer_store.h"

#include "db/listing_rows.h"

static const ListingColumn list_columns[] = {
    {"customer", LISTING_TEXT},   {"name", LISTING_TEXT},     {"reference", LISTING_TEXT},
    {"licenses", LISTING_NUMBER}, {"orders", LISTING_NUMBER},
};

#define COUNTS                                                                                     \
    " (select count(*) from customer_members(n.id) x join license l on l.customer_id = x),"        \
    " (select count(*) from customer_members(n.id) x join orders o on o.customer_id = x)"

/* Counted is only what is shown. */
static const ListingQuery list_all = LISTING_QUERY(
    "with n as materialized (select * from customer_now where id = root"
    " order by id limit $1)"
    " select 'CU-' || n.id, n.name::text, n.reference::text," COUNTS " from n order by n.id",
    list_columns);
static const ListingQuery list_some = LISTING_QUERY(
    "with n as materialized (select n.* from (select distinct id"
    "  from find_customers($2, $3, $1)) f join customer_now n using (id)"
    "  order by n.id limit $1)"
    " select 'CU-' || n.id, n.name::text, n.reference::text," COUNTS " from n order by n.id",
    list_columns);

Listing *customer_store_list(Database *db, const char *text, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, (int64_t)most + 1);
    if (text == NULL) {
        return listing_rows_load(db, &list_all, params, most, error);
    }
    g_autofree char *pattern = listing_rows_pattern(text);
    sql_params_add_text(params, text);
    sql_params_add_text(params, pattern);
    return listing_rows_load(db, &list_some, params, most, error);
}

static const ListingQuery show_summary =
    LISTING_QUERY("select 'CU-' || n.id, n.name::text, n.reference::text," COUNTS
                  " from customer_now n where n.id = $1",
                  list_columns);

static const ListingColumn name_columns[] = {
    {"version", LISTING_NUMBER}, {"name", LISTING_TEXT},     {"reference", LISTING_TEXT},
    {"since", LISTING_DAY},      {"operator", LISTING_TEXT}, {"reason", LISTING_TEXT},
};
static const ListingQuery show_names =
    LISTING_QUERY("select v.version, v.name::text, v.reference::text, v.effective, o.name::text,"
                  " v.reason from customer_version v left join operator o on o.id = v.operator_id"
                  " where v.customer_id = $1 order by v.version desc limit $2",
                  name_columns);

static const ListingColumn merged_columns[] = {
    {"customer", LISTING_TEXT}, {"name", LISTING_TEXT},     {"reference", LISTING_TEXT},
    {"since", LISTING_DAY},     {"operator", LISTING_TEXT}, {"reason", LISTING_TEXT},
};
static const ListingQuery show_merged =
    LISTING_QUERY("select 'CU-' || n.id, n.name::text, n.reference::text, m.effective,"
                  " o.name::text, m.reason from customer_members($1) x"
                  " join customer_now n on n.id = x and x <> $1"
                  " join lateral (select * from customer_merge m where m.customer_id = x"
                  "  order by m.version desc limit 1) m on true"
                  " join operator o on o.id = m.operator_id order by n.id limit $2",
                  merged_columns);

static const ListingColumn license_columns[] = {
    {"license_id", LISTING_TEXT}, {"state", LISTING_TEXT},         {"expires_on", LISTING_DAY},
    {"used", LISTING_NUMBER},     {"activations", LISTING_NUMBER}, {"active", LISTING_NUMBER},
    {"servers", LISTING_NUMBER},
};
static const ListingQuery show_licenses =
    LISTING_QUERY("with l as materialized (select l.id, l.license_id from customer_members($1) x"
                  "  join license l on l.customer_id = x order by l.license_id limit $2)"
                  " select n.license_id::text, n.state::text, n.expires_on, n.used,"
                  " n.activations, n.active, n.servers from l join license_now n using (id)"
                  " order by n.license_id",
                  license_columns);

static const ListingColumn order_columns[] = {
    {"order", LISTING_TEXT},
    {"kind", LISTING_TEXT},
    {"ordered_on", LISTING_DAY},
};
static const ListingQuery show_orders =
    LISTING_QUERY("select o.reference::text, o.kind::text, o.ordered_on from customer_members($1) x"
                  " join orders o on o.customer_id = x order by o.ordered_on desc, o.id desc"
                  " limit $2",
                  order_columns);

CustomerDetail *customer_store_show(Database *db, const char *wanted, unsigned most, GError **error)
{
    CustomerDetail *detail = g_new0(CustomerDetail, 1);
    const ListingPart parts[] = {
        {&detail->names, &show_names},
        {&detail->merged, &show_merged},
        {&detail->licenses, &show_licenses},
        {&detail->orders, &show_orders},
    };
    const ListingPage page = {
        "select customer_named($1)", {&detail->summary, &show_summary}, parts, G_N_ELEMENTS(parts)};
    if (!listing_rows_load_page(db, &page, wanted, most, error)) {
        customer_detail_free(detail);
        return NULL;
    }
    return detail;
}

void customer_detail_free(CustomerDetail *detail)
{
    if (!detail) {
        return;
    }
    listing_free(detail->summary);
    listing_free(detail->names);
    listing_free(detail->merged);
    listing_free(detail->licenses);
    listing_free(detail->orders);
    g_free(detail);
}

static int64_t change_customer(Database *db, const char *text, const CustomerChange *change,
                               GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &change->token);
    sql_params_add_text(params, change->wanted);
    sql_params_add_text(params, change->other);
    sql_params_add_text(params, change->reason);
    sql_params_add_time(params, change->now);
    g_autoptr(SqlResult) result = sql_run(db, NULL, text, params, error);
    return result ? sql_result_int(result, 0, 0) : 0;
}

int64_t customer_store_rename(Database *db, const CustomerChange *change, GError **error)
{
    return change_customer(db, "select customer_rename($1, $2, $3, $4, $5)", change, error);
}

int64_t customer_store_merge(Database *db, const CustomerChange *change, GError **error)
{
    return change_customer(db, "select customer_merge_into($1, $2, $3, $4, $5)", change, error);
}
