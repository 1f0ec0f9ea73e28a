#include "db/history_query.h"

#include "base/error.h"
#include "db/listing_rows.h"

static const ListingColumn event_columns[] = {
    {"event", LISTING_NUMBER},      {"recorded_at", LISTING_TIME}, {"kind", LISTING_TEXT},
    {"license_id", LISTING_TEXT},   {"operator", LISTING_TEXT},    {"subject", LISTING_TEXT},
    {"subject_id", LISTING_NUMBER}, {"effective", LISTING_TIME},
};

/* Something that a person names: how its row number is read, and what to do where it is none. */
typedef struct {
    const char *query;
    const char *what;   /* "license" */
    const char *advice; /* a command that lists them */
} Named;

static const Named a_license = {"select id from license where lower(license_id) = lower(btrim($1))",
                                "license", "issuer license find"};
static const Named an_operator = {"select id from operator where name = $1", "operator",
                                  "issuer operator list"};
static const Named an_event = {"select id from event where id = $1::text::bigint", "event",
                               "issuer event list"};
/* Kinds have no list of their own. In the order of the index that knows: a rare one is not looked
 * for through all events. */
static const Named a_kind = {
    "select id from event where kind = $1 order by recorded_at, id limit 1", "event of the kind",
    "issuer event list"};

/* -1 with ISSUER_ERROR_NOT_FOUND. */
static int64_t number_of(Database *db, const Named *named, const char *name, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, name);
    g_autoptr(SqlResult) result = sql_run(db, NULL, named->query, params, error);
    if (!result) {
        return -1;
    }
    if (sql_result_rows(result) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "no %s %s is on record; `%s` shows what is", named->what, name, named->advice);
        return -1;
    }
    return sql_result_int(result, 0, 0);
}

/* The conditions of the filter, each with its parameter: a plan then knows which index is for it.
 */
typedef struct {
    Database *db;
    SqlParams *params;
    GString *where;
    int count;
} Conditions;

static void add_condition(Conditions *conditions, const char *format)
{
    g_string_append(conditions->where, conditions->count == 0 ? " where " : " and ");
    conditions->count++;
    g_string_append_printf(conditions->where, "%s $%d", format, conditions->count);
}

static bool add_number(Conditions *conditions, const char *column, int64_t number)
{
    if (number < 0) {
        return false;
    }
    add_condition(conditions, column);
    sql_params_add_int(conditions->params, SQL_INT8, number);
    return true;
}

static bool add_names(Conditions *conditions, const EventFilter *filter, GError **error)
{
    Database *db = conditions->db;
    return (filter->license_id == NULL ||
            add_number(conditions,
                       "e.license_id =", number_of(db, &a_license, filter->license_id, error))) &&
           (filter->operator_name == NULL ||
            add_number(conditions, "e.operator_id =",
                       number_of(db, &an_operator, filter->operator_name, error)));
}

static void add_times(Conditions *conditions, const EventFilter *filter)
{
    if (filter->from != 0) {
        add_condition(conditions, "e.recorded_at >=");
        sql_params_add_time(conditions->params, filter->from);
    }
    if (filter->until != 0) {
        add_condition(conditions, "e.recorded_at <");
        sql_params_add_time(conditions->params, filter->until);
    }
}

/* Where an earlier list ended: times are read with the event, since seconds would round them. */
static bool add_before(Conditions *conditions, int64_t before, GError **error)
{
    if (before == 0) {
        return true;
    }
    g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT, before);
    if (number_of(conditions->db, &an_event, name, error) < 0) {
        return false;
    }
    conditions->count++;
    g_string_append_printf(conditions->where,
                           "%s(e.recorded_at, e.id) < ((select b.recorded_at from event b"
                           " where b.id = $%d), $%d)",
                           conditions->count == 1 ? " where " : " and ", conditions->count,
                           conditions->count);
    sql_params_add_int(conditions->params, SQL_INT8, before);
    return true;
}

Listing *history_query_events(Database *db, const EventFilter *filter, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    g_autoptr(GString) where = g_string_new(NULL);
    Conditions conditions = {.db = db, .params = params, .where = where};
    if (!add_names(&conditions, filter, error)) {
        return NULL;
    }
    if (filter->kind) {
        if (number_of(db, &a_kind, filter->kind, error) < 0) {
            return NULL;
        }
        add_condition(&conditions, "e.kind =");
        sql_params_add_text(params, filter->kind);
    }
    add_times(&conditions, filter);
    if (!add_before(&conditions, filter->before, error)) {
        return NULL;
    }
    sql_params_add_int(params, SQL_INT8, (int64_t)filter->most + 1);
    g_autofree char *text = g_strdup_printf(
        "select e.id, e.recorded_at, e.kind::text, l.license_id::text, o.name::text,"
        " e.subject::text, e.subject_id, e.effective"
        " from (select * from event e%s order by e.recorded_at desc, e.id desc limit $%d) e"
        " left join license l on l.id = e.license_id left join operator o on o.id = e.operator_id"
        " order by e.recorded_at desc, e.id desc",
        where->str, conditions.count + 1);
    const ListingQuery query = {text, event_columns, G_N_ELEMENTS(event_columns)};
    return listing_rows_load(db, &query, params, filter->most, error);
}

static const ListingColumn alert_columns[] = {
    {"alert", LISTING_NUMBER},    {"since", LISTING_TIME},  {"kind", LISTING_TEXT},
    {"license_id", LISTING_TEXT}, {"detail", LISTING_TEXT}, {"closed_at", LISTING_TIME},
    {"closed_by", LISTING_TEXT},  {"reason", LISTING_TEXT},
};

/* The license is that of the alert, else of the request that it was raised for. */
#define ALERTS(rows, order)                                                                        \
    "select a.id, a.effective, a.kind::text, l.license_id::text, a.detail, a.closed_at,"           \
    " o.name::text, a.reason from (" rows ") a"                                                    \
    " left join decision d on d.id = a.decision_id"                                                \
    " left join usage_request r on r.id = d.request_id"                                            \
    " left join license l on l.id = coalesce(a.license_id, r.license_id)"                          \
    " left join operator o on o.id = a.closed_by order by " order

static const ListingQuery open_alerts =
    LISTING_QUERY(ALERTS("select * from alert where closed_at is null and effective <= $1"
                         " order by effective, id limit $2",
                         "a.effective, a.id"),
                  alert_columns);
static const ListingQuery all_alerts = LISTING_QUERY(
    ALERTS("select * from alert where effective <= $1 order by id desc limit $2", "a.id desc"),
    alert_columns);

Listing *history_query_alerts(Database *db, bool all, int64_t now, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_time(params, now);
    sql_params_add_int(params, SQL_INT8, (int64_t)most + 1);
    return listing_rows_load(db, all ? &all_alerts : &open_alerts, params, most, error);
}

static const ListingColumn instruction_columns[] = {
    {"instruction", LISTING_NUMBER}, {"filed_at", LISTING_TIME},   {"kind", LISTING_TEXT},
    {"case", LISTING_NUMBER},        {"request", LISTING_REQUEST}, {"license_id", LISTING_TEXT},
    {"operator", LISTING_TEXT},      {"second", LISTING_TEXT},     {"state", LISTING_TEXT},
    {"ended_at", LISTING_TIME},      {"answer", LISTING_TEXT},
};

#define INSTRUCTIONS(rows, order)                                                                  \
    "select i.id, i.filed_at, i.kind::text, coalesce(i.hold_id, i.restoration_id), r.digest,"      \
    " l.license_id::text, o.name::text, s.name::text, i.state::text, i.ended_at,"                  \
    " coalesce(i.answer ->> 'why', i.answer::text) from (" rows ") i"                              \
    " join operator o on o.id = i.operator_id left join operator s on s.id = i.second_id"          \
    " left join usage_request r on r.id = i.request_id"                                            \
    " left join restoration x on x.id = i.restoration_id"                                          \
    " left join license l on l.id = coalesce(r.license_id, x.license_id) order by " order

static const ListingQuery open_instructions =
    LISTING_QUERY(INSTRUCTIONS("select * from instruction where state in ('filed', 'taken')"
                               " order by id limit $1",
                               "i.id"),
                  instruction_columns);
static const ListingQuery all_instructions =
    LISTING_QUERY(INSTRUCTIONS("select * from instruction order by id desc limit $1", "i.id desc"),
                  instruction_columns);

Listing *history_query_instructions(Database *db, bool all, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, (int64_t)most + 1);
    return listing_rows_load(db, all ? &all_instructions : &open_instructions, params, most, error);
}

bool history_query_close_alert(Database *db, const Digest *token, int64_t alert, const char *reason,
                               int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, token);
    sql_params_add_int(params, SQL_INT8, alert);
    sql_params_add_text(params, reason);
    sql_params_add_time(params, now);
    return sql_do(db, NULL, "select alert_close($1, $2, $3, $4)", params, error);
}
