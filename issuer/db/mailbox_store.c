#include "db/mailbox_store.h"

#include "db/sql.h"

static const char insert_mailbox[] =
    "with i as (insert into mailbox (digest, place) select $1, $2 where not $3"
    "  on conflict (digest) do nothing returning id)"
    " select id from i union all select id from mailbox where digest = $1 limit 1";

/* Each UIDVALIDITY is looked up by the index, one below the other, for there may be very many rows
 * of each. */
static const char select_positions[] =
    "with recursive v as ((select validity from mailbox_mail where mailbox_id = $1"
    "   order by validity desc limit 1)"
    "  union all select (select m.validity from mailbox_mail m where m.mailbox_id = $1"
    "   and m.validity < v.validity order by m.validity desc limit 1)"
    "  from v where v.validity is not null)"
    " select v.validity, (select max(m.uid) from mailbox_mail m where m.mailbox_id = $1"
    "  and m.validity = v.validity) from v where v.validity is not null";

static const char select_unsettled[] =
    "select m.validity, m.uid, g.class = 'quarantined' from mailbox_mail m"
    " join message g on g.id = m.message_id where m.mailbox_id = $1 and m.settled_at is null"
    " order by m.validity, m.uid";

/* A lock that is had already is not taken once more: it would have to be given back as often. */
static const char claim_text[] =
    "with wanted as (select hashtextextended('issuer mailbox ' || encode($1, 'hex'), 0) as key)"
    " select exists (select from pg_locks l where l.locktype = 'advisory' and l.granted"
    "  and l.pid = pg_backend_pid()"
    "  and l.database = (select oid from pg_database where datname = current_database())"
    "  and (l.classid::bigint << 32 | l.objid::bigint) = w.key)"
    " or pg_try_advisory_lock(w.key) from wanted w";

static const char insert_mails[] =
    "insert into mailbox_mail (mailbox_id, validity, uid, message_id)"
    " select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])"
    " on conflict do nothing";

static const char update_settled[] =
    "update mailbox_mail set settled_at = $4 where mailbox_id = $1 and validity = $2"
    " and uid = any ($3::bigint[]) and settled_at is null";

int64_t mailbox_store_find(Database *database, const Digest *digest, const char *place,
                           bool finds_only, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, digest);
    sql_params_add_text(params, place);
    sql_params_add_bool(params, finds_only);
    g_autoptr(SqlResult) result = sql_run(database, NULL, insert_mailbox, params, error);
    return result != NULL && sql_result_rows(result) > 0 ? sql_result_int(result, 0, 0) : 0;
}

bool mailbox_store_claim(Database *database, const Digest *digest, bool *ours, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, digest);
    g_autoptr(SqlResult) result = sql_run(database, NULL, claim_text, params, error);
    if (result == NULL) {
        return false;
    }
    *ours = sql_result_bool(result, 0, 0);
    return true;
}

GArray *mailbox_store_positions(Database *database, int64_t mailbox_id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, mailbox_id);
    g_autoptr(SqlResult) result = sql_run(database, NULL, select_positions, params, error);
    if (result == NULL) {
        return NULL;
    }
    GArray *positions = g_array_new(FALSE, FALSE, sizeof(MailboxPosition));
    for (int i = 0; i < sql_result_rows(result); i++) {
        const MailboxPosition position = {
            .validity = (uint32_t)sql_result_int(result, i, 0),
            .last = (uint32_t)sql_result_int(result, i, 1),
        };
        g_array_append_val(positions, position);
    }
    return positions;
}

GArray *mailbox_store_unsettled(Database *database, int64_t mailbox_id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, mailbox_id);
    g_autoptr(SqlResult) result = sql_run(database, NULL, select_unsettled, params, error);
    if (result == NULL) {
        return NULL;
    }
    GArray *mails = g_array_new(FALSE, FALSE, sizeof(MailboxMail));
    for (int i = 0; i < sql_result_rows(result); i++) {
        const MailboxMail mail = {
            .mailbox_id = mailbox_id,
            .validity = (uint32_t)sql_result_int(result, i, 0),
            .uid = (uint32_t)sql_result_int(result, i, 1),
            .quarantined = sql_result_bool(result, i, 2),
        };
        g_array_append_val(mails, mail);
    }
    return mails;
}

bool mailbox_store_take(Database *database, const GArray *mails, GError **error)
{
    if (mails->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *columns[4];
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
        columns[i] = sql_params_add_column(params, SQL_INT8);
    }
    for (guint i = 0; i < mails->len; i++) {
        const MailboxMail *mail = &g_array_index(mails, MailboxMail, i);
        sql_column_int(columns[0], mail->mailbox_id);
        sql_column_int(columns[1], mail->validity);
        sql_column_int(columns[2], mail->uid);
        sql_column_int(columns[3], mail->message_id);
    }
    return sql_do(database, "mailbox_take", insert_mails, params, error);
}

bool mailbox_store_settle(Database *database, const MailboxMail *of, const GArray *uids,
                          int64_t now, GError **error)
{
    if (uids->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, of->mailbox_id);
    sql_params_add_int(params, SQL_INT8, of->validity);
    SqlColumn *column = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < uids->len; i++) {
        sql_column_int(column, g_array_index(uids, uint32_t, i));
    }
    sql_params_add_time(params, now);
    return sql_do(database, "mailbox_settle", update_settled, params, error);
}
