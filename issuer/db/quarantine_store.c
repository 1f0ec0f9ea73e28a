#include "db/quarantine_store.h"

#include "base/error.h"
#include "db/sql.h"

#define ROW_COLUMNS                                                                                \
    "select m.id, m.effective, q.reason, m.source, m.source_offset, m.size, m.raw is not null,"    \
    " m.from_address, m.subject, q.closed_at, q.closed_how"                                        \
    " from quarantine q join message m on m.id = q.message_id "

static char *text(const SqlResult *result, int row, int column)
{
    return g_strdup(sql_result_text(result, row, column));
}

static void free_row(gpointer data)
{
    QuarantineRow *row = data;
    g_free(row->reason);
    g_free(row->source);
    g_free(row->from);
    g_free(row->subject);
    g_free(row->closed_how);
    g_free(row);
}

static QuarantineRow *read_row(const SqlResult *result, int at)
{
    QuarantineRow *row = g_new0(QuarantineRow, 1);
    row->id = sql_result_int(result, at, 0);
    row->since = sql_result_time(result, at, 1);
    row->reason = text(result, at, 2);
    row->source = text(result, at, 3);
    row->offset = (uint64_t)sql_result_int(result, at, 4);
    row->size = (uint64_t)sql_result_int(result, at, 5);
    row->has_raw = sql_result_bool(result, at, 6);
    row->from = text(result, at, 7);
    row->subject = text(result, at, 8);
    row->closed_at = sql_result_time(result, at, 9);
    row->closed_how = text(result, at, 10);
    return row;
}

GPtrArray *quarantine_store_list(Database *db, bool all, unsigned most, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, most);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                all ? ROW_COLUMNS "order by m.id desc limit $1"
                    : ROW_COLUMNS "where q.closed_at is null order by m.id limit $1",
                params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *rows = g_ptr_array_new_with_free_func(free_row);
    for (int i = 0; i < sql_result_rows(result); i++) {
        g_ptr_array_add(rows, read_row(result, i));
    }
    return rows;
}

GArray *quarantine_store_open(Database *db, GError **error)
{
    g_autoptr(SqlResult) result = sql_run(
        db, NULL, "select message_id from quarantine where closed_at is null order by message_id",
        NULL, error);
    if (!result) {
        return NULL;
    }
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (int i = 0; i < sql_result_rows(result); i++) {
        const int64_t id = sql_result_int(result, i, 0);
        g_array_append_val(ids, id);
    }
    return ids;
}

/* ---- one of them ---- */

static void free_retry(gpointer data)
{
    QuarantineRetry *retry = data;
    g_free(retry->operator_name);
    g_free(retry->state);
    g_free(retry->why);
    g_free(retry);
}

GPtrArray *quarantine_store_retries(Database *db, int64_t id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                "select i.filed_at, o.name::text, i.state::text,"
                " coalesce(i.answer ->> 'why', i.answer ->> 'class')"
                " from instruction i join operator o on o.id = i.operator_id"
                " where i.kind = 'retry' and (i.arguments ->> 'message')::bigint = $1"
                " order by i.id",
                params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *retries = g_ptr_array_new_with_free_func(free_retry);
    for (int i = 0; i < sql_result_rows(result); i++) {
        QuarantineRetry *retry = g_new0(QuarantineRetry, 1);
        retry->at = sql_result_time(result, i, 0);
        retry->operator_name = text(result, i, 1);
        retry->state = text(result, i, 2);
        retry->why = text(result, i, 3);
        g_ptr_array_add(retries, retry);
    }
    return retries;
}

static QuarantineMail *read_mail(const SqlResult *result)
{
    QuarantineMail *mail = g_new0(QuarantineMail, 1);
    mail->source = text(result, 0, 0);
    mail->offset = (uint64_t)sql_result_int(result, 0, 1);
    mail->size = (uint64_t)sql_result_int(result, 0, 2);
    if (!sql_result_is_null(result, 0, 3)) {
        gsize size = 0;
        const void *bytes = sql_result_bytes(result, 0, 3, &size);
        mail->raw = g_bytes_new(bytes, size);
    }
    if (!sql_result_is_null(result, 0, 4)) {
        mail->raw_digest = sql_result_digest(result, 0, 4);
    }
    mail->marks = (unsigned)sql_result_int(result, 0, 5);
    return mail;
}

QuarantineMail *quarantine_store_load(Database *db, int64_t id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    g_autoptr(SqlResult) result =
        sql_run(db, "quarantine_load",
                "select m.source, m.source_offset, m.size, m.raw, q.raw_digest, q.marks"
                " from quarantine q join message m on m.id = q.message_id where m.id = $1",
                params, error);
    if (result && sql_result_rows(result) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "message %" G_GINT64_FORMAT
                    " is not in quarantine; `issuer quarantine list` shows what is",
                    (gint64)id);
        return NULL;
    }
    return result ? read_mail(result) : NULL;
}

void quarantine_mail_free(QuarantineMail *mail)
{
    if (!mail) {
        return;
    }
    g_free(mail->source);
    g_clear_pointer(&mail->raw, g_bytes_unref);
    g_free(mail);
}

/* ---- what people do about them ---- */

static SqlParams *params_of(const MessageDeed *deed)
{
    SqlParams *params = sql_params_new();
    sql_params_add_digest(params, &deed->token);
    sql_params_add_int(params, SQL_INT8, deed->message_id);
    return params;
}

bool quarantine_store_drop(Database *db, const MessageDeed *deed, const char *reason,
                           GError **error)
{
    g_autoptr(SqlParams) params = params_of(deed);
    sql_params_add_text(params, reason);
    sql_params_add_time(params, deed->now);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL, "select quarantine_drop($1, $2, $3, $4)", params, error);
    return result != NULL;
}

int64_t quarantine_store_retry(Database *db, const MessageDeed *deed, int64_t lease_end,
                               GError **error)
{
    g_autoptr(SqlParams) params = params_of(deed);
    sql_params_add_time(params, lease_end);
    sql_params_add_time(params, deed->now);
    g_autoptr(SqlResult) result =
        sql_run(db, "quarantine_retry", "select quarantine_retry($1, $2, $3, $4)", params, error);
    return result ? sql_result_int(result, 0, 0) : 0;
}

bool quarantine_store_leave(Database *db, int64_t id, int64_t read_as, int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    sql_params_add_int(params, SQL_INT8, read_as);
    sql_params_add_time(params, now);
    return sql_do(db, "quarantine_leave",
                  "with q as (update quarantine q set closed_at = $3,"
                  "  closed_how = 'read as message ' || $2::bigint"
                  "  where q.message_id = $1 and q.closed_at is null returning q.*)"
                  " insert into event (kind, subject, subject_id, row_digest, effective)"
                  " select 'quarantine-left', 'quarantine', q.message_id,"
                  "  sha256(convert_to(q::text, 'UTF8')), $3 from q",
                  params, error);
}
