#include "db/health_store.h"

#include "db/sql.h"

/* A question whose rows, of one text column, are all wrong. */
typedef struct {
    const char *what;
    const char *rows;
    bool serious;
} Question;

static const Question of_serials[] = {
    {"serial numbers of closed blocks are neither a usage license nor void",
     "select n from (select generate_series(first, last) as n from serial_block"
     "  where closed_at is not null) b"
     " where not exists (select from usage_license u where u.serial = b.n)"
     " and not exists (select from serial_void v where v.serial = b.n)",
     true},
    {"serial numbers are both a usage license and void",
     "select serial as n from usage_license join serial_void using (serial)", true},
    {"usage licenses have a number of no block",
     "select serial as n from usage_license u where not exists"
     " (select from (select generate_series(first, last) as n from serial_block) b"
     "  where b.n = u.serial)",
     true},
    {"blocks of serial numbers do not begin where the one before ends",
     "select first as n from (select first, coalesce(lag(last) over (order by first), 0) as before"
     " from serial_block) b where first <> before + 1",
     true},
};

static const Question of_records[] = {
    {"uses count twice: an activation counts that another one continues",
     "select a.id as n from activation a where a.counted"
     " and exists (select from activation b where b.continues = a.id)",
     true},
    {"uses are lost: an activation was superseded, counts no more, and none continues it",
     "select a.id as n from activation a where a.state = 'superseded' and not a.counted"
     " and not exists (select from activation b where b.continues = a.id)",
     true},
    {"activations have no usage license",
     "select a.id as n from activation a"
     " where not exists (select from usage_license u where u.serial = a.id)",
     true},
    {"activations and their usage licenses differ in request, license or version",
     "select a.id as n from activation a join usage_license u on u.activation_id = a.id"
     " where (u.request_id, u.license_id, u.version)"
     "  is distinct from (a.request_id, a.license_id, a.version)",
     true},
    {"activations are of another instance than their requests",
     "select a.id as n from activation a join usage_request r on r.id = a.request_id"
     " where (r.thumbprint, r.license_id) is distinct from (a.thumbprint, a.license_id)",
     true},
    {"usage licenses were signed outside their key's certificate: servers refuse them",
     "select u.serial as n from usage_license u join signing_key k using (kid)"
     " where u.iat not between k.not_before and k.not_after",
     true},
    {"usage licenses have no event",
     "select u.serial as n from usage_license u where not exists (select from event e"
     " where e.subject = 'usage_license' and e.subject_id = u.serial)",
     true},
    {"decisions name a usage license that is not on record",
     "select d.serial as n from decision d where d.outcome in ('issued', 'resent')"
     " and not exists (select from usage_license u where u.serial = d.serial)",
     true},
    {"holds are open though their request was decided otherwise since",
     "select h.id as n from hold h cross join lateral (select outcome from decision d"
     "  where d.request_id = h.request_id"
     "  and d.code <> 'emergency' order by d.recorded_at desc, d.id desc limit 1) d"
     " where h.closed_at is null and d.outcome <> 'held'",
     true},
    {"licenses have more uses or servers than their newest entitlement grants",
     "select license_id as n from license_now where used > activations or active > servers", false},
};

char *health_store_server(Database *database, GError **error)
{
    g_autoptr(SqlResult) result =
        sql_run(database, NULL,
                "select format('PostgreSQL %s, database %s, user %s',"
                " split_part(current_setting('server_version'), ' ', 1), current_database(),"
                " current_user)",
                NULL, error);
    return result != NULL ? g_strdup(sql_result_text(result, 0, 0)) : NULL;
}

bool health_store_clock(Database *database, int64_t *now, GError **error)
{
    g_autoptr(SqlResult) result =
        sql_run(database, "health_clock", "select clock_timestamp()", NULL, error);
    *now = result != NULL ? sql_result_time(result, 0, 0) : 0;
    return result != NULL;
}

bool health_store_totals(Database *database, HealthTotals *totals, GError **error)
{
    g_autoptr(SqlResult) result =
        sql_run(database, NULL,
                "select (select count(*) from license), count(*), count(*) filter (where counted),"
                " (select count(*) from usage_license),"
                " (select count(*) from serial_block where closed_at is not null),"
                " (select count(*) from serial_block where closed_at is null),"
                " (select count(*) from serial_void) from activation",
                NULL, error);
    if (result == NULL) {
        return false;
    }
    *totals = (HealthTotals){
        .licenses = sql_result_int(result, 0, 0),
        .activations = sql_result_int(result, 0, 1),
        .counted = sql_result_int(result, 0, 2),
        .usage_licenses = sql_result_int(result, 0, 3),
        .blocks_closed = sql_result_int(result, 0, 4),
        .blocks_open = sql_result_int(result, 0, 5),
        .voids = sql_result_int(result, 0, 6),
    };
    return true;
}

static bool ask(Database *database, const Question *question, GPtrArray *findings, GError **error)
{
    g_autofree char *text =
        g_strdup_printf("select count(*), min(n)::text from (%s) wrong", question->rows);
    g_autoptr(SqlResult) result = sql_run(database, NULL, text, NULL, error);
    if (result == NULL) {
        return false;
    }
    int64_t count = sql_result_int(result, 0, 0);
    if (count > 0) {
        HealthFinding *finding = g_new0(HealthFinding, 1);
        finding->what = question->what;
        finding->count = count;
        finding->example = g_strdup(sql_result_text(result, 0, 1));
        finding->serious = question->serious;
        g_ptr_array_add(findings, finding);
    }
    return true;
}

/* All questions see the same records, or a batch that is committed between two would look like a
 * contradiction. */
static bool ask_all(Database *database, const Question *questions, gsize count, GPtrArray *findings,
                    GError **error)
{
    if (!database_begin(database, error)) {
        return false;
    }
    bool asked = sql_do(database, NULL, "set transaction isolation level repeatable read read only",
                        NULL, error) &&
                 sql_do(database, NULL, "set local statement_timeout to 0", NULL, error);
    for (gsize i = 0; asked && i < count; i++) {
        asked = ask(database, &questions[i], findings, error);
    }
    database_rollback(database);
    return asked;
}

static void health_finding_free(HealthFinding *finding)
{
    if (finding != NULL) {
        g_free(finding->example);
        g_free(finding);
    }
}

static GPtrArray *find(Database *database, const Question *questions, gsize count, GError **error)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)health_finding_free);
    return ask_all(database, questions, count, findings, error) ? g_steal_pointer(&findings) : NULL;
}

GPtrArray *health_store_serials(Database *database, GError **error)
{
    return find(database, of_serials, G_N_ELEMENTS(of_serials), error);
}

GPtrArray *health_store_records(Database *database, GError **error)
{
    return find(database, of_records, G_N_ELEMENTS(of_records), error);
}
