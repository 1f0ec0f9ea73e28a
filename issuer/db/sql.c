#include "db/sql.h"

#include "core/dates.h"
#include "db/connection.h"
#include "db/sql_wire.h"

#include <libpq-fe.h>
#include <string.h>

struct SqlResult {
    PGresult *rows;
};

static bool succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static bool prepare(Database *db, const char *name, const char *text, const SqlWire *wire,
                    GError **error)
{
    if (database_has_statement(db, name, text)) {
        return true;
    }
    PGresult *result = PQprepare(database_connection(db), name, text, wire->count, wire->types);
    bool prepared = succeeded(result);
    if (prepared) {
        database_note_statement(db, name, text);
    } else {
        database_error(db, result, name, error);
    }
    PQclear(result);
    return prepared;
}

static PGresult *run(Database *db, const char *name, const char *text, const SqlParams *params,
                     GError **error)
{
    PGconn *connection = database_connection(db);
    SqlWire wire;
    sql_params_wire(params, &wire);
    if (name && !prepare(db, name, text, &wire, error)) {
        return NULL;
    }
    PGresult *rows = name ? PQexecPrepared(connection, name, wire.count, wire.values, wire.lengths,
                                           wire.formats, 1)
                          : PQexecParams(connection, text, wire.count, wire.types, wire.values,
                                         wire.lengths, wire.formats, 1);
    if (!succeeded(rows)) {
        database_error(db, rows, name ? name : "a statement", error);
        PQclear(rows);
        return NULL;
    }
    return rows;
}

SqlResult *sql_run(Database *db, const char *name, const char *text, const SqlParams *params,
                   GError **error)
{
    PGresult *rows = run(db, name, text, params, error);
    if (!rows) {
        return NULL;
    }
    SqlResult *result = g_new0(SqlResult, 1);
    result->rows = rows;
    return result;
}

bool sql_do(Database *db, const char *name, const char *text, const SqlParams *params,
            GError **error)
{
    PGresult *rows = run(db, name, text, params, error);
    PQclear(rows); /* NULL is fine */
    return rows != NULL;
}

/* Takes in what is left of a statement, so that the connection is free for the next. */
static void pass_over(PGconn *connection)
{
    PGresult *rest = NULL;
    while ((rest = PQgetResult(connection)) != NULL) {
        PQclear(rest);
    }
}

bool sql_each(Database *db, const char *text, const SqlParams *params, SqlEach each, gpointer data,
              GError **error)
{
    PGconn *connection = database_connection(db);
    SqlWire wire;
    sql_params_wire(params, &wire);
    if (!PQsendQueryParams(connection, text, wire.count, wire.types, wire.values, wire.lengths,
                           wire.formats, 1)) {
        database_error(db, NULL, "a statement", error);
        return false;
    }
    PQsetSingleRowMode(connection);
    bool fine = true;
    for (PGresult *rows = NULL; fine && (rows = PQgetResult(connection)) != NULL;) {
        const SqlResult result = {.rows = rows};
        fine = PQresultStatus(rows) == PGRES_SINGLE_TUPLE || succeeded(rows);
        if (!fine) {
            database_error(db, rows, "a statement", error);
        } else {
            fine = each(&result, data, error);
        }
        PQclear(rows);
    }
    pass_over(connection);
    return fine;
}

bool sql_script(Database *db, const char *text, GError **error)
{
    PGresult *result = PQexec(database_connection(db), text);
    bool done = succeeded(result) || PQresultStatus(result) == PGRES_EMPTY_QUERY;
    if (!done) {
        database_error(db, result, "a script", error);
    }
    PQclear(result);
    return done;
}

void sql_result_free(SqlResult *result)
{
    if (!result) {
        return;
    }
    PQclear(result->rows);
    g_free(result);
}

int sql_result_rows(const SqlResult *result)
{
    return PQntuples(result->rows);
}

int sql_result_columns(const SqlResult *result)
{
    return PQnfields(result->rows);
}

const char *sql_result_column_name(const SqlResult *result, int column)
{
    return PQfname(result->rows, column);
}

SqlType sql_result_column_type(const SqlResult *result, int column)
{
    static const struct {
        Oid oid; /* of pg_type, fixed in PostgreSQL */
        SqlType type;
    } types[] = {{16, SQL_BOOL}, {17, SQL_BYTES}, {20, SQL_INT8},  {21, SQL_INT2},
                 {23, SQL_INT4}, {25, SQL_TEXT},  {1082, SQL_DAY}, {1184, SQL_TIME}};
    const Oid oid = PQftype(result->rows, column);
    gsize i = 0;
    while (i < G_N_ELEMENTS(types) && types[i].oid != oid) {
        i++;
    }
    g_assert(i < G_N_ELEMENTS(types));
    return types[i].type;
}

bool sql_result_is_null(const SqlResult *result, int row, int column)
{
    return PQgetisnull(result->rows, row, column) != 0;
}

/* A whole number of as many bytes as the cell has, in network order. */
static int64_t read_int(const char *at, int size)
{
    guint64 value = (guchar)*at >= 0x80 ? G_MAXUINT64 : 0;
    for (int i = 0; i < size; i++) {
        value = value << 8 | (guchar)at[i];
    }
    return (int64_t)value;
}

/* The cell's value, which must have `size` bytes (0: any); NULL for SQL's NULL. */
static const char *cell(const SqlResult *result, int row, int column, int size)
{
    g_assert(row >= 0 && row < PQntuples(result->rows) && column >= 0 &&
             column < PQnfields(result->rows));
    if (PQgetisnull(result->rows, row, column)) {
        return NULL;
    }
    g_assert(size == 0 || PQgetlength(result->rows, row, column) == size);
    return PQgetvalue(result->rows, row, column);
}

bool sql_result_bool(const SqlResult *result, int row, int column)
{
    const char *at = cell(result, row, column, 1);
    return at && *at;
}

int64_t sql_result_int(const SqlResult *result, int row, int column)
{
    const char *at = cell(result, row, column, 0);
    if (!at) {
        return 0;
    }
    int size = PQgetlength(result->rows, row, column);
    g_assert(size == 2 || size == 4 || size == 8);
    return read_int(at, size);
}

const char *sql_result_text(const SqlResult *result, int row, int column)
{
    return cell(result, row, column, 0);
}

const void *sql_result_bytes(const SqlResult *result, int row, int column, gsize *size)
{
    const char *at = cell(result, row, column, 0);
    *size = at ? (gsize)PQgetlength(result->rows, row, column) : 0;
    return at;
}

Digest sql_result_digest(const SqlResult *result, int row, int column)
{
    Digest digest = {0};
    const char *at = cell(result, row, column, 0);
    if (at) {
        g_assert(PQgetlength(result->rows, row, column) == DIGEST_SIZE);
        memcpy(digest.bytes, at, DIGEST_SIZE);
    }
    return digest;
}

int64_t sql_result_time(const SqlResult *result, int row, int column)
{
    const char *at = cell(result, row, column, 8);
    if (!at) {
        return 0;
    }
    int64_t micros = read_int(at, 8);
    int64_t seconds = micros / G_USEC_PER_SEC - (micros % G_USEC_PER_SEC < 0);
    return seconds + SQL_EPOCH_S;
}

int32_t sql_result_day(const SqlResult *result, int row, int column)
{
    const char *at = cell(result, row, column, 4);
    return at ? (int32_t)read_int(at, 4) + SQL_EPOCH_DAY : DATES_NONE;
}

GArray *sql_result_int_array(const SqlResult *result, int row, int column)
{
    GArray *array = g_array_new(FALSE, FALSE, sizeof(int64_t));
    const char *at = cell(result, row, column, 0);
    int64_t count = at && read_int(at, 4) > 0 ? read_int(at + 12, 4) : 0;
    g_assert(count == 0 || (read_int(at, 4) == 1 && read_int(at + 8, 4) == 20));
    at = count ? at + 20 : at;
    for (int64_t i = 0; i < count; i++) {
        int64_t size = read_int(at, 4);
        int64_t value = size > 0 ? read_int(at + 4, (int)size) : 0;
        g_array_append_val(array, value);
        at += 4 + (size > 0 ? size : 0);
    }
    return array;
}
