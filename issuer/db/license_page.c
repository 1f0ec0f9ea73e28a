#include "db/license_page.h"

#include "db/listing_rows.h"

/* In all of these $1 is the license's row and $2 how many rows are read. */

static const ListingColumn order_columns[] = {
    {"order", LISTING_TEXT},
    {"kind", LISTING_TEXT},
    {"ordered_on", LISTING_DAY},
    {"version", LISTING_NUMBER},
};
static const ListingColumn term_columns[] = {
    {"feature", LISTING_TEXT},   {"kind", LISTING_TEXT},        {"years", LISTING_NUMBER},
    {"from_on", LISTING_DAY},    {"until_on", LISTING_DAY},     {"order", LISTING_TEXT},
    {"version", LISTING_NUMBER}, {"recorded_at", LISTING_TIME},
};
static const ListingColumn state_columns[] = {
    {"state", LISTING_TEXT},  {"how", LISTING_TEXT},         {"since", LISTING_TIME},
    {"order", LISTING_TEXT},  {"replaced_by", LISTING_TEXT}, {"operator", LISTING_TEXT},
    {"reason", LISTING_TEXT},
};
static const ListingColumn run_columns[] = {
    {"host", LISTING_TEXT},       {"since", LISTING_TIME}, {"serial", LISTING_SERIAL},
    {"server", LISTING_NUMBER},   {"use", LISTING_NUMBER}, {"version", LISTING_NUMBER},
    {"expires_at", LISTING_TIME},
};
static const ListingColumn open_columns[] = {
    {"what", LISTING_TEXT},   {"number", LISTING_NUMBER}, {"code", LISTING_TEXT},
    {"detail", LISTING_TEXT}, {"since", LISTING_TIME},
};
static const ListingColumn mail_columns[] = {
    {"at", LISTING_TIME},       {"message", LISTING_NUMBER}, {"from", LISTING_TEXT},
    {"kind", LISTING_TEXT},     {"token", LISTING_REQUEST},  {"host", LISTING_TEXT},
    {"outcome", LISTING_TEXT},  {"code", LISTING_TEXT},      {"serial", LISTING_SERIAL},
    {"operator", LISTING_TEXT},
};
static const ListingColumn reply_columns[] = {
    {"reply", LISTING_NUMBER},   {"state", LISTING_TEXT},   {"to", LISTING_TEXT},
    {"queued_at", LISTING_TIME}, {"sent_at", LISTING_TIME}, {"message", LISTING_NUMBER},
    {"about", LISTING_TEXT},     {"why", LISTING_TEXT},
};

static const ListingQuery parts[] = {
    [LICENSE_PAGE_ORDERS] =
        LISTING_QUERY("select reference::text, kind::text, ordered_on, version from license_order"
                      " where license_id = $1 order by ordered_on desc, order_id desc limit $2",
                      order_columns),
    [LICENSE_PAGE_TERMS] =
        LISTING_QUERY("select t.code::text, t.kind::text, t.years, t.from_on, t.until_on,"
                      " o.reference::text, t.version, t.recorded_at from term_entry t"
                      " join orders o on o.id = t.order_id where t.license_id = $1"
                      " order by t.version desc, t.code limit $2",
                      term_columns),
    [LICENSE_PAGE_STATES] =
        LISTING_QUERY("select s.state::text, s.ended_how::text, s.effective, o.reference::text,"
                      " l.license_id::text, p.name::text, s.reason from license_state_version s"
                      " left join orders o on o.id = s.order_id"
                      " left join license l on l.id = s.replaced_by"
                      " left join operator p on p.id = s.operator_id"
                      " where s.license_id = $1 order by s.version desc limit $2",
                      state_columns),
    [LICENSE_PAGE_RUNS] =
        LISTING_QUERY("select r.host::text, a.active_from, a.id, a.slot, a.use_no, a.version, u.exp"
                      " from activation a join usage_request r on r.id = a.request_id"
                      " left join usage_license u on u.serial = a.id"
                      " where a.license_id = $1 and a.state = 'active' order by a.slot limit $2",
                      run_columns),
    [LICENSE_PAGE_OPEN] = LISTING_QUERY("select what, number, code, detail, since from license_open"
                                        " where license_id = $1 order by since, number limit $2",
                                        open_columns),
    [LICENSE_PAGE_MAILS] =
        LISTING_QUERY("select at, message_id, sender, kind::text, token, host::text,"
                      " outcome::text, code::text, serial, operator::text from license_mail"
                      " where license_id = $1 order by at desc, message_id desc limit $2",
                      mail_columns),
    [LICENSE_PAGE_REPLIES] =
        LISTING_QUERY("select reply_id, state::text, recipient, queued_at, sent_at, message_id,"
                      " about::text, nullif(concat_ws(': ', why, last_error), '')"
                      " from license_reply where license_id = $1"
                      " order by queued_at desc, reply_id desc limit $2",
                      reply_columns),
};

static Listing *load(Database *db, const ListingQuery *query, int64_t license, unsigned most,
                     GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, license);
    sql_params_add_int(params, SQL_INT8, most > 0 ? (int64_t)most + 1 : G_MAXINT64);
    return listing_rows_load(db, query, params, most, error);
}

Listing *license_page_part(Database *db, LicensePagePart part, int64_t license, unsigned most,
                           GError **error)
{
    return load(db, &parts[part], license, most, error);
}

static const ListingColumn use_columns[] = {
    {"use", LISTING_NUMBER},         {"server", LISTING_TEXT},
    {"request", LISTING_REQUEST},    {"requested_at", LISTING_TIME},
    {"serial", LISTING_SERIAL},      {"from", LISTING_TIME},
    {"until", LISTING_TIME},         {"counts", LISTING_FLAG},
    {"given_back_by", LISTING_TEXT}, {"what_became_of_it", LISTING_TEXT},
};
static const ListingQuery uses =
    LISTING_QUERY("select use_no, server::text, request, requested_at, serial, used_from,"
                  " used_until, counted, given_back_by::text, words from license_use"
                  " where license_id = $1 order by use_no, used_from, serial limit $2",
                  use_columns);

Listing *license_page_uses(Database *db, int64_t license, GError **error)
{
    return load(db, &uses, license, 0, error);
}
