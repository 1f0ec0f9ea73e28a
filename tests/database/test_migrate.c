/* Migrating: from nothing, again, two at once, over an edited migration and behind a newer one. */
#include "base/error.h"
#include "db/database.h"
#include "db/migrate.h"
#include "db/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static const char *prefix(void)
{
    return g_getenv("ISSUER_ROLE_PREFIX");
}

static Database *open_database(void)
{
    g_autoptr(GError) error = NULL;
    Database *db = database_open(g_getenv("ISSUER_DATABASE"), "test", &error);
    if (!db) {
        fail_msg("%s", error->message);
    }
    return db;
}

static guint migrate(Database *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
    if (!migrate_run(db, prefix(), applied, &error)) {
        fail_msg("%s", error->message);
    }
    return applied->len;
}

static void script(Database *db, const char *text)
{
    g_autoptr(GError) error = NULL;
    if (!sql_script(db, text, &error)) {
        fail_msg("%s", error->message);
    }
}

static void start_again(Database *db)
{
    script(db, "drop schema if exists issuer cascade");
}

static void expect_refused(bool done, GError *const *at, const char *part)
{
    assert_false(done);
    const GError *error = *at; /* read here: arguments are evaluated in any order */
    assert_int_equal(error->code, ISSUER_ERROR_FAILED);
    if (!strstr(error->message, part)) {
        fail_msg("%s", error->message);
    }
}

static void everything_once(void **state)
{
    (void)state;
    g_autoptr(Database) db = open_database();
    start_again(db);
    g_autoptr(GError) before = NULL;
    expect_refused(migrate_check(db, prefix(), &before), &before, "run `issuer migrate`");
    assert_true(migrate(db) >= 3);
    g_autoptr(GError) error = NULL;
    assert_true(migrate_check(db, prefix(), &error));
    assert_int_equal(migrate(db), 0);
}

static void changed_parts_again(void **state)
{
    (void)state;
    g_autoptr(Database) db = open_database();
    migrate(db);
    script(db, "insert into issuer.migration (name, sha256, program)"
               " values ('repeat/guards.sql', sha256(''), '0.0.0')");
    g_autoptr(GError) error = NULL;
    expect_refused(migrate_check(db, prefix(), &error), &error, "repeat/guards.sql has changed");
    assert_int_equal(migrate(db), 2); /* and the roles' rights after it */
    assert_true(migrate_check(db, prefix(), NULL));
}

static gpointer migrate_beside(gpointer unused)
{
    (void)unused;
    g_autoptr(Database) db = database_open(g_getenv("ISSUER_DATABASE"), "test", NULL);
    g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
    return GINT_TO_POINTER(db && migrate_run(db, prefix(), applied, NULL) ? (int)applied->len : -1);
}

static void two_at_once(void **state)
{
    (void)state;
    g_autoptr(Database) db = open_database();
    start_again(db);
    GThread *threads[2];
    for (int i = 0; i < 2; i++) {
        threads[i] = g_thread_new("migrate", migrate_beside, NULL);
    }
    int a = GPOINTER_TO_INT(g_thread_join(threads[0]));
    int b = GPOINTER_TO_INT(g_thread_join(threads[1]));
    assert_int_equal(MIN(a, b), 0);
    assert_true(MAX(a, b) >= 3);
}

static void edited_migration(void **state)
{
    (void)state;
    g_autoptr(Database) db = open_database();
    start_again(db);
    migrate(db);
    script(db, "alter table issuer.migration disable trigger all;"
               "update issuer.migration set sha256 = sha256('') where number = 1");
    g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    expect_refused(migrate_run(db, prefix(), applied, &error), &error, "was edited after");
    assert_non_null(strstr(error->message, "0001_"));
    assert_int_equal(applied->len, 0);
    g_autoptr(GError) check = NULL;
    expect_refused(migrate_check(db, prefix(), &check), &check, "was edited after");
}

static void newer_database(void **state)
{
    (void)state;
    g_autoptr(Database) db = open_database();
    start_again(db);
    migrate(db);
    script(db, "insert into issuer.migration (number, name, sha256, program)"
               " values (9999, '9999_future.sql', sha256(''), '9.0')");
    g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    expect_refused(migrate_run(db, prefix(), applied, &error), &error, "9999_future.sql");
}

static void hostile_prefix(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "a-b", "x; drop table license", "Upper", "1st"};
    g_autoptr(Database) db = open_database();
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        assert_false(migrate_run(db, wrong[i], applied, &error));
        assert_int_equal(error->code, ISSUER_ERROR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_once), cmocka_unit_test(changed_parts_again),
        cmocka_unit_test(two_at_once),     cmocka_unit_test(edited_migration),
        cmocka_unit_test(newer_database),  cmocka_unit_test(hostile_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
