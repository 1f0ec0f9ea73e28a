#include "db/intake_quarantine.h"

#include "db/sql.h"

static SqlParams *quarantine_params(const GPtrArray *unique)
{
    static const SqlType types[] = {SQL_INT8, SQL_TEXT, SQL_BYTES, SQL_INT4};
    SqlColumn *column[G_N_ELEMENTS(types)];
    SqlParams *params = sql_params_new();
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        column[i] = sql_params_add_column(params, types[i]);
    }
    for (guint i = 0; i < unique->len; i++) {
        const MessageRow *row = g_ptr_array_index(unique, i);
        if (!row->fresh || !row->quarantined) {
            continue;
        }
        sql_column_int(column[0], row->id);
        sql_column_text(column[1], row->why != NULL ? row->why : "");
        sql_column_digest(column[2], digest_is_zero(&row->raw_digest) ? NULL : &row->raw_digest);
        sql_column_int(column[3], row->marks);
    }
    return params;
}

bool intake_quarantine_write(Database *database, const GPtrArray *unique, GError **error)
{
    bool any = false;
    for (guint i = 0; !any && i < unique->len; i++) {
        const MessageRow *row = g_ptr_array_index(unique, i);
        any = row->fresh && row->quarantined;
    }
    if (!any) {
        return true;
    }
    g_autoptr(SqlParams) params = quarantine_params(unique);
    return sql_do(database, "intake_quarantine",
                  "with q as (insert into quarantine (message_id, reason, raw_digest, marks)"
                  " select * from unnest($1::bigint[], $2::text[], $3::bytea[], $4::integer[])"
                  " returning *)"
                  " insert into event (kind, subject, subject_id, row_digest, effective)"
                  " select 'quarantined', 'quarantine', q.message_id,"
                  " sha256(convert_to(q::text, 'UTF8')), m.effective"
                  " from q join message m on m.id = q.message_id",
                  params, error);
}

/* ---- leaving it ---- */

/* Those of the messages that were on record and could be read, by their numbers. */
static GHashTable *readable_again(const GPtrArray *messages)
{
    GHashTable *rows = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < messages->len; i++) {
        MessageRow *row = g_ptr_array_index(messages, i);
        if (!row->fresh && !row->quarantined) {
            g_hash_table_insert(rows, &row->id, row);
        }
    }
    return rows;
}

/* Marks those of them that are in quarantine; nearly always there are none. */
static bool mark_left(Database *database, GHashTable *rows, bool *any, GError **error)
{
    *any = false;
    if (g_hash_table_size(rows) == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *ids = sql_params_add_column(params, SQL_INT8);
    GHashTableIter iterator;
    gpointer value = NULL;
    g_hash_table_iter_init(&iterator, rows);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const MessageRow *row = value;
        sql_column_int(ids, row->id);
    }
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_quarantine_look",
                "select message_id from quarantine where message_id = any ($1::bigint[])"
                " and closed_at is null order by message_id for no key update",
                params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        const int64_t id = sql_result_int(result, i, 0);
        MessageRow *row = g_hash_table_lookup(rows, &id);
        row->left_quarantine = true;
        *any = true;
    }
    return result != NULL;
}

static SqlParams *left_params(GHashTable *rows, int64_t now)
{
    static const SqlType types[] = {SQL_INT8, SQL_TEXT, SQL_TEXT, SQL_TEXT, SQL_TEXT,
                                    SQL_TEXT, SQL_TEXT, SQL_TEXT, SQL_TEXT};
    SqlColumn *column[G_N_ELEMENTS(types)];
    SqlParams *params = sql_params_new();
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        column[i] = sql_params_add_column(params, types[i]);
    }
    GHashTableIter iterator;
    gpointer value = NULL;
    g_hash_table_iter_init(&iterator, rows);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const MessageRow *row = value;
        if (!row->left_quarantine) {
            continue;
        }
        sql_column_int(column[0], row->id);
        sql_column_text(column[1], row->class_name);
        sql_column_text(column[2], row->why);
        sql_column_text(column[3], row->from);
        sql_column_text(column[4], row->reply_to);
        sql_column_text(column[5], row->subject);
        sql_column_text(column[6], row->body);
        sql_column_text(column[7], row->vouched);
        sql_column_text(column[8], row->sender_says);
    }
    sql_params_add_time(params, now);
    return params;
}

/* What retention has emptied stays empty. */
static bool end_own(Database *database, GHashTable *rows, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = left_params(rows, now);
    return sql_do(database, "intake_quarantine_end",
                  "with r as (select * from unnest($1::bigint[], $2::text[], $3::text[],"
                  " $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])"
                  " as r (id, class, why, from_address, reply_to, subject, body, sender_vouched,"
                  "  sender_says)),"
                  " q as (update quarantine q set closed_at = $10, closed_how = 'read again'"
                  "  from r where q.message_id = r.id and q.closed_at is null returning q.*),"
                  " m as (update message m set class = r.class, why = r.why,"
                  "  sender_vouched = r.sender_vouched::boolean, sender_says = r.sender_says,"
                  "  from_address = case when m.emptied_at is null then r.from_address end,"
                  "  reply_to = case when m.emptied_at is null then r.reply_to end,"
                  "  subject = case when m.emptied_at is null then r.subject end,"
                  "  body = case when m.emptied_at is null then r.body end"
                  "  from r where m.id = r.id returning m.*)"
                  " insert into event (kind, subject, subject_id, row_digest, effective)"
                  " select 'quarantine-left', 'quarantine', q.message_id,"
                  "  sha256(convert_to(q::text, 'UTF8')), $10 from q"
                  " union all select 'message-read', 'message', m.id,"
                  "  sha256(convert_to(m::text, 'UTF8')), $10 from m",
                  params, error);
}

/* The bytes of a mail that no parser came through make another message, whose identity is what it
 * says of itself. */
static bool end_by_bytes(Database *database, const GPtrArray *messages, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *ids = sql_params_add_column(params, SQL_INT8);
    SqlColumn *digests = sql_params_add_column(params, SQL_BYTES);
    for (guint i = 0; i < messages->len; i++) {
        const MessageRow *row = g_ptr_array_index(messages, i);
        if (row->fresh && !digest_is_zero(&row->raw_digest)) {
            sql_column_int(ids, row->id);
            sql_column_digest(digests, &row->raw_digest);
        }
    }
    if (sql_column_length(ids) == 0) {
        return true;
    }
    sql_params_add_time(params, now);
    return sql_do(database, "intake_quarantine_end_by_bytes",
                  "with r as (select * from unnest($1::bigint[], $2::bytea[])"
                  " as r (id, raw_digest)),"
                  " q as (update quarantine q set closed_at = $3,"
                  "  closed_how = 'read as message ' || r.id from r"
                  "  where q.raw_digest = r.raw_digest and q.closed_at is null"
                  "  and q.message_id <> r.id returning q.*)"
                  " insert into event (kind, subject, subject_id, row_digest, effective)"
                  " select 'quarantine-left', 'quarantine', q.message_id,"
                  "  sha256(convert_to(q::text, 'UTF8')), $3 from q",
                  params, error);
}

bool intake_quarantine_leave(Database *database, GPtrArray *messages, int64_t now, GError **error)
{
    g_autoptr(GHashTable) again = readable_again(messages);
    bool any = false;
    return mark_left(database, again, &any, error) &&
           (!any || end_own(database, again, now, error)) &&
           end_by_bytes(database, messages, now, error);
}
