/* Values survive the way into PostgreSQL and back, in single values and in arrays; the server's
 * errors come out as the house's codes. */
#include "base/error.h"
#include "core/dates.h"
#include "db/database.h"
#include "db/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define NOON INT64_C(1794571200)

static Database *open_database(void)
{
    g_autoptr(GError) error = NULL;
    Database *db = database_open(g_getenv("ISSUER_DATABASE"), "test", &error);
    if (!db) {
        fail_msg("%s", error->message);
    }
    return db;
}

static void succeeds(const GError *error)
{
    if (error) {
        fail_msg("%s", error->message);
    }
}

static SqlResult *run(Database *db, const char *name, const char *text, const SqlParams *params)
{
    g_autoptr(GError) error = NULL;
    SqlResult *result = sql_run(db, name, text, params, &error);
    if (!result) {
        fail_msg("%s", error->message);
    }
    return result;
}

static void expect_error(Database *db, const char *text, int code, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SqlResult) result = sql_run(db, NULL, text, NULL, &error);
    assert_null(result);
    assert_int_equal(error->code, code);
    if (!strstr(error->message, part)) {
        fail_msg("%s", error->message);
    }
    assert_null(strchr(error->message, '\n'));
}

static void single_values_come_back(void **state)
{
    (void)state;
    g_autoptr(Database) db = open_database();
    g_autoptr(SqlParams) params = sql_params_new();
    Digest digest = digest_sha256("a", 1);
    sql_params_add_bool(params, true);
    sql_params_add_int(params, SQL_INT2, -2);
    sql_params_add_int(params, SQL_INT4, INT32_MIN);
    sql_params_add_int(params, SQL_INT8, INT64_MAX);
    sql_params_add_text(params, "Caf\xc3\xa9 '; --");
    sql_params_add_text(params, "");
    sql_params_add_bytes(params, "\0\xff", 2);
    sql_params_add_digest(params, &digest);
    sql_params_add_time(params, NOON);
    sql_params_add_time(params, -1);
    sql_params_add_text(params, "1970-01-01");
    sql_params_add_text(params, NULL);
    sql_params_add_time(params, 0);
    sql_params_add_null(params, SQL_DAY);
    g_autoptr(SqlResult) r = run(db, "single",
                                 "select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::date, $12,"
                                 " $13, $14, $9::text, $11::date::text, array[$4, null, 7::int8]",
                                 params);
    assert_true(sql_result_bool(r, 0, 0));
    assert_int_equal(sql_result_int(r, 0, 1), -2);
    assert_int_equal(sql_result_int(r, 0, 2), INT32_MIN);
    assert_true(sql_result_int(r, 0, 3) == INT64_MAX);
    assert_string_equal(sql_result_text(r, 0, 4), "Caf\xc3\xa9 '; --");
    assert_string_equal(sql_result_text(r, 0, 5), "");
    gsize size = 0;
    const void *bytes = sql_result_bytes(r, 0, 6, &size);
    assert_int_equal(size, 2);
    assert_memory_equal(bytes, "\0\xff", 2);
    Digest back = sql_result_digest(r, 0, 7);
    assert_true(digest_equal(&digest, &back));
    assert_int_equal(sql_result_time(r, 0, 8), NOON);
    assert_int_equal(sql_result_time(r, 0, 9), -1);
    assert_int_equal(sql_result_day(r, 0, 10), 0);
    for (int column = 11; column <= 13; column++) {
        assert_true(sql_result_is_null(r, 0, column));
    }
    assert_string_equal(sql_result_text(r, 0, 14), "2026-11-13 12:00:00+00");
    assert_string_equal(sql_result_text(r, 0, 15), "1970-01-01");
    g_autoptr(GArray) numbers = sql_result_int_array(r, 0, 16);
    assert_int_equal(numbers->len, 3);
    assert_true(g_array_index(numbers, int64_t, 0) == INT64_MAX);
    assert_int_equal(g_array_index(numbers, int64_t, 1), 0);
    assert_int_equal(g_array_index(numbers, int64_t, 2), 7);
}

static void columns_become_rows(void **state)
{
    (void)state;
    g_autoptr(Database) db = open_database();
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *ids = sql_params_add_column(params, SQL_INT8);
    SqlColumn *names = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *flags = sql_params_add_column(params, SQL_BOOL);
    SqlColumn *times = sql_params_add_column(params, SQL_TIME);
    SqlColumn *blobs = sql_params_add_column(params, SQL_BYTES);
    SqlColumn *days = sql_params_add_column(params, SQL_DAY);
    const char *text = "select * from unnest($1, $2, $3, $4, $5, $6)";
    g_autoptr(SqlResult) none = run(db, "columns", text, params);
    assert_int_equal(sql_result_rows(none), 0);
    for (int i = 0; i < 500; i++) {
        sql_column_int(ids, i);
        sql_column_text(names, i % 2 ? "odd" : NULL);
        sql_column_bool(flags, i % 3 == 0);
        sql_column_time(times, i ? NOON + i : 0);
        sql_column_bytes(blobs, "xyz", (gsize)i % 4);
        sql_column_day(days, i);
    }
    assert_int_equal(sql_column_length(ids), 500);
    g_autoptr(SqlResult) r = run(db, "columns", text, params);
    assert_int_equal(sql_result_rows(r), 500);
    assert_int_equal(sql_result_int(r, 499, 0), 499);
    assert_string_equal(sql_result_text(r, 499, 1), "odd");
    assert_true(sql_result_is_null(r, 498, 1));
    assert_true(sql_result_bool(r, 498, 2));
    assert_false(sql_result_bool(r, 499, 2));
    assert_int_equal(sql_result_time(r, 499, 3), NOON + 499);
    assert_true(sql_result_is_null(r, 0, 3));
    gsize size = 0;
    sql_result_bytes(r, 499, 4, &size);
    assert_int_equal(size, 3);
    assert_int_equal(sql_result_day(r, 499, 5), 499);
}

static void errors_have_codes(void **state)
{
    (void)state;
    g_autoptr(Database) db = open_database();
    g_autoptr(GError) error = NULL;
    assert_true(sql_script(db,
                           "create schema issuer; create table issuer.t (id int primary key,"
                           " n int check (n > 0)); insert into t values (1, 1)",
                           &error));
    expect_error(db, "insert into t values (1, 1)", ISSUER_ERROR_CONFLICT, "23505");
    expect_error(db, "insert into t values (2, 0)", ISSUER_ERROR_FAILED, "23514");
    expect_error(db, "select '\\000'::bytea::text::int", ISSUER_ERROR_INPUT, "22P02");
    expect_error(db, "select * from absent", ISSUER_ERROR_FAILED, "issuer migrate");
    expect_error(db, "do $$ begin raise 'case 12 is closed' using errcode = 'IS001'; end $$",
                 ISSUER_ERROR_NOT_FOUND, "case 12 is closed");
    expect_error(db, "do $$ begin raise 'no' using errcode = 'IS002'; end $$", ISSUER_ERROR_DENIED,
                 "no");
    assert_true(sql_do(db, NULL, "set statement_timeout to 5", NULL, &error));
    expect_error(db, "select pg_sleep(5)", ISSUER_ERROR_UNAVAILABLE, "57014");
}

static void unreachable_is_not_now(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(Database) none = database_open("host=/nowhere dbname=x", "test", &error);
    assert_null(none);
    assert_int_equal(error->code, ISSUER_ERROR_UNAVAILABLE);
    assert_null(strchr(error->message, '\n'));

    g_autoptr(Database) db = open_database();
    g_autoptr(GError) cut = NULL;
    assert_false(sql_do(db, NULL, "select pg_terminate_backend(pg_backend_pid())", NULL, &cut));
    assert_int_equal(cut->code, ISSUER_ERROR_UNAVAILABLE);
    g_autoptr(GError) after = NULL;
    assert_false(database_begin(db, &after));
    assert_int_equal(after->code, ISSUER_ERROR_UNAVAILABLE);
    database_rollback(db);
}

/* Where several hosts are named, that which can be written is found; and a session that only reads
 * writes nothing, whatever its login may do. */
static void several_hosts_and_reading(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    const char *given = g_getenv("ISSUER_DATABASE"); /* "host=… dbname=…" */
    g_autofree char *several =
        g_strdup_printf("host=/nowhere,%s connect_timeout=2", given + strlen("host="));
    g_autoptr(Database) found = database_open(several, "test", &error);
    succeeds(error);
    g_autoptr(Database) reader = database_open_to_read(given, "test", false, &error);
    succeeds(error);
    expect_error(reader, "create table t ()", ISSUER_ERROR_UNAVAILABLE, "25006");
    expect_error(reader, "create temporary sequence t", ISSUER_ERROR_UNAVAILABLE, "25006");

    /* Of one host nothing is asked; of several that they can be written, unless somebody says so.
     */
    assert_true(sql_do(found, NULL,
                       "do $$ begin execute format('alter role %I in database %I set"
                       " default_transaction_read_only = on', current_user, current_database());"
                       " end $$",
                       NULL, &error));
    g_autoptr(Database) one = database_open(given, "test", &error);
    succeeds(error);
    g_autoptr(Database) none = database_open(several, "test", &error);
    assert_null(none);
    assert_int_equal(error->code, ISSUER_ERROR_UNAVAILABLE);
    assert_non_null(strstr(error->message, "read-only"));
    g_clear_error(&error);
    g_autofree char *said = g_strconcat(several, " target_session_attrs=any", NULL);
    g_autoptr(Database) any = database_open(said, "test", &error);
    succeeds(error);
}

static void failed_transaction_does_not_commit(void **state)
{
    (void)state;
    g_autoptr(Database) db = open_database();
    g_autoptr(GError) error = NULL;
    assert_true(database_begin(db, &error));
    assert_false(sql_do(db, NULL, "select 1/0", NULL, NULL));
    assert_false(database_commit(db, &error));
    assert_int_equal(error->code, ISSUER_ERROR_FAILED);
    g_clear_error(&error);
    assert_true(database_begin(db, &error));
    assert_true(database_commit(db, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_values_come_back),
        cmocka_unit_test(columns_become_rows),
        cmocka_unit_test(errors_have_codes),
        cmocka_unit_test(unreachable_is_not_now),
        cmocka_unit_test(several_hosts_and_reading),
        cmocka_unit_test(failed_transaction_does_not_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
