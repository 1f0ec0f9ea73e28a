/* What people see of lost-server cases. */
#include "base/error.h"
#include "db/license_page.h"
#include "db/listing_rows.h"
#include "db/restoration_store.h"

static const ListingColumn list_columns[] = {
    {"case", LISTING_NUMBER},     {"license_id", LISTING_TEXT}, {"customer", LISTING_TEXT},
    {"state", LISTING_TEXT},      {"evidence", LISTING_TEXT},   {"serial", LISTING_SERIAL},
    {"host", LISTING_TEXT},       {"from", LISTING_TEXT},       {"opened_by", LISTING_TEXT},
    {"opened_at", LISTING_TIME},  {"decided_by", LISTING_TEXT}, {"second_by", LISTING_TEXT},
    {"decided_at", LISTING_TIME},
};

#define LIST_OF                                                                                    \
    "select case_number, license, customer, state, evidence, serial, host, sender, opened_by,"     \
    " opened_at, decided_by, second_by, decided_at from restoration_shown"

static const ListingQuery list_open =
    LISTING_QUERY(LIST_OF " where closed_at is null order by case_number limit $1", list_columns);
static const ListingQuery list_all =
    LISTING_QUERY(LIST_OF " order by case_number desc limit $1", list_columns);

Listing *restoration_store_list(Database *db, bool all, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, (int64_t)most + 1);
    return listing_rows_load(db, all ? &list_all : &list_open, params, most, error);
}

/* ---- one case: $1 is its number, $2 how many rows are read, $3 the time ---- */

static const ListingColumn head_columns[] = {
    {"case", LISTING_NUMBER},         {"license_id", LISTING_TEXT},
    {"customer", LISTING_TEXT},       {"state", LISTING_TEXT},
    {"evidence", LISTING_TEXT},       {"serial", LISTING_SERIAL},
    {"host", LISTING_TEXT},           {"opened_at", LISTING_TIME},
    {"opened_by", LISTING_TEXT},      {"reason", LISTING_TEXT},
    {"ticket", LISTING_TEXT},         {"approved_in_a_year", LISTING_NUMBER},
    {"limit", LISTING_NUMBER},        {"second_person", LISTING_FLAG},
    {"second_why", LISTING_TEXT},     {"decided_at", LISTING_TIME},
    {"decided_by", LISTING_TEXT},     {"second_by", LISTING_TEXT},
    {"decided_why", LISTING_TEXT},    {"decided_ticket", LISTING_TEXT},
    {"replacement", LISTING_REQUEST},
};
static const ListingQuery show_head =
    LISTING_QUERY("select s.case_number, s.license, s.customer, s.state, s.evidence, s.serial,"
                  " s.host, s.opened_at, s.opened_by, s.reason, s.ticket, l.approved, l.allowed,"
                  " case when s.decided_at is null then l.second_why is not null end, "
                  "l.second_why, s.decided_at, s.decided_by,"
                  " s.second_by, s.decided_why, s.decided_ticket, s.replacement"
                  " from restoration_shown s left join lateral (select * from"
                  "  restoration_limit(s.case_number, $2)) l on s.decided_at is null"
                  " where s.case_number = $1",
                  head_columns);

static const ListingColumn mail_columns[] = {
    {"message", LISTING_NUMBER},
    {"from", LISTING_TEXT},
    {"subject", LISTING_TEXT},
    {"words", LISTING_TEXT},
};
static const ListingQuery show_mail =
    LISTING_QUERY("select message_id, sender, subject, words from restoration_shown"
                  " where case_number = $1 and message_id is not null",
                  mail_columns);

static const ListingColumn server_columns[] = {
    {"serial", LISTING_SERIAL}, {"host", LISTING_TEXT},        {"state", LISTING_TEXT},
    {"use", LISTING_NUMBER},    {"active_from", LISTING_TIME}, {"last_sign", LISTING_TIME},
    {"meant", LISTING_FLAG},
};
static const ListingColumn sign_columns[] = {
    {"at", LISTING_TIME},       {"kind", LISTING_TEXT},       {"token", LISTING_REQUEST},
    {"host", LISTING_TEXT},     {"license_id", LISTING_TEXT}, {"outcome", LISTING_TEXT},
    {"known_by", LISTING_TEXT}, {"since_case", LISTING_FLAG},
};
static const ListingColumn waiting_columns[] = {
    {"request", LISTING_REQUEST}, {"host", LISTING_TEXT},        {"outcome", LISTING_TEXT},
    {"code", LISTING_TEXT},       {"received_at", LISTING_TIME}, {"case", LISTING_NUMBER},
};
static const ListingColumn earlier_columns[] = {
    {"case", LISTING_NUMBER},     {"state", LISTING_TEXT},      {"evidence", LISTING_TEXT},
    {"serial", LISTING_SERIAL},   {"host", LISTING_TEXT},       {"opened_at", LISTING_TIME},
    {"decided_at", LISTING_TIME}, {"decided_by", LISTING_TEXT}, {"second_by", LISTING_TEXT},
    {"why", LISTING_TEXT},
};
/* A host shows itself by what its machine has for sure; a name alone is given to any. */
static const ListingQuery parts[] = {
    [RESTORATION_SERVERS] = LISTING_QUERY(
        "select a.id, r.host::text, a.state::text, a.use_no, a.active_from,"
        " (select max(q.effective) from usage_request q where q.thumbprint = a.thumbprint),"
        " a.id is not distinct from s.meant from restoration s0"
        " join restoration_shown s on s.case_number = s0.id"
        " join activation a on a.license_id = s0.license_id and a.counted"
        " join usage_request r on r.id = a.request_id where s0.id = $1"
        " order by a.id is not distinct from s.meant desc, a.active_from desc, a.id desc limit $2",
        server_columns),
    [RESTORATION_SIGNS] = LISTING_QUERY(
        "with meant as (select o.recorded_at as opened, r.thumbprint, r.license_id, r.board, r.mac"
        "  from restoration_shown s join restoration o on o.id = s.case_number"
        "  join activation a on a.id = s.serial"
        "  join usage_request r on r.id = a.request_id where s.case_number = $1)"
        " select x.* from (select q.effective, 'usage-request', q.digest, q.host::text,"
        "   l.license_id::text, d.outcome || ' ' || d.code, q.known_by, q.recorded_at > q.opened"
        "  from (select q.id, q.effective, q.digest, q.host, q.license_id, q.recorded_at,"
        "    'instance' as known_by, m.opened from meant m join usage_request q using (thumbprint)"
        /* whatever license it names: it may run under another by now */
        "   union all select q.id, q.effective, q.digest, q.host, q.license_id, q.recorded_at,"
        "    'host', m.opened from meant m join usage_request q"
        "    on q.license_id = m.license_id and q.thumbprint <> m.thumbprint"
        "    and (q.board = m.board or q.mac = m.mac)) q"
        "  left join license l on l.id = q.license_id"
        "  cross join lateral (select outcome::text, code::text from decision d"
        "   where d.request_id = q.id and d.code <> 'emergency'"
        "   order by d.recorded_at desc, d.id desc limit 1) d"
        "  union all select x.effective, 'deactivation', x.digest, x.host::text, null, null,"
        "   'instance', x.recorded_at > m.opened from meant m join deactivation x using "
        "(thumbprint)) x"
        " order by 1 desc, 8 desc limit $2",
        sign_columns),
    [RESTORATION_WAITING] = LISTING_QUERY(
        "select q.digest, q.host::text, d.outcome, d.code, q.effective, h.id from restoration s"
        " join usage_request q on q.license_id = s.license_id"
        " cross join lateral (select outcome::text, code::text from decision d"
        "  where d.request_id = q.id and d.code <> 'emergency'"
        "  order by d.recorded_at desc, d.id desc limit 1) d"
        " left join hold h on h.request_id = q.id and h.closed_at is null"
        " where s.id = $1 and d.outcome in ('refused', 'held')"
        " and not exists (select from usage_request n where n.thumbprint = q.thumbprint"
        "  and n.seq > q.seq) order by q.effective desc, q.id desc limit $2",
        waiting_columns),
    [RESTORATION_EARLIER] = LISTING_QUERY(
        "select o.case_number, o.state, o.evidence, o.serial, o.host, o.opened_at, o.decided_at,"
        " o.decided_by, o.second_by, coalesce(o.decided_why, o.reason) from restoration_shown o"
        " where o.license_id = (select s.license_id from restoration s where s.id = $1)"
        " and o.case_number <> $1 order by o.case_number desc limit $2",
        earlier_columns),
};

static SqlParams *params_of(int64_t number, unsigned most)
{
    SqlParams *params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, number);
    sql_params_add_int(params, SQL_INT4, (int64_t)most + 1);
    return params;
}

static bool load_head(Database *db, RestorationDetail *detail, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    g_autoptr(SqlParams) number = sql_params_new();
    sql_params_add_int(params, SQL_INT8, detail->number);
    sql_params_add_time(params, now);
    sql_params_add_int(number, SQL_INT8, detail->number);
    detail->head = listing_rows_load(db, &show_head, params, 0, error);
    if (detail->head && detail->head->rows == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "no lost-server case %" G_GINT64_FORMAT
                    " is on record; `issuer restoration list --all` shows them",
                    detail->number);
        return false;
    }
    detail->mail = detail->head ? listing_rows_load(db, &show_mail, number, 0, error) : NULL;
    if (detail->mail && detail->mail->rows > 0) {
        detail->words =
            g_strdup(listing_cell(detail->mail, 0, G_N_ELEMENTS(mail_columns) - 1)->text);
    }
    return detail->mail != NULL;
}

static Listing *load_uses(Database *db, int64_t number, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, number);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL, "select license_id from restoration where id = $1", params, error);
    return result ? license_page_uses(db, sql_result_int(result, 0, 0), error) : NULL;
}

static bool fill(Database *db, RestorationDetail *detail, int64_t now, unsigned most,
                 GError **error)
{
    if (!load_head(db, detail, now, error)) {
        return false;
    }
    g_autoptr(SqlParams) params = params_of(detail->number, most);
    for (gsize i = 0; i < RESTORATION_PARTS; i++) {
        detail->parts[i] = listing_rows_load(db, &parts[i], params, most, error);
        if (!detail->parts[i]) {
            return false;
        }
    }
    detail->uses = load_uses(db, detail->number, error);
    detail->mails = detail->uses ? case_query_mails(db, 0, detail->number, error) : NULL;
    return detail->mails != NULL;
}

RestorationDetail *restoration_store_show(Database *db, int64_t number, int64_t now, unsigned most,
                                          GError **error)
{
    RestorationDetail *detail = g_new0(RestorationDetail, 1);
    detail->number = number;
    if (!fill(db, detail, now, most, error)) {
        restoration_detail_free(detail);
        return NULL;
    }
    return detail;
}

void restoration_detail_free(RestorationDetail *detail)
{
    if (!detail) {
        return;
    }
    listing_free(detail->head);
    listing_free(detail->mail);
    for (gsize i = 0; i < RESTORATION_PARTS; i++) {
        listing_free(detail->parts[i]);
    }
    listing_free(detail->uses);
    g_clear_pointer(&detail->mails, g_ptr_array_unref);
    g_free(detail->words);
    g_free(detail);
}
