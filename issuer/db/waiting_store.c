#include "db/waiting_store.h"

#include "db/sql.h"

#define COLUMNS                                                                                    \
    "r.id, d.message_id, m.reply_to, r.jws, coalesce(m.sender_vouched, false),"                    \
    " coalesce((d.facts ->> 'tells_of_loss')::boolean, false), d.outcome::text, d.code,"           \
    " (select count(*) from decision n where n.request_id = r.id),"                                \
    " (select h.id from hold h where h.request_id = r.id and h.closed_at is null),"                \
    " case m.sender_vouched when true then 'yes' when false then 'no' end, m.sender_says,"

/* The decision that stands, and the mail that carried it. */
#define OF_REQUEST                                                                                 \
    " cross join lateral (select * from decision d where d.request_id = r.id"                      \
    "  and d.code <> 'emergency'"                                                                  \
    "  order by d.recorded_at desc, d.id desc limit 1) d"                                          \
    " join message m on m.id = d.message_id"

/* And the license of the request's key, which only the daemon may look up. */
#define WITH_LICENSE                                                                               \
    OF_REQUEST " join license_proof p on p.public_key = r.license_key"                             \
               " join license_key k on k.id = p.license_key_id"

/* What may be decided otherwise without a person. Requests are numbered in the order in which they
 * came. */
#define WAITS                                                                                      \
    " d.outcome in ('refused', 'held')"                                                            \
    " and m.effective > $1::timestamptz - make_interval(days => $2)"                               \
    " and d.code not in ('damaged', 'superseded-request')"                                         \
    " and not (d.outcome = 'refused' and d.operator_id is not null)"                               \
    " and not exists (select from usage_request n where n.thumbprint = r.thumbprint"               \
    "  and n.seq > r.seq)"

#define IN_ORDER " order by k.license_id, r.id"

/* The facts that a decision has seen stand with it, so what has changed since is told by
 * comparing. The times of the changes would not do: a transaction's time is that of its
 * beginning, and a long import may end after decisions that began later. Each decision that
 * comes of it, even one as before, has seen the change: so no run looks at it twice. */
static const char select_changed[] =
    "select " COLUMNS " k.license_id from (select distinct request_id from decision"
    "  where outcome in ('refused', 'held') and request_id is not null"
    "  and effective > $1::timestamptz - make_interval(days => $2)) w"
    " join usage_request r on r.id = w.request_id" WITH_LICENSE
    " left join lateral (select max(version) as version from entitlement e"
    "  where e.license_id = k.license_id) e on true"
    " left join lateral (select state from license_state_version v"
    "  where v.license_id = k.license_id order by v.version desc limit 1) s on true"
    " left join lateral (select count(*) filter (where a.counted) as used,"
    "  count(*) filter (where a.state = 'active') as active from activation a"
    "  where a.license_id = k.license_id and (a.counted or a.state = 'active')) a"
    "  on true"
    " where" WAITS " and (d.code = 'unknown-license'"
    "  or e.version > (d.facts ->> 'version')::integer"
    "  or coalesce(s.state, 'current')::text <> d.facts ->> 'state'"
    "  or d.code = 'unknown-sender' and (d.facts ->> 'contacts')::bigint is distinct from"
    "   (select count(*) + count(c.ended_on) from contact c where c.license_id = k.license_id)"
    "  or d.code = 'no-upgrade-on-record' and exists (select from license l"
    "   join customer_now o on o.id = l.customer_id join customer_now n on n.id = o.root"
    "   where l.id = k.license_id and (n.id <> (d.facts ->> 'customer')::bigint"
    "    or n.version <> (d.facts ->> 'customer_version')::integer))"
    "  or d.code = 'no-activations-left' and (d.facts ->> 'case_open')::boolean and not exists "
    "(select from restoration o"
    "   where o.license_id = k.license_id and o.closed_at is null)"
    "  or a.used < (d.facts ->> 'used')::integer"
    "  or a.active < (d.facts ->> 'active')::integer)" IN_ORDER;

static const char select_of_licenses[] =
    "select " COLUMNS " k.license_id from usage_request r" WITH_LICENSE
    " where r.license_id = any ($3::bigint[]) and" WAITS IN_ORDER;

static WaitingRequest *waiting_from(const SqlResult *result, int row)
{
    WaitingRequest *waiting = g_new0(WaitingRequest, 1);
    waiting->request_id = sql_result_int(result, row, 0);
    waiting->message_id = sql_result_int(result, row, 1);
    waiting->sender = g_strdup(sql_result_text(result, row, 2));
    waiting->jws = g_strdup(sql_result_text(result, row, 3));
    waiting->vouched = sql_result_bool(result, row, 4);
    waiting->tells_of_loss = sql_result_bool(result, row, 5);
    waiting->outcome = rules_outcome_read(sql_result_text(result, row, 6));
    waiting->code = g_strdup(sql_result_text(result, row, 7));
    waiting->decisions = (uint32_t)sql_result_int(result, row, 8);
    waiting->case_number = sql_result_int(result, row, 9);
    waiting->sender_vouched = g_strdup(sql_result_text(result, row, 10));
    waiting->sender_says = g_strdup(sql_result_text(result, row, 11));
    waiting->license_id = sql_result_int(result, row, 12);
    return waiting;
}

void waiting_request_free(WaitingRequest *waiting)
{
    if (waiting == NULL) {
        return;
    }
    g_free(waiting->sender);
    g_free(waiting->sender_vouched);
    g_free(waiting->sender_says);
    g_free(waiting->jws);
    g_free(waiting->code);
    g_free(waiting);
}

static void free_waiting(gpointer waiting)
{
    waiting_request_free(waiting);
}

GPtrArray *waiting_find(Database *database, const GArray *licenses, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_time(params, now);
    sql_params_add_int(params, SQL_INT4, WAITING_DAYS);
    if (licenses != NULL) {
        sql_params_add_numbers(params, licenses);
    }
    g_autoptr(SqlResult) result =
        licenses != NULL
            ? sql_run(database, "waiting_of_licenses", select_of_licenses, params, error)
            : sql_run(database, "waiting_changed", select_changed, params, error);
    if (result == NULL) {
        return NULL;
    }
    GPtrArray *found = g_ptr_array_new_with_free_func(free_waiting);
    for (int i = 0; i < sql_result_rows(result); i++) {
        g_ptr_array_add(found, waiting_from(result, i));
    }
    return found;
}

/* What mails and replies alone make changes nothing for others: where it does, who decides it sees
 * to that. */
static const char select_mark[] =
    "select coalesce(max(id), $1), coalesce(bool_or(subject not in ('activation', 'alert',"
    " 'case_mail', 'daemon_change', 'deactivation', 'decision', 'hold', 'instruction', 'message',"
    " 'quarantine', 'question', 'reply', 'usage_license')), false) from event where id > $1";

/* The newest of all first, which reads one row. */
static const char select_first_mark[] = "select coalesce(max(id), 0), true from event";

bool waiting_mark(Database *database, int64_t *mark, bool *changed, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, *mark);
    g_autoptr(SqlResult) result =
        *mark == 0 ? sql_run(database, "waiting_first_mark", select_first_mark, NULL, error)
                   : sql_run(database, "waiting_mark", select_mark, params, error);
    if (result == NULL) {
        return false;
    }
    *mark = sql_result_int(result, 0, 0);
    *changed = sql_result_bool(result, 0, 1);
    return true;
}

WaitingRequest *waiting_load(Database *database, int64_t id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    g_autoptr(SqlResult) result = sql_run(
        database, "waiting_load",
        "select " COLUMNS " r.license_id from usage_request r" OF_REQUEST " where r.id = $1",
        params, error);
    return result != NULL ? waiting_from(result, 0) : NULL;
}
