/* The first half of a batch: what it inserts to find out what is new, and what it locks. */
#include "db/intake_store.h"

#include "base/error.h"
#include "db/intake_quarantine.h"
#include "db/sql.h"

#include <string.h>

bool intake_may(Database *database, GError **error)
{
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_may",
                "select has_table_privilege('message', 'insert'), current_user::text", NULL, error);
    if (result != NULL && !sql_result_bool(result, 0, 0)) {
        g_set_error(
            error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
            "the database login %s may not take mail in; log in as a member of the daemon's "
            "role (schema/roles.sql)",
            sql_result_text(result, 0, 1));
        return false;
    }
    return result != NULL;
}

static const char insert_messages[] =
    "insert into message (identity, class, why, source, source_offset, size, raw_digest, raw,"
    " sent_at, message_id, in_reply_to, from_address, reply_to, subject, body,"
    " sender_vouched, sender_says, effective)"
    " select u.identity, u.class, u.why, u.source, u.source_offset, u.size, u.raw_digest, u.raw,"
    " u.sent_at, u.message_id, u.in_reply_to, u.from_address, u.reply_to, u.subject, u.body,"
    " u.sender_vouched::boolean, u.sender_says, $18"
    " from unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],"
    " $7::bytea[], $8::bytea[], $9::timestamptz[], $10::text[], $11::text[], $12::text[],"
    " $13::text[], $14::text[], $15::text[], $16::text[], $17::text[])"
    " as u (identity, class, why, source, source_offset, size, raw_digest, raw, sent_at,"
    " message_id, in_reply_to, from_address, reply_to, subject, body, sender_vouched,"
    " sender_says)"
    " order by u.identity"
    " on conflict (identity) do nothing"
    " returning identity, id";

static int compare_identity(gconstpointer a, gconstpointer b)
{
    const MessageRow *const *first = a;
    const MessageRow *const *second = b;
    return digest_compare(&(*first)->identity, &(*second)->identity);
}

/* Two copies of one mail in one batch: the first in the order of the source is the one that is
 * inserted; `order by` alone would leave that to chance. */
static GPtrArray *each_once_by_identity(const GPtrArray *messages)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(digest_hash, digest_hash_equal);
    GPtrArray *unique = g_ptr_array_new();
    for (guint i = 0; i < messages->len; i++) {
        MessageRow *row = g_ptr_array_index(messages, i);
        if (g_hash_table_add(seen, &row->identity)) {
            g_ptr_array_add(unique, row);
        }
    }
    g_ptr_array_sort(unique, compare_identity);
    return unique;
}

static void add_raw(SqlColumn *column, GBytes *raw)
{
    gsize size = 0;
    const void *data = raw != NULL ? g_bytes_get_data(raw, &size) : NULL;
    sql_column_bytes(column, raw != NULL && data == NULL ? "" : data, size);
}

static SqlParams *message_params(const GPtrArray *rows, int64_t now)
{
    static const SqlType types[] = {SQL_BYTES, SQL_TEXT,  SQL_TEXT, SQL_TEXT, SQL_INT8, SQL_INT8,
                                    SQL_BYTES, SQL_BYTES, SQL_TIME, SQL_TEXT, SQL_TEXT, SQL_TEXT,
                                    SQL_TEXT,  SQL_TEXT,  SQL_TEXT, SQL_TEXT, SQL_TEXT};
    SqlColumn *column[G_N_ELEMENTS(types)];
    SqlParams *params = sql_params_new();
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        column[i] = sql_params_add_column(params, types[i]);
    }
    for (guint i = 0; i < rows->len; i++) {
        const MessageRow *row = g_ptr_array_index(rows, i);
        sql_column_digest(column[0], &row->identity);
        sql_column_text(column[1], row->class_name);
        sql_column_text(column[2], row->why);
        sql_column_text(column[3], row->source);
        sql_column_int(column[4], (int64_t)row->offset);
        sql_column_int(column[5], (int64_t)row->size);
        sql_column_digest(column[6], digest_is_zero(&row->raw_digest) ? NULL : &row->raw_digest);
        add_raw(column[7], row->raw);
        sql_column_time(column[8], row->sent_at);
        sql_column_text(column[9], row->message_id);
        sql_column_text(column[10], row->in_reply_to);
        sql_column_text(column[11], row->from);
        sql_column_text(column[12], row->reply_to);
        sql_column_text(column[13], row->subject);
        sql_column_text(column[14], row->body);
        sql_column_text(column[15], row->vouched);
        sql_column_text(column[16], row->sender_says);
    }
    sql_params_add_time(params, now);
    return params;
}

static GHashTable *rows_by_identity(const GPtrArray *unique)
{
    GHashTable *by_identity = g_hash_table_new(digest_hash, digest_hash_equal);
    for (guint i = 0; i < unique->len; i++) {
        MessageRow *row = g_ptr_array_index(unique, i);
        g_hash_table_insert(by_identity, &row->identity, row);
    }
    return by_identity;
}

static bool insert_fresh(Database *database, const GPtrArray *unique, GHashTable *by_identity,
                         int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = message_params(unique, now);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_insert_messages", insert_messages, params, error);
    if (result == NULL) {
        return false;
    }
    for (int i = 0; i < sql_result_rows(result); i++) {
        Digest identity = sql_result_digest(result, i, 0);
        MessageRow *row = g_hash_table_lookup(by_identity, &identity);
        row->id = sql_result_int(result, i, 1);
        row->fresh = true;
    }
    return true;
}

static bool find_known(Database *database, const GPtrArray *unique, GHashTable *by_identity,
                       GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *identities = sql_params_add_column(params, SQL_BYTES);
    for (guint i = 0; i < unique->len; i++) {
        const MessageRow *row = g_ptr_array_index(unique, i);
        if (!row->fresh) {
            sql_column_digest(identities, &row->identity);
        }
    }
    if (sql_column_length(identities) == 0) {
        return true;
    }
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_known_messages",
                "select m.identity, m.id, d.token_digest from message m"
                " left join decision d on d.message_id = m.id and d.token_digest is not null"
                " where m.identity = any ($1::bytea[])",
                params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        Digest identity = sql_result_digest(result, i, 0);
        MessageRow *row = g_hash_table_lookup(by_identity, &identity);
        row->id = sql_result_int(result, i, 1);
        if (row->known == NULL) {
            row->known = g_array_new(FALSE, FALSE, sizeof(Digest));
        }
        if (!sql_result_is_null(result, i, 2)) {
            Digest token = sql_result_digest(result, i, 2);
            g_array_append_val(row->known, token);
        }
    }
    return result != NULL;
}

bool intake_store_messages(Database *database, GPtrArray *messages, int64_t now, GError **error)
{
    g_autoptr(GPtrArray) unique = each_once_by_identity(messages);
    g_autoptr(GHashTable) by_identity = rows_by_identity(unique);
    if (!insert_fresh(database, unique, by_identity, now, error) ||
        !find_known(database, unique, by_identity, error) ||
        !intake_quarantine_write(database, unique, error) ||
        !intake_quarantine_leave(database, unique, now, error)) {
        return false;
    }
    for (guint i = 0; i < messages->len; i++) { /* later copies share the first one's record */
        MessageRow *row = g_ptr_array_index(messages, i);
        const MessageRow *first = g_hash_table_lookup(by_identity, &row->identity);
        row->id = first->id;
        row->left_quarantine = first->left_quarantine;
    }
    return true;
}

bool intake_lock_instances(Database *database, const GArray *thumbprints, GArray *passed_at,
                           GError **error)
{
    g_array_set_size(passed_at, 0);
    if (thumbprints->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digests(params, thumbprints);
    if (!sql_do(database, "intake_insert_instances",
                "insert into instance (thumbprint)"
                " select t from unnest($1::bytea[]) t order by t"
                " on conflict (thumbprint) do nothing",
                params, error)) {
        return false;
    }
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_lock_instances",
                "select passed_at from instance where thumbprint = any ($1::bytea[])"
                " order by thumbprint for no key update",
                params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        int64_t at = sql_result_time(result, i, 0);
        g_array_append_val(passed_at, at);
    }
    return result != NULL;
}

GArray *intake_find_proofs(Database *database, const GArray *public_keys, GError **error)
{
    g_autoptr(GArray) proofs = g_array_new(FALSE, FALSE, sizeof(ProofRecord));
    if (public_keys->len == 0) {
        return g_steal_pointer(&proofs);
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digests(params, public_keys);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_find_proofs",
                "select p.public_key, k.license_id, k.retired_at is not null"
                " from license_proof p join license_key k on k.id = p.license_key_id"
                " where p.public_key = any ($1::bytea[])",
                params, error);
    if (result == NULL) {
        return NULL;
    }
    for (int i = 0; i < sql_result_rows(result); i++) {
        ProofRecord proof = {.public_key = sql_result_digest(result, i, 0),
                             .license_id = sql_result_int(result, i, 1),
                             .retired = sql_result_bool(result, i, 2)};
        g_array_append_val(proofs, proof);
    }
    return g_steal_pointer(&proofs);
}

GArray *intake_lock_licenses(Database *database, const GArray *licenses, const GArray *thumbprints,
                             GError **error)
{
    g_autoptr(GArray) locked = g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (licenses->len == 0 && thumbprints->len == 0) {
        return g_steal_pointer(&locked);
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digests(params, thumbprints);
    sql_params_add_numbers(params, licenses);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_lock_licenses",
                /* An array, so that the rows are found by index however many there are. */
                "select id from license where id = any (array("
                " select unnest($2::bigint[]) union"
                " select license_id from activation"
                " where thumbprint = any ($1::bytea[]) and (state = 'active' or counted)))"
                " order by id for no key update",
                params, error);
    if (result == NULL) {
        return NULL;
    }
    for (int i = 0; i < sql_result_rows(result); i++) {
        int64_t id = sql_result_int(result, i, 0);
        g_array_append_val(locked, id);
    }
    return g_steal_pointer(&locked);
}
