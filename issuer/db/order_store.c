#include "db/order_store.h"

#include "db/listing_rows.h"

static const ListingColumn list_columns[] = {
    {"order", LISTING_TEXT},         {"kind", LISTING_TEXT}, {"ordered_on", LISTING_DAY},
    {"customer", LISTING_TEXT},      {"name", LISTING_TEXT}, {"licenses", LISTING_NUMBER},
    {"undelivered", LISTING_NUMBER},
};

/* Counted is only what is shown. A customer that was merged is the one that stands for it; looked
 * up by its rows, since a view of all customers would be read whole. */
#define OF_ORDERS                                                                                  \
    " select o.reference, o.kind, o.ordered_on, 'CU-' || c.root, v.name::text,"                    \
    " (select count(distinct x.license_id) from order_license x where x.order_id = o.id),"         \
    " (select count(distinct x.license_id) from order_license x where x.order_id = o.id"           \
    "  and x.sold and x.undelivered)"                                                              \
    " from o cross join lateral (select coalesce((select m.into_id from customer_merge m"          \
    "  where m.customer_id = o.customer_id order by m.version desc limit 1), o.customer_id)"       \
    "  as root) c"                                                                                 \
    " cross join lateral (select name from customer_version v where v.customer_id = c.root"        \
    "  order by v.version desc limit 1) v"

static const ListingQuery list_orders = LISTING_QUERY(
    "with o as materialized (select * from order_list(case when $1::text is null then null"
    "  else customer_named($1) end, $2::text::order_kind, $3, $4, $5))" OF_ORDERS
    " order by o.ordered_on desc, o.id desc",
    list_columns);

Listing *order_store_list(Database *db, const OrderFilter *filter, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, filter->customer);
    sql_params_add_text(params, filter->kind);
    sql_params_add_day(params, filter->from);
    sql_params_add_day(params, filter->until);
    sql_params_add_int(params, SQL_INT4, (int64_t)most + 1);
    return listing_rows_load(db, &list_orders, params, most, error);
}

static const ListingQuery show_summary = LISTING_QUERY(
    "with o as materialized (select id, reference::text, kind::text, ordered_on, customer_id"
    "  from orders where id = $1)" OF_ORDERS,
    list_columns);

static const ListingColumn license_columns[] = {
    {"license_id", LISTING_TEXT},      {"sold", LISTING_FLAG}, {"key", LISTING_TEXT},
    {"delivered_on", LISTING_DAY},     {"how", LISTING_TEXT},  {"detail", LISTING_TEXT},
    {"first_activated", LISTING_TIME},
};
static const ListingQuery show_licenses = LISTING_QUERY(
    "select l.license_id::text, x.sold, x.hint::text, x.delivered_on, x.how::text, x.detail::text,"
    " (select min(a.active_from) from activation a where a.license_id = l.id)"
    " from (select distinct on (license_id) * from order_license where order_id = $1"
    "  order by license_id limit $2) x join license l on l.id = x.license_id order by l.id",
    license_columns);

static const ListingColumn entitlement_columns[] = {
    {"license_id", LISTING_TEXT}, {"version", LISTING_NUMBER}, {"activations", LISTING_NUMBER},
    {"servers", LISTING_NUMBER},  {"expires_on", LISTING_DAY}, {"features", LISTING_TEXT},
    {"since", LISTING_DAY},       {"operator", LISTING_TEXT},  {"reason", LISTING_TEXT},
};
static const ListingQuery show_entitlements = LISTING_QUERY(
    "select l.license_id::text, e.version, e.activations, e.servers, e.expires_on,"
    " (select string_agg(f.code || coalesce('=' || f.until_on, '=' || f.quantity, ''), '; '"
    "  order by f.code)"
    "  from entitlement_feature f where f.license_id = e.license_id and f.version = e.version),"
    " e.effective, o.name::text, e.reason"
    " from (select * from entitlement where order_id = $1 order by license_id, version limit $2) e"
    " join license l on l.id = e.license_id left join operator o on o.id = e.operator_id"
    " order by l.id, e.version",
    entitlement_columns);

static const ListingColumn term_columns[] = {
    {"license_id", LISTING_TEXT}, {"feature", LISTING_TEXT}, {"kind", LISTING_TEXT},
    {"years", LISTING_NUMBER},    {"from_on", LISTING_DAY},  {"until_on", LISTING_DAY},
    {"version", LISTING_NUMBER},
};
static const ListingQuery show_terms = LISTING_QUERY(
    "select l.license_id::text, t.code::text, t.kind::text, t.years, t.from_on, t.until_on,"
    " t.version from (select * from term_entry where order_id = $1 order by id limit $2) t"
    " join license l on l.id = t.license_id order by t.id",
    term_columns);

static const ListingColumn state_columns[] = {
    {"license_id", LISTING_TEXT}, {"state", LISTING_TEXT},  {"since", LISTING_TIME},
    {"operator", LISTING_TEXT},   {"reason", LISTING_TEXT},
};
static const ListingQuery show_states = LISTING_QUERY(
    "select l.license_id::text, s.state::text, s.effective, o.name::text, s.reason"
    " from (select * from license_state_version where order_id = $1 order by license_id, version"
    "  limit $2) s join license l on l.id = s.license_id"
    " left join operator o on o.id = s.operator_id order by l.id, s.version",
    state_columns);

OrderDetail *order_store_show(Database *db, const char *reference, unsigned most, GError **error)
{
    OrderDetail *detail = g_new0(OrderDetail, 1);
    const ListingPart parts[] = {
        {&detail->licenses, &show_licenses},
        {&detail->entitlements, &show_entitlements},
        {&detail->terms, &show_terms},
        {&detail->states, &show_states},
    };
    const ListingPage page = {
        "select order_named($1)", {&detail->summary, &show_summary}, parts, G_N_ELEMENTS(parts)};
    if (!listing_rows_load_page(db, &page, reference, most, error)) {
        order_detail_free(detail);
        return NULL;
    }
    return detail;
}

void order_detail_free(OrderDetail *detail)
{
    if (!detail) {
        return;
    }
    listing_free(detail->summary);
    listing_free(detail->licenses);
    listing_free(detail->entitlements);
    listing_free(detail->terms);
    listing_free(detail->states);
    g_free(detail);
}

static const ListingColumn feature_columns[] = {
    {"code", LISTING_TEXT}, {"product", LISTING_TEXT}, {"name", LISTING_TEXT},
    {"kind", LISTING_TEXT}, {"since", LISTING_TIME},
};
static const ListingQuery list_features =
    LISTING_QUERY("select code::text, product::text, name::text, kind::text, recorded_at"
                  " from feature order by product, code",
                  feature_columns);

Listing *order_store_features(Database *db, GError **error)
{
    return listing_rows_load(db, &list_features, NULL, 0, error);
}

bool order_store_add_feature(Database *db, const NewFeature *feature, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &feature->token);
    sql_params_add_text(params, feature->code);
    sql_params_add_text(params, feature->product);
    sql_params_add_text(params, feature->name);
    sql_params_add_text(params, feature->kind);
    sql_params_add_time(params, feature->now);
    return sql_do(db, NULL, "select feature_add($1, $2, $3, $4, $5::text::feature_kind, $6)",
                  params, error);
}
