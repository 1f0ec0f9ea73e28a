#include "db/migrate.h"

#include "base/error.h"
#include "core/digest.h"
#include "db/schema_files.h"
#include "db/sql.h"

#include <string.h>

#define PREFIX_MARK "@PREFIX@" /* stands in roles.sql for the prefix of the roles' names */
#define PREFIX_MOST 40         /* characters; PostgreSQL's names have 63 */
#define ROLES_FILE  "roles.sql"
#define NO_NUMBER   0 /* of a file that is applied again when it changed */

/* One embedded file beside what the database says about it. */
typedef struct {
    const char *name; /* static */
    char *text;       /* with the prefix filled in */
    Digest digest;
    int number; /* of a migration, else NO_NUMBER */
    bool known; /* was applied at some time … */
    bool same;  /* … last with these bytes */
} Step;

static void step_free(gpointer data)
{
    Step *step = data;
    g_free(step->text);
    g_free(step);
}

static bool prefix_is_plain(const char *prefix)
{
    gsize length = strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && length <= PREFIX_MOST && prefix[length] == '\0' &&
           !g_ascii_isdigit(prefix[0]);
}

static char *fill_prefix(const char *text, const char *prefix)
{
    g_auto(GStrv) parts = g_strsplit(text, PREFIX_MARK, -1);
    return g_strjoinv(prefix, parts);
}

/* All embedded files in the order in which they are applied. */
static GPtrArray *list_steps(const char *role_prefix, GError **error)
{
    if (!prefix_is_plain(role_prefix)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "role-prefix '%s' is no plain name: use lower-case letters, digits and '_', at "
                    "most %d",
                    role_prefix, PREFIX_MOST);
        return NULL;
    }
    GPtrArray *steps = g_ptr_array_new_with_free_func(step_free);
    gsize count = 0;
    const SchemaFile *files = schema_files(&count);
    for (gsize i = 0; i < count; i++) {
        Step *step = g_new0(Step, 1);
        step->name = files[i].name;
        step->text = fill_prefix(files[i].text, role_prefix);
        step->digest = digest_sha256(step->text, strlen(step->text));
        step->number = (int)g_ascii_strtoll(files[i].name, NULL, 10);
        g_ptr_array_add(steps, step);
    }
    return steps;
}

static Step *find_step(const GPtrArray *steps, const char *name)
{
    for (guint i = 0; i < steps->len; i++) {
        Step *step = g_ptr_array_index(steps, i);
        if (strcmp(step->name, name) == 0) {
            return step;
        }
    }
    return NULL;
}

/* A migration on record that this program has no longer, or with other bytes. */
static bool judge_record(const Step *step, const char *name, int64_t number, GError **error)
{
    if (number == NO_NUMBER) {
        return true;
    }
    if (!step) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "the database has migration %s, which this program (version %s) does not know: "
                    "a newer issuer was here; install that version",
                    name, ISSUER_VERSION);
        return false;
    }
    if (!step->same) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "schema/%s was edited after it was applied to this database: restore it and "
                    "put the change into a new migration",
                    name);
        return false;
    }
    return true;
}

/* Compares the steps with what is on record. */
static bool read_record(Database *db, const GPtrArray *steps, GError **error)
{
    g_autoptr(SqlResult) record =
        sql_run(db, NULL,
                "select distinct on (name) name, coalesce(number, 0), sha256"
                " from migration order by name, id desc",
                NULL, error);
    if (!record) {
        return false;
    }
    for (int row = 0; row < sql_result_rows(record); row++) {
        const char *name = sql_result_text(record, row, 0);
        Digest digest = sql_result_digest(record, row, 2);
        Step *step = find_step(steps, name);
        if (step) {
            step->known = true;
            step->same = digest_equal(&digest, &step->digest);
        }
        if (!judge_record(step, name, sql_result_int(record, row, 1), error)) {
            return false;
        }
    }
    return true;
}

static bool note_step(Database *db, const Step *step, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    if (step->number == NO_NUMBER) {
        sql_params_add_null(params, SQL_INT4);
    } else {
        sql_params_add_int(params, SQL_INT4, step->number);
    }
    sql_params_add_text(params, step->name);
    sql_params_add_digest(params, &step->digest);
    sql_params_add_text(params, ISSUER_VERSION);
    return sql_do(db, NULL,
                  "insert into issuer.migration (number, name, sha256, program)"
                  " values ($1, $2, $3, $4)",
                  params, error);
}

static bool apply_step(Database *db, const Step *step, GError **error)
{
    if (!database_begin(db, error)) {
        return false;
    }
    bool done = sql_script(db, step->text, error) && note_step(db, step, error) &&
                database_commit(db, error);
    if (!done) {
        database_rollback(db);
        g_prefix_error(error, "schema/%s: ", step->name);
    }
    return done;
}

/* What has been applied in this run. */
typedef struct {
    bool any;
    bool migration; /* one with a number */
} Applied;

/* Guards are put on the tables that exist, and the roles' rights are given on what exists: so they
 * come again after what may have made more of it. */
static bool is_due(const Step *step, const Applied *before)
{
    const bool again = strcmp(step->name, ROLES_FILE) == 0 ? before->any : before->migration;
    return !step->same || (again && step->number == NO_NUMBER);
}

static bool apply_steps(Database *db, const GPtrArray *steps, GPtrArray *applied, GError **error)
{
    Applied before = {0};
    for (guint i = 0; i < steps->len; i++) {
        const Step *step = g_ptr_array_index(steps, i);
        if (!is_due(step, &before)) {
            continue;
        }
        if (!apply_step(db, step, error)) {
            return false;
        }
        before.any = true;
        before.migration |= step->number != NO_NUMBER;
        g_ptr_array_add(applied, g_strdup(step->name));
    }
    return true;
}

/* The place where it is noted what was applied; nothing is ever removed from it. */
static const char record_table[] =
    "create schema if not exists issuer;"
    "create table if not exists issuer.migration ("
    " id bigint generated always as identity primary key,"
    " number integer,"
    " name text not null,"
    " sha256 bytea not null check (octet_length(sha256) = 32),"
    " program text not null,"
    " recorded_at timestamptz not null default transaction_timestamp());"
    "create unique index if not exists migration_number on issuer.migration (number)";

/* One key for all databases' migrations; advisory locks are per database anyway. */
static const char lock_text[] = "set statement_timeout to 0; set lock_timeout to '300s';"
                                "select pg_advisory_lock(hashtextextended('issuer: migrate', 0));"
                                "set lock_timeout to '10s'";
static const char unlock_text[] =
    "set statement_timeout to '60s';"
    "select pg_advisory_unlock(hashtextextended('issuer: migrate', 0))";

bool migrate_run(Database *db, const char *role_prefix, GPtrArray *applied, GError **error)
{
    g_autoptr(GPtrArray) steps = list_steps(role_prefix, error);
    if (!steps || !sql_script(db, lock_text, error)) {
        return false;
    }
    bool done = sql_script(db, record_table, error) && read_record(db, steps, error) &&
                apply_steps(db, steps, applied, error);
    /* Should this fail, the connection is gone, and the lock with it. */
    sql_script(db, unlock_text, NULL);
    return done;
}

bool migrate_check(Database *db, const char *role_prefix, GError **error)
{
    g_autoptr(GPtrArray) steps = list_steps(role_prefix, error);
    if (!steps) {
        return false;
    }
    g_autoptr(SqlResult) table =
        sql_run(db, NULL, "select to_regclass('issuer.migration') is not null", NULL, error);
    if (!table) {
        return false;
    }
    if (sql_result_bool(table, 0, 0) && !read_record(db, steps, error)) {
        return false;
    }
    for (guint i = 0; i < steps->len; i++) {
        const Step *step = g_ptr_array_index(steps, i);
        if (!step->same) {
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                        "the database's schema is not current (schema/%s %s): run `issuer migrate`",
                        step->name, step->known ? "has changed" : "is not applied");
            return false;
        }
    }
    return true;
}
