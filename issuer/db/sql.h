/* Statements, their parameters and results, for the files of db/ alone. All values travel in
 * PostgreSQL's binary format; whole columns go as arrays, to be joined by unnest(), so a batch of
 * hundreds of rows is one statement.
 *
 *     g_autoptr(SqlParams) params = sql_params_new();
 *     SqlColumn *ids = sql_params_add_column(params, SQL_INT8);     // $1 bigint[]
 *     SqlColumn *names = sql_params_add_column(params, SQL_TEXT);   // $2 text[]
 *     for (…) {
 *         sql_column_int(ids, row->id);
 *         sql_column_text(names, row->name);
 *     }
 *     g_autoptr(SqlResult) result = sql_run(db, "thing_insert",
 *         "insert into thing (id, name) select * from unnest($1, $2)", params, error);
 *
 * A value of the wrong type is a bug and aborts. */
#ifndef ISSUER_DB_SQL_H
#define ISSUER_DB_SQL_H

#include "core/digest.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    SQL_BOOL,
    SQL_INT2,
    SQL_INT4,
    SQL_INT8,
    SQL_TEXT,  /* also for enums, domains over text, and (cast from text) jsonb */
    SQL_BYTES, /* bytea */
    SQL_TIME,  /* timestamptz, in seconds since 1970 */
    SQL_DAY,   /* date, in days since 1970-01-01 */
} SqlType;

typedef struct SqlParams SqlParams;
typedef struct SqlColumn SqlColumn;
typedef struct SqlResult SqlResult;

/* The parameters of one statement, in the order in which they are added: $1, $2, … Everything is
 * copied in. The caller owns it. */
SqlParams *sql_params_new(void);
void sql_params_free(SqlParams *params);

/* Single values. A NULL pointer and a time of 0 are SQL's NULL; a whole number is put as `type`
 * SQL_INT2, SQL_INT4 or SQL_INT8. */
void sql_params_add_bool(SqlParams *params, bool value);
void sql_params_add_int(SqlParams *params, SqlType type, int64_t value);
void sql_params_add_text(SqlParams *params, const char *value);
void sql_params_add_bytes(SqlParams *params, const void *value, gsize size);
void sql_params_add_digest(SqlParams *params, const Digest *value);
void sql_params_add_time(SqlParams *params, int64_t seconds);
void sql_params_add_micros(SqlParams *params,
                           int64_t micros);              /* a time, in microseconds since 1970 */
void sql_params_add_day(SqlParams *params, int32_t day); /* DATES_NONE is NULL */
void sql_params_add_id(SqlParams *params, int64_t id);   /* SQL_INT8; 0 is NULL */
void sql_params_add_null(SqlParams *params, SqlType type);

/* An array of `type`, empty at first. Owned by `params`, valid until its end. */
SqlColumn *sql_params_add_column(SqlParams *params, SqlType type);

/* The same, filled: of Digest as bytea[], of int64_t as bigint[]. */
SqlColumn *sql_params_add_digests(SqlParams *params, const GArray *digests);
SqlColumn *sql_params_add_numbers(SqlParams *params, const GArray *numbers);

/* The next element of a column; NULLs as above, and for a day of DATES_NONE. */
void sql_column_bool(SqlColumn *column, bool value);
void sql_column_int(SqlColumn *column, int64_t value); /* INT2, INT4, INT8 */
void sql_column_id(SqlColumn *column, int64_t id);     /* the same; 0 is NULL */
void sql_column_text(SqlColumn *column, const char *value);
void sql_column_bytes(SqlColumn *column, const void *value, gsize size);
void sql_column_digest(SqlColumn *column, const Digest *value);
void sql_column_time(SqlColumn *column, int64_t seconds);
void sql_column_day(SqlColumn *column, int32_t day);
void sql_column_null(SqlColumn *column);

/* How many elements it has. */
guint sql_column_length(const SqlColumn *column);

/* Runs one statement. `name` (static) stands for `text` (static) in this session: prepared at its
 * first use and kept; NULL: not kept. `params` may be NULL. NULL with one of the errors of
 * database_error() (db/connection.h). The caller owns the result. */
SqlResult *sql_run(Database *db, const char *name, const char *text, const SqlParams *params,
                   GError **error);

/* The same where no rows are wanted. */
bool sql_do(Database *db, const char *name, const char *text, const SqlParams *params,
            GError **error);

/* What is done with rows that come one at a time; `result` has one row, and goes with the call.
 * False with an error: no further one is wanted. */
typedef bool (*SqlEach)(const SqlResult *result, gpointer data, GError **error);

/* Runs one statement whose rows may be more than should lie in memory: `each` is called for every
 * row, and at the end once more with a result that has columns and no row. */
bool sql_each(Database *db, const char *text, const SqlParams *params, SqlEach each, gpointer data,
              GError **error);

/* Runs several statements separated by semicolons, without parameters. */
bool sql_script(Database *db, const char *text, GError **error);

void sql_result_free(SqlResult *result);

/* How many rows came back. */
int sql_result_rows(const SqlResult *result);

/* How many columns it has; a column's name, which lives as long as the result, and type. A type
 * that is none of SqlType's is a bug (aborts). */
int sql_result_columns(const SqlResult *result);
const char *sql_result_column_name(const SqlResult *result, int column);
SqlType sql_result_column_type(const SqlResult *result, int column);

/* A cell; `row` and `column` count from 0. Pointers live as long as the result. What stands in
 * place of SQL's NULL: false, 0, NULL, an all-zero digest, a time of 0, a day of DATES_NONE. */
bool sql_result_is_null(const SqlResult *result, int row, int column);
bool sql_result_bool(const SqlResult *result, int row, int column);
int64_t sql_result_int(const SqlResult *result, int row, int column); /* smallint to bigint */
const char *sql_result_text(const SqlResult *result, int row, int column);
const void *sql_result_bytes(const SqlResult *result, int row, int column, gsize *size);
Digest sql_result_digest(const SqlResult *result, int row, int column);
int64_t sql_result_time(const SqlResult *result, int row, int column); /* seconds, rounded down */
int32_t sql_result_day(const SqlResult *result, int row, int column);

/* A bigint[] cell as a new array of int64_t; NULL stands for an empty one, as do its elements for
 * 0. The caller owns it. */
GArray *sql_result_int_array(const SqlResult *result, int row, int column);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SqlParams, sql_params_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SqlResult, sql_result_free)

#endif
