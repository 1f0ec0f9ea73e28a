#include "db/report_query.h"

#include "base/error.h"
#include "core/dates.h"
#include "db/listing_rows.h"

#define TIME_LIMIT_S 600
#define PIECE_ROWS   1000

bool report_query_check_zone(Database *db, const char *zone, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, zone);
    g_autoptr(SqlResult) result = sql_run(
        db, NULL, "select exists (select from pg_timezone_names where name = $1)", params, error);
    if (!result) {
        return false;
    }
    if (!sql_result_bool(result, 0, 0)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "finance-zone: the database knows no time zone '%s'; give a name as "
                    "Europe/Berlin",
                    zone);
        return false;
    }
    return true;
}

/* Where no daemon has noted it, the last change that came is all that is known. */
static const char behind_text[] =
    "select to_char(s.at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    " from (select coalesce((select known_at from report_moment),"
    "  pg_last_xact_replay_timestamp()) as at) s"
    " where pg_is_in_recovery() and s.at < clock_timestamp() - make_interval(secs => $1)";

bool report_query_behind(Database *db, unsigned seconds, char **since, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, seconds);
    g_autoptr(SqlResult) result = sql_run(db, NULL, behind_text, params, error);
    *since = result && sql_result_rows(result) > 0 ? g_strdup(sql_result_text(result, 0, 0)) : NULL;
    return result != NULL;
}

bool report_query_note_moment(Database *db, GError **error)
{
    return sql_do(db, "report_note_moment", "select report_note_moment()", NULL, error);
}

char *report_query_views_zone(Database *db, GError **error)
{
    g_autoptr(SqlResult) result = sql_run(db, NULL, "select report_zone()", NULL, error);
    return result ? g_strdup(sql_result_text(result, 0, 0)) : NULL;
}

#define TIME_TEXT(time) "to_char(" time " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

/* Parameters: zone, day, now, moment and day of what was known. */
static const char settle_text[] =
    "with k as materialized (select report_known() as latest),"
    " x as (select coalesce($4::text::timestamptz,"
    "  report_end($5::date, $1) - interval '1 microsecond') as asked),"
    " m as (select coalesce($2::date, report_day($3, $1)) as day,"
    "  coalesce(x.asked, k.latest) as at, k.latest from k cross join x)"
    " select m.day, m.day::text, (extract(epoch from m.at) * 1000000)::bigint,"
    " " TIME_TEXT("m.at") ", " TIME_TEXT("m.latest") ", m.at <= m.latest from m";

bool report_query_settle(Database *db, const ReportQuestion *question, ReportMoment *moment,
                         GError **error)
{
    if (!database_set_time_limit(db, TIME_LIMIT_S, error) ||
        !report_query_check_zone(db, question->zone, error)) {
        return false;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_text(params, question->zone);
    sql_params_add_day(params, question->as_of);
    sql_params_add_time(params, question->now);
    sql_params_add_text(params, question->known_at);
    sql_params_add_day(params, question->known_day);
    g_autoptr(SqlResult) result = sql_run(db, NULL, settle_text, params, error);
    if (!result) {
        return false;
    }
    if (!sql_result_bool(result, 0, 5)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "what was recorded by %s can still grow, so the report could not be repeated: "
                    "ask for %s or earlier",
                    sql_result_text(result, 0, 3), sql_result_text(result, 0, 4));
        return false;
    }
    moment->zone = g_strdup(question->zone);
    moment->day = sql_result_day(result, 0, 0);
    moment->as_of = g_strdup(sql_result_text(result, 0, 1));
    moment->micros = sql_result_int(result, 0, 2);
    moment->known_at = g_strdup(sql_result_text(result, 0, 3));
    return true;
}

void report_query_moment_clear(ReportMoment *moment)
{
    g_clear_pointer(&moment->zone, g_free);
    g_clear_pointer(&moment->as_of, g_free);
    g_clear_pointer(&moment->known_at, g_free);
}

/* A report that is being run. */
typedef struct {
    ReportPiece piece;
    gpointer data;
    ListingColumn *columns;
    Listing *rows; /* not handed over yet; NULL before the first row */
} Run;

static ListingType listing_type(SqlType type)
{
    static const ListingType types[] = {
        [SQL_BOOL] = LISTING_FLAG,   [SQL_INT2] = LISTING_NUMBER, [SQL_INT4] = LISTING_NUMBER,
        [SQL_INT8] = LISTING_NUMBER, [SQL_TEXT] = LISTING_TEXT,   [SQL_BYTES] = LISTING_REQUEST,
        [SQL_TIME] = LISTING_TIME,   [SQL_DAY] = LISTING_DAY,
    };
    return types[type];
}

static void read_columns(Run *run, const SqlResult *result)
{
    const int count = sql_result_columns(result);
    run->columns = g_new0(ListingColumn, (gsize)count);
    for (int i = 0; i < count; i++) {
        /* Few names, and whoever prints may still hold them when the last row is gone. */
        run->columns[i].name = g_intern_string(sql_result_column_name(result, i));
        run->columns[i].type = listing_type(sql_result_column_type(result, i));
    }
    run->rows = listing_rows_new(run->columns, (gsize)count);
}

static bool take_row(const SqlResult *result, gpointer data, GError **error)
{
    Run *run = data;
    const bool last = sql_result_rows(result) == 0;
    if (run->rows == NULL) {
        read_columns(run, result);
    }
    if (!last) {
        listing_rows_add(run->rows, result, 0);
    }
    if (!last && run->rows->rows < PIECE_ROWS) {
        return true;
    }
    const bool taken = run->piece(run->rows, run->data, error);
    listing_clear(run->rows);
    return taken;
}

bool report_query_run(Database *db, const ReportFunction *function, const ReportMoment *moment,
                      ReportPiece piece, gpointer data, GError **error)
{
    /* The parameters have the function's own types: a cast could not be worked out before it runs.
     */
    g_autofree char *text = g_strdup_printf("select * from %s($1, $2, $3)", function->name);
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_day(params, moment->day);
    sql_params_add_micros(params, moment->micros);
    sql_params_add_text(params, moment->zone);
    Run run = {.piece = piece, .data = data};
    const bool done = database_for_reports(db, function->in_order, error) &&
                      sql_each(db, text, params, take_row, &run, error);
    listing_free(run.rows);
    g_free(run.columns);
    return done;
}
