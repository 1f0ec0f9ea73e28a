#include "db/license_change_store.h"

#include "base/json_writer.h"
#include "core/dates.h"
#include "db/license_query.h"
#include "db/listing_rows.h"

static void put_text(JsonWriter *json, const char *key, const char *text)
{
    if (text != NULL) {
        json_writer_key(json, key);
        json_writer_text(json, text);
    }
}

static void put_day(JsonWriter *json, const char *key, int32_t day)
{
    g_autofree char *text = day != DATES_NONE ? dates_text(day) : NULL;
    put_text(json, key, text);
}

static void put_number(JsonWriter *json, const char *key, int64_t number)
{
    if (number > 0) {
        json_writer_key(json, key);
        json_writer_number(json, number);
    }
}

static void put_features(JsonWriter *json, const char *key, const GPtrArray *wishes)
{
    json_writer_key(json, key);
    json_writer_begin_array(json);
    for (guint i = 0; wishes && i < wishes->len; i++) {
        const FeatureWish *wish = g_ptr_array_index(wishes, i);
        json_writer_begin_object(json);
        put_text(json, "code", wish->code);
        put_number(json, "number", wish->number);
        put_day(json, "until", wish->until);
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
}

static void put_expiry(JsonWriter *json, const ExpiryWish *wish)
{
    if (wish) {
        json_writer_key(json, "expires");
        json_writer_begin_object(json);
        put_number(json, "years", wish->years);
        put_day(json, "until", wish->until);
        json_writer_end_object(json);
    }
}

static void put_serials(JsonWriter *json, const GArray *serials)
{
    json_writer_key(json, "end_uses");
    json_writer_begin_array(json);
    for (guint i = 0; serials && i < serials->len; i++) {
        json_writer_number(json, g_array_index(serials, int64_t, i));
    }
    json_writer_end_array(json);
}

static char *change_json(const LicenseChange *change)
{
    JsonWriter *json = json_writer_new();
    json_writer_begin_object(json);
    put_text(json, "order", change->order);
    put_text(json, "kind", change->order_kind);
    put_day(json, "ordered_on", change->ordered_on);
    json_writer_key(json, "same_order");
    json_writer_flag(json, change->same_order);
    put_features(json, "features", change->features);
    put_features(json, "removed", change->removed);
    put_expiry(json, change->expires);
    put_number(json, "activations", change->activations);
    put_number(json, "servers", change->servers);
    put_serials(json, change->end_uses);
    put_text(json, "how", change->ended_how);
    put_text(json, "replaced_by", change->replaced_by);
    json_writer_key(json, "reinstated");
    json_writer_flag(json, change->reinstated);
    put_text(json, "reason", change->reason);
    json_writer_end_object(json);
    return json_writer_finish(json);
}

static const ListingColumn change_columns[] = {
    {"what", LISTING_TEXT},
    {"before", LISTING_TEXT},
    {"after", LISTING_TEXT},
};
static const ListingColumn waiting_columns[] = {
    {"request", LISTING_REQUEST}, {"host", LISTING_TEXT},  {"outcome", LISTING_TEXT},
    {"code", LISTING_TEXT},       {"since", LISTING_TIME},
};

#define CHANGED_BY(door) "select what, before, after from " door "($1, $2, $3::text::jsonb, $4)"

/* By LicenseChangeKind. */
static const ListingQuery doors[] = {
    [LICENSE_UPGRADE] = LISTING_QUERY(CHANGED_BY("license_upgrade"), change_columns),
    [LICENSE_CORRECT] = LISTING_QUERY(CHANGED_BY("license_correct"), change_columns),
    [LICENSE_END] = LISTING_QUERY(CHANGED_BY("license_end"), change_columns),
    [LICENSE_SUSPEND] = LISTING_QUERY(CHANGED_BY("license_suspend"), change_columns),
    [LICENSE_RESUME] = LISTING_QUERY(CHANGED_BY("license_resume"), change_columns),
};
static const ListingQuery waiting = LISTING_QUERY(
    "select request, host, outcome, code, since from license_waiting($1, $2)", waiting_columns);

static bool fill(Database *db, const LicenseChange *change, LicenseChanged *changed, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    g_autofree char *json = change_json(change);
    sql_params_add_digest(params, &change->token);
    sql_params_add_text(params, change->license_id);
    sql_params_add_text(params, json);
    sql_params_add_time(params, change->now);
    changed->changes = listing_rows_load(db, &doors[change->kind], params, 0, error);
    if (!changed->changes) {
        return false;
    }
    g_autoptr(SqlParams) of_license = sql_params_new();
    sql_params_add_text(of_license, change->license_id);
    sql_params_add_time(of_license, change->now);
    changed->waiting = listing_rows_load(db, &waiting, of_license, 0, error);
    return changed->waiting != NULL;
}

LicenseChanged *license_change_store_run(Database *db, const LicenseChange *change, bool keep,
                                         GError **error)
{
    if (!database_begin(db, error)) {
        return NULL;
    }
    LicenseChanged *changed = g_new0(LicenseChanged, 1);
    bool done = fill(db, change, changed, error);
    if (done && keep) {
        done = database_commit(db, error);
    } else {
        database_rollback(db);
    }
    if (!done) {
        license_changed_free(changed);
        return NULL;
    }
    return changed;
}

void license_changed_free(LicenseChanged *changed)
{
    if (!changed) {
        return;
    }
    listing_free(changed->changes);
    listing_free(changed->waiting);
    g_free(changed);
}

static const ListingColumn term_columns[] = {
    {"feature", LISTING_TEXT},    {"ordered_on", LISTING_DAY},   {"order", LISTING_TEXT},
    {"order_kind", LISTING_TEXT}, {"kind", LISTING_TEXT},        {"years", LISTING_NUMBER},
    {"from_on", LISTING_DAY},     {"until_on", LISTING_DAY},     {"version", LISTING_NUMBER},
    {"operator", LISTING_TEXT},   {"recorded_at", LISTING_TIME},
};
static const ListingQuery terms =
    LISTING_QUERY("select t.code::text, o.ordered_on, o.reference::text, o.kind::text,"
                  " t.kind::text, t.years, t.from_on, t.until_on, t.version, p.name::text,"
                  " t.recorded_at from term_entry t join orders o on o.id = t.order_id"
                  " join entitlement e on e.license_id = t.license_id and e.version = t.version"
                  " left join operator p on p.id = e.operator_id where t.license_id = $1"
                  " order by t.code, t.version",
                  term_columns);

Listing *license_change_store_terms(Database *db, const char *license_id, GError **error)
{
    g_autoptr(LicenseSummary) summary = license_query_summary(db, license_id, error);
    if (!summary) {
        return NULL;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, summary->id);
    return listing_rows_load(db, &terms, params, 0, error);
}
