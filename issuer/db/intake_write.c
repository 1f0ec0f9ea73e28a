/* The second half of a batch: what was decided becomes rows, and deactivations, decisions, usage
 * licenses and alerts have an event each. */
#include "db/intake_store.h"

#include "db/sql.h"

/* An event points to the rows of an "insert … returning", with the digest of the row's own text. */
#define EVENT_OF(row_digest_of) "sha256(convert_to(" row_digest_of "::text, 'UTF8'))"

static int64_t intake_draw(Database *database, const char *name, const char *text, GError **error)
{
    g_autoptr(SqlResult) result = sql_run(database, name, text, NULL, error);
    return result != NULL ? sql_result_int(result, 0, 0) : 0;
}

int64_t intake_draw_ids(Database *database, IntakeIdKind kind, GError **error)
{
    switch (kind) {
    case INTAKE_REQUEST_IDS:
        return intake_draw(database, "intake_draw_requests",
                           "select nextval('usage_request_id_seq')", error);
    case INTAKE_DECISION_IDS:
        return intake_draw(database, "intake_draw_decisions", "select nextval('decision_id_seq')",
                           error);
    case INTAKE_REPLY_IDS:
        return intake_draw(database, "intake_draw_replies", "select nextval('reply_id_seq')",
                           error);
    case INTAKE_ID_KINDS:
    default:
        g_assert_not_reached();
    }
}

/* Puts one column a type, in order; a statement with many columns reads as a table that way. */
static void add_columns(SqlParams *params, const SqlType *types, gsize count, SqlColumn **columns)
{
    for (gsize i = 0; i < count; i++) {
        columns[i] = sql_params_add_column(params, types[i]);
    }
}

static void put_digest(SqlColumn *column, const Digest *digest)
{
    if (digest_is_zero(digest)) {
        sql_column_null(column);
    } else {
        sql_column_digest(column, digest);
    }
}

static void put_part(SqlColumn *column, const Fingerprint *fingerprint, FingerprintPart part)
{
    sql_column_bytes(column, fingerprint->present[part] ? fingerprint->value[part] : NULL,
                     FINGERPRINT_PART_SIZE);
}

static const char insert_requests[] =
    "insert into usage_request (id, digest, thumbprint, seq, iat, license_key, license_id, purpose,"
    " installed, product, version, host, board, cpu, mac, jws, message_id, effective)"
    " overriding system value"
    " select u.*, $18 from unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[],"
    " $5::timestamptz[], $6::bytea[], $7::bigint[], $8::text[], $9::text[], $10::text[],"
    " $11::text[], $12::text[], $13::bytea[], $14::bytea[], $15::bytea[], $16::text[],"
    " $17::bigint[]) u";

bool intake_write_requests(Database *database, const GArray *rows, const BatchStamp *stamp,
                           GError **error)
{
    static const SqlType types[] = {SQL_INT8,  SQL_BYTES, SQL_BYTES, SQL_INT8, SQL_TIME, SQL_BYTES,
                                    SQL_INT8,  SQL_TEXT,  SQL_TEXT,  SQL_TEXT, SQL_TEXT, SQL_TEXT,
                                    SQL_BYTES, SQL_BYTES, SQL_BYTES, SQL_TEXT, SQL_INT8};
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *column[G_N_ELEMENTS(types)];
    add_columns(params, types, G_N_ELEMENTS(types), column);
    for (guint i = 0; i < rows->len; i++) {
        const RequestRow *row = &g_array_index(rows, RequestRow, i);
        const Statement *statement = row->statement;
        const Fingerprint *fingerprint = &statement->instance.fingerprint;
        sql_column_int(column[0], row->id);
        sql_column_digest(column[1], &statement->digest);
        sql_column_digest(column[2], &statement->thumbprint);
        sql_column_int(column[3], (int64_t)statement->seq);
        sql_column_time(column[4], statement->iat);
        sql_column_digest(column[5], &statement->license_key);
        sql_column_id(column[6], row->license_id);
        sql_column_text(column[7], statement->purpose == PURPOSE_UPDATE ? "update" : "activate");
        sql_column_text(column[8], statement->installed);
        sql_column_text(column[9], statement->product);
        sql_column_text(column[10], statement->version);
        sql_column_text(column[11], statement->instance.host);
        put_part(column[12], fingerprint, FINGERPRINT_BOARD);
        put_part(column[13], fingerprint, FINGERPRINT_CPU);
        put_part(column[14], fingerprint, FINGERPRINT_MAC);
        sql_column_text(column[15], statement->jws);
        sql_column_int(column[16], row->message_id);
    }
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_insert_requests", insert_requests, params, error);
}

static const char insert_deactivations[] =
    "with d as (insert into deactivation (digest, thumbprint, seq, iat, serial, host, jws,"
    " message_id, given_back, effective)"
    " select u.*, $10 from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::timestamptz[],"
    " $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::integer[]) u returning *),"
    " e as (insert into event (kind, subject, subject_id, row_digest, effective)"
    " select 'deactivation-received', 'deactivation', d.id, " EVENT_OF(
        "d") ", $10 from d)"
             " select digest, id from d";

bool intake_write_deactivations(Database *database, GArray *rows, const BatchStamp *stamp,
                                GError **error)
{
    static const SqlType types[] = {SQL_BYTES, SQL_BYTES, SQL_INT8, SQL_TIME, SQL_INT8,
                                    SQL_TEXT,  SQL_TEXT,  SQL_INT8, SQL_INT4};
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    g_autoptr(GHashTable) by_digest = g_hash_table_new(digest_hash, digest_hash_equal);
    g_autofree Digest *digests = g_new(Digest, rows->len);
    SqlColumn *column[G_N_ELEMENTS(types)];
    add_columns(params, types, G_N_ELEMENTS(types), column);
    for (guint i = 0; i < rows->len; i++) {
        DeactivationRow *row = &g_array_index(rows, DeactivationRow, i);
        sql_column_digest(column[0], &row->statement->digest);
        sql_column_digest(column[1], &row->statement->thumbprint);
        sql_column_int(column[2], (int64_t)row->statement->seq);
        sql_column_time(column[3], row->statement->iat);
        sql_column_int(column[4], row->serial);
        sql_column_text(column[5], row->statement->instance.host);
        sql_column_text(column[6], row->statement->jws);
        sql_column_int(column[7], row->message_id);
        sql_column_int(column[8], row->given_back);
        digests[i] = row->statement->digest;
        g_hash_table_insert(by_digest, &digests[i], row);
    }
    sql_params_add_time(params, stamp->now);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_insert_deactivations", insert_deactivations, params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        Digest digest = sql_result_digest(result, i, 0);
        DeactivationRow *row = g_hash_table_lookup(by_digest, &digest);
        row->id = sql_result_int(result, i, 1);
    }
    return result != NULL;
}

static const char insert_decisions[] =
    "with d as (insert into decision (id, message_id, request_id, deactivation_id, token_kind,"
    " token_digest, outcome, rule, code, note, would, problem, serial, facts, operator_id, reason,"
    " ticket, policy, program, effective)"
    " overriding system value"
    " select u.id, u.message_id, u.request_id, u.deactivation_id, u.token_kind, u.token_digest,"
    " u.outcome::outcome, u.rule, u.code, u.note, u.would, u.problem, u.serial, u.facts::jsonb,"
    " u.operator_id, u.reason, u.ticket, $19, $20, $21"
    " from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bytea[],"
    " $7::text[], $8::smallint[], $9::text[], $10::text[], $11::text[], $12::text[],"
    " $13::bigint[], $14::text[], $15::bigint[], $16::text[], $17::text[])"
    " as u (id, message_id, request_id, deactivation_id, token_kind, token_digest, outcome, rule,"
    " code, note, would, problem, serial, facts, operator_id, reason, ticket) returning *)"
    " insert into event (kind, subject, subject_id, row_digest, license_id, operator_id, effective)"
    " select d.outcome::text, 'decision', d.id, " EVENT_OF(
        "d") ", l.license_id, d.operator_id, $21"
             " from d join unnest($1::bigint[], $18::bigint[]) as l (id, license_id) on l.id = d.id"
             " order by d.id";

static void put_decision(SqlColumn **column, const DecisionRow *row)
{
    const Decision *decision = row->decision;
    sql_column_int(column[0], row->id);
    sql_column_int(column[1], row->message_id);
    sql_column_id(column[2], row->request_id);
    sql_column_id(column[3], row->deactivation_id);
    sql_column_text(column[4], row->token_kind);
    put_digest(column[5], &row->token_digest);
    sql_column_text(column[6], rules_outcome_name(decision->outcome));
    sql_column_int(column[7], decision->row);
    sql_column_text(column[8], decision->code);
    sql_column_text(column[9], decision->note);
    sql_column_text(column[10], decision->would);
    sql_column_text(column[11], row->problem);
    sql_column_id(column[12], row->serial);
    sql_column_text(column[13], row->facts);
    sql_column_id(column[14], row->operator_id);
    sql_column_text(column[15], row->reason);
    sql_column_text(column[16], row->ticket);
    sql_column_id(column[17], row->license_id);
}

bool intake_write_decisions(Database *database, const GArray *rows, const BatchStamp *stamp,
                            GError **error)
{
    static const SqlType types[] = {SQL_INT8, SQL_INT8, SQL_INT8, SQL_INT8, SQL_TEXT, SQL_BYTES,
                                    SQL_TEXT, SQL_INT2, SQL_TEXT, SQL_TEXT, SQL_TEXT, SQL_TEXT,
                                    SQL_INT8, SQL_TEXT, SQL_INT8, SQL_TEXT, SQL_TEXT, SQL_INT8};
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *column[G_N_ELEMENTS(types)];
    add_columns(params, types, G_N_ELEMENTS(types), column);
    for (guint i = 0; i < rows->len; i++) {
        put_decision(column, &g_array_index(rows, DecisionRow, i));
    }
    sql_params_add_digest(params, &stamp->policy);
    sql_params_add_text(params, stamp->program);
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_insert_decisions", insert_decisions, params, error);
}

static const char insert_usage_licenses[] =
    "with u as (insert into usage_license (serial, activation_id, request_id, decision_id,"
    " license_id, version, customer_id, iat, exp, supersedes, jws, emergency, kid, effective)"
    " select u.serial, case when not u.emergency then u.serial end, u.request_id, u.decision_id,"
    " u.license_id, u.version, u.customer_id, u.iat, u.exp, u.supersedes::bigint[], u.jws,"
    " u.emergency, $12, $13"
    " from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[],"
    " $6::bigint[], $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::bool[])"
    " as u (serial, request_id, decision_id, license_id, version, customer_id, iat, exp,"
    " supersedes, jws, emergency) returning *)"
    " insert into event (kind, subject, subject_id, row_digest, license_id, effective)"
    " select 'usage-license-signed', 'usage_license', u.serial, " EVENT_OF(
        "u") ", u.license_id, $13"
             " from u order by u.serial";

/* PostgreSQL has no array of arrays of different lengths; so each goes as its text. */
static char *numbers_text(const GArray *numbers)
{
    GString *text = g_string_new("{");
    for (guint i = 0; numbers != NULL && i < numbers->len; i++) {
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "",
                               g_array_index(numbers, int64_t, i));
    }
    g_string_append_c(text, '}');
    return g_string_free(text, FALSE);
}

bool intake_write_usage_licenses(Database *database, const GArray *rows, const BatchStamp *stamp,
                                 GError **error)
{
    static const SqlType types[] = {SQL_INT8, SQL_INT8, SQL_INT8, SQL_INT8, SQL_INT4, SQL_INT8,
                                    SQL_TIME, SQL_TIME, SQL_TEXT, SQL_TEXT, SQL_BOOL};
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *column[G_N_ELEMENTS(types)];
    add_columns(params, types, G_N_ELEMENTS(types), column);
    for (guint i = 0; i < rows->len; i++) {
        const UsageLicenseRow *row = &g_array_index(rows, UsageLicenseRow, i);
        g_autofree char *supersedes = numbers_text(row->supersedes);
        sql_column_int(column[0], row->serial);
        sql_column_int(column[1], row->request_id);
        sql_column_int(column[2], row->decision_id);
        sql_column_int(column[3], row->license_id);
        sql_column_int(column[4], row->version);
        sql_column_int(column[5], row->customer_id);
        sql_column_time(column[6], row->iat);
        sql_column_time(column[7], row->exp);
        sql_column_text(column[8], supersedes);
        sql_column_text(column[9], row->jws);
        sql_column_bool(column[10], row->emergency);
    }
    sql_params_add_text(params, stamp->kid);
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_insert_usage_licenses", insert_usage_licenses, params, error);
}

bool intake_write_alerts(Database *database, const GArray *rows, const BatchStamp *stamp,
                         GError **error)
{
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *decisions = sql_params_add_column(params, SQL_INT8);
    SqlColumn *kinds = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *details = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *licenses = sql_params_add_column(params, SQL_INT8);
    SqlColumn *times = sql_params_add_column(params, SQL_TIME);
    SqlColumn *contacts = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < rows->len; i++) {
        const AlertRow *row = &g_array_index(rows, AlertRow, i);
        sql_column_id(decisions, row->decision_id);
        sql_column_text(kinds, row->kind);
        sql_column_text(details, row->detail);
        sql_column_id(licenses, row->license_id);
        sql_column_time(times, row->rises_at);
        sql_column_id(contacts, row->contact_id);
    }
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_insert_alerts",
                  "with a as (insert into alert (decision_id, kind, detail, license_id,"
                  "  effective, contact_id)"
                  " select u.decision, u.kind, u.detail, u.license, coalesce(u.at, $7), u.contact"
                  " from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[],"
                  "  $5::timestamptz[], $6::bigint[])"
                  "  as u (decision, kind, detail, license, at, contact)"
                  " where not exists (select from alert o where o.contact_id = u.contact"
                  "  and o.kind = u.kind and o.closed_at is null) returning *)"
                  " insert into event (kind, subject, subject_id, row_digest, effective)"
                  " select 'alert', 'alert', a.id, " EVENT_OF("a") ", $7 from a",
                  params, error);
}
