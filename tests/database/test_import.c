/* The purchases import: all or nothing, the same again changes nothing, differences as versions. */
#include "base/error.h"
#include "core/license_key.h"
#include "db/migrate.h"
#include "db/sql.h"
#include "service/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>

#define HEADER                                                                                     \
    "license_id,license_key,customer,contacts,product,features,activations,expires,order_ref"
#define ROW_1                                                                                      \
    "LIC-1,84G7Z-WYRD6-Z1RV0-WHE6M-11105,Example Plants,ops@plants.example;@plants.example,"       \
    "chariot,mqtt-server;support=2030-05-31,3,,SO-1\n"
#define ROW_2                                                                                      \
    "LIC-2,OLDKEY4711AB99X8Q7,\"Sample, Inc.\",it@sample.example,chariot,mqtt-server,2,"           \
    "2031-12-31,SO-2\n"

static Context *open_context(void)
{
    g_autoptr(GError) error = NULL;
    Context *context = context_open(NULL, CONTEXT_DATABASE | CONTEXT_ANY_SCHEMA, "test", &error);
    if (!context) {
        fail_msg("%s", error->message);
    }
    return context;
}

static void script(Context *context, const char *text)
{
    g_autoptr(GError) error = NULL;
    if (!sql_script(context->database, text, &error)) {
        fail_msg("%s", error->message);
    }
}

/* A database without a record. */
static Context *fresh(void)
{
    Context *context = open_context();
    script(context, "drop schema if exists issuer cascade");
    g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    if (!migrate_run(context->database, g_getenv("ISSUER_ROLE_PREFIX"), applied, &error)) {
        fail_msg("%s", error->message);
    }
    return context;
}

static char *write_file(const char *text)
{
    char *path = NULL;
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("purchases-XXXXXX.csv", &path, &error);
    assert_true(fd >= 0);
    g_close(fd, NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static ImportReport *import(Context *context, const char *text, ImportOptions options)
{
    g_autofree char *path = write_file(text);
    g_autoptr(GError) error = NULL;
    ImportReport *report = import_purchases(context, path, &options, &error);
    g_remove(path);
    if (!report) {
        fail_msg("%s", error->message);
    }
    return report;
}

static void expect_imported(Context *context, const char *text, ImportOptions options, int added,
                            int changed, int same)
{
    g_autoptr(ImportReport) report = import(context, text, options);
    if (report->wrong_rows > 0) {
        fail_msg("%s", (const char *)g_ptr_array_index(report->problems, 0));
    }
    assert_int_equal(report->result.added, added);
    assert_int_equal(report->result.changed, changed);
    assert_int_equal(report->result.same, same);
}

static char *read_cell(Context *context, const char *query)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SqlResult) result = sql_run(context->database, NULL, query, NULL, &error);
    if (!result) {
        fail_msg("%s", error->message);
    }
    return g_strdup(sql_result_text(result, 0, 0));
}

static void expect_cell(Context *context, const char *query, const char *expected)
{
    g_autofree char *cell = read_cell(context, query);
    assert_string_equal(cell, expected);
}

/* How many rows stand in each table, one text. */
static char *count_rows(Context *context)
{
    return read_cell(context,
                     "select string_agg(relname || '=' || (xpath('/row/c/text()',"
                     " query_to_xml(format('select count(*) as c from issuer.%I', relname),"
                     " false, true, '')))[1]::text, ' ' order by relname) from pg_class"
                     " where relnamespace = 'issuer'::regnamespace and relkind = 'r'"
                     " and relname <> 'import'");
}

static void expect_problem(Context *context, const char *text, ImportOptions options,
                           const char *part)
{
    g_autofree char *before = count_rows(context);
    g_autoptr(ImportReport) report = import(context, text, options);
    assert_int_equal(report->wrong_rows, 1);
    const char *problem = g_ptr_array_index(report->problems, 0);
    if (!strstr(problem, part)) {
        fail_msg("'%s' is not in '%s'", part, problem);
    }
    g_autofree char *after = count_rows(context);
    assert_string_equal(before, after);
}

static const ImportOptions plain = {0};
static const ImportOptions update = {.update = true};

static void books_all_that_a_row_says(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    expect_imported(context, "\xef\xbb\xbf" HEADER "\r\n" ROW_1 ROW_2, plain, 2, 0, 0);
    expect_cell(context,
                "select concat_ws('|', l.license_id, v.name, l.product, o.reference, o.kind,"
                " e.servers, e.activations, e.expires_on, k.hint, k.weak) from license l"
                " join customer_version v using (customer_id) join orders o on o.id = l.order_id"
                " join entitlement e on e.license_id = l.id join license_key k on"
                " k.license_id = l.id where l.license_id = 'LIC-2'",
                "LIC-2|Sample, Inc.|chariot|SO-2|sale|1|2|2031-12-31|X8Q7|f");
    expect_cell(context,
                "select string_agg(entry, ' ' order by entry) from contact c join license l"
                " on l.id = c.license_id where l.license_id = 'LIC-1'",
                "@plants.example ops@plants.example");
    expect_cell(context,
                "select string_agg(concat_ws('=', code, until_on), ' ' order by code)"
                " from entitlement_feature f join license l on l.id = f.license_id"
                " where l.license_id = 'LIC-1'",
                "mqtt-server support=2030-05-31");
    expect_cell(context, "select count(*)::text from license_proof", "2");
    /* the digest in the event is that of the row that it made */
    expect_cell(context,
                "select count(*)::text from event e join import_row r on r.license_id ="
                " e.subject_id where e.kind = 'license-recorded' and"
                " e.row_digest = sha256(convert_to(r::text, 'UTF8'))",
                "2");
}

/* Keys are derived apart from their rows, by a thread and in pages: each comes to its own row. */
static void each_key_comes_to_its_row(void **state)
{
    (void)state;
    enum { ROWS = 4501 };
    g_autoptr(Context) context = fresh();
    g_autoptr(GString) text = g_string_new(HEADER "\n");
    for (int n = 0; n < ROWS; n++) {
        g_string_append_printf(
            text,
            "LIC-%d,KEY-OF-BEFORE-%06dX%c,Example Plants,@plants.example,chariot,mqtt-server,1,,"
            "SO-1\n",
            n, n, "ABCD"[n % 4]);
    }
    g_autofree char *repeated = g_strconcat(
        text->str,
        "LIC-N,KEY-OF-BEFORE-002000XA,Example Plants,@plants.example,chariot,mqtt-server,1,,SO-1\n",
        NULL);
    expect_problem(context, repeated, plain,
                   "line 4503: license_key: the same key stands in line 2002 too");
    expect_imported(context, text->str, plain, ROWS, 0, 0);
    for (int n = 0; n < ROWS; n += 1500) {
        g_autofree char *normal = g_strdup_printf("KEY0FBEF0RE%06dX%c", n, "ABCD"[n % 4]);
        g_autoptr(Secret) key = secret_new_copy(normal, strlen(normal));
        const Digest public_half = license_key_public(key);
        g_autoptr(GString) hex = g_string_new(NULL);
        for (gsize i = 0; i < sizeof public_half.bytes; i++) {
            g_string_append_printf(hex, "%02x", public_half.bytes[i]);
        }
        g_autofree char *query =
            g_strdup_printf("select l.license_id || ' ' || k.hint from license_proof p"
                            " join license_key k on k.id = p.license_key_id"
                            " join license l on l.id = k.license_id"
                            " where p.public_key = '\\x%s'",
                            hex->str);
        g_autofree char *expected = g_strdup_printf("LIC-%d %s", n, normal + strlen(normal) - 4);
        expect_cell(context, query, expected);
    }
}

static void no_key_is_stored(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    expect_imported(context, HEADER "\n" ROW_1 ROW_2, plain, 2, 0, 0);
    g_autofree char *all = read_cell(
        context, "select string_agg(query_to_xml(format('select * from issuer.%I', relname),"
                 " true, true, '')::text, '') from pg_class"
                 " where relnamespace = 'issuer'::regnamespace and relkind = 'r'");
    assert_non_null(strstr(all, "LIC-2"));
    assert_null(strstr(all, "OLDKEY"));
    assert_null(strstr(all, "WYRD6"));
}

static void addresses_stand_in_contact_alone(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    expect_imported(context, HEADER "\n" ROW_1 ROW_2, plain, 2, 0, 0);
    g_autofree char *all = read_cell(
        context, "select string_agg(query_to_xml(format('select * from issuer.%I', relname),"
                 " true, true, '')::text, '') from pg_class where relname <> 'contact'"
                 " and relnamespace = 'issuer'::regnamespace and relkind = 'r'");
    assert_non_null(strstr(all, "LIC-2"));
    assert_null(strstr(all, "plants.example"));
}

static void same_again_changes_nothing(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    expect_imported(context, HEADER "\n" ROW_1 ROW_2, plain, 2, 0, 0);
    g_autofree char *before = count_rows(context);
    expect_imported(context, HEADER "\n" ROW_2 ROW_1, plain, 0, 0, 2);
    expect_imported(context, HEADER "\n" ROW_2 ROW_1, update, 0, 0, 2);
    /* contacts in another order, the key left out: the same still */
    expect_imported(context,
                    HEADER "\nLIC-1,,Example Plants,@plants.example;ops@plants.example,chariot,"
                           "support=2030-05-31;mqtt-server,3,,SO-1\n",
                    plain, 0, 0, 1);
    g_autofree char *after = count_rows(context);
    assert_string_equal(before, after);
}

static void differences_become_versions(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    static const char changed[] =
        HEADER ",order_date\nLIC-1,,Example Plants,ops@plants.example;new@plants.example,chariot,"
               "mqtt-server;support=2032-05-31,5,,SO-9,2026-02-01\n";
    expect_imported(context, HEADER "\n" ROW_1 ROW_2, plain, 2, 0, 0);
    expect_problem(context, changed, plain, "line 2: activations, contacts, features, order_date");
    /* what was changed by other means since stays: */
    script(context, "insert into issuer.entitlement select license_id, 2, 2, activations,"
                    " date '2040-01-01', order_id, effective from issuer.entitlement where"
                    " license_id = (select id from issuer.license where license_id = 'LIC-1');"
                    "insert into issuer.entitlement_feature select license_id, 2, code, until_on"
                    " from issuer.entitlement_feature where license_id = (select id from"
                    " issuer.license where license_id = 'LIC-1');"
                    "insert into issuer.entitlement_feature select id, 2,"
                    " 'snowflake-bridge', null, 7 from issuer.license where license_id = 'LIC-1'");
    expect_imported(context, changed, update, 0, 1, 0);
    expect_cell(context,
                "select concat_ws('|', version, servers, activations, expires_on, o.reference,"
                " e.effective) from entitlement e join orders o on o.id = e.order_id"
                " join license l on l.id = e.license_id where l.license_id = 'LIC-1'"
                " order by version desc",
                "3|2|5|2040-01-01|SO-9|2026-02-01");
    expect_cell(context,
                "select string_agg(concat_ws('=', code, until_on, quantity), ' ' order by code)"
                " from entitlement_feature where version = 3",
                "mqtt-server snowflake-bridge=7 support=2032-05-31");
    expect_cell(context,
                "select string_agg(entry, ' ' order by entry) from contact c join license l on"
                " l.id = c.license_id where l.license_id = 'LIC-1' and ended_on is null",
                "new@plants.example ops@plants.example");
    expect_imported(context, changed, plain, 0, 0, 1);
}

static void contacts_alone_make_no_version(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    expect_imported(context, HEADER "\n" ROW_2, plain, 1, 0, 0);
    expect_imported(context,
                    HEADER "\nLIC-2,,\"Sample, Inc.\",new@sample.example,chariot,mqtt-server,2,"
                           "2031-12-31,SO-2\n",
                    update, 0, 1, 0);
    expect_cell(context, "select max(version)::text from entitlement", "1");
    expect_cell(context, "select count(*)::text from entitlement_feature", "1");
    expect_cell(context, "select string_agg(entry, ' ') from contact where ended_on is null",
                "new@sample.example");
}

static void features_taken_away_are_gone(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    expect_imported(context, HEADER "\n" ROW_1, plain, 1, 0, 0);
    expect_imported(context,
                    HEADER "\nLIC-1,,Example Plants GmbH,ops@plants.example;@plants.example,"
                           "chariot,mqtt-server,3,,SO-7\n",
                    update, 0, 1, 0);
    expect_cell(context, "select string_agg(code, ' ') from entitlement_feature where version = 2",
                "mqtt-server");
    expect_cell(context, "select name from customer_version order by version desc",
                "Example Plants GmbH");
}

static void wrong_rows_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *rows, *part;
    } cases[] = {
        {ROW_1 "LIC-1,AAAABBBBCCCCDDDD2,X,a@x.example,chariot,mqtt-server,1,,SO-3\n",
         "line 3: license_id: LIC-1 stands in line 2 too"},
        {ROW_2 "LIC-3,OLDKEY-4711AB-99X8Q7,X,a@x.example,chariot,mqtt-server,1,,SO-3\n",
         "line 3: license_key: the same key stands in line 2 too"},
        {"LIC-3,AAAABBBBCCCCDDDD2,X,a@x.example,trireme,mqtt-server,1,,SO-3\n",
         "line 2: product: trireme"},
        {"LIC-3,AAAABBBBCCCCDDDD2,X,a@x.example,chariot,warp-drive,1,,SO-3\n",
         "line 2: features: warp-drive"},
        {"LIC-3,AAAABBBBCCCCDDDD2,X,a@x.example,chariot,support,1,,SO-3\n",
         "line 2: features: support is sold by term"},
        {"LIC-3,,X,a@x.example,chariot,mqtt-server,1,,SO-3\n",
         "line 2: license_key: empty, and LIC-3 is not on record"},
        {ROW_1 "LIC-3,AAAABBBBCCCCDDDD2,X,a@x.example,chariot,mqtt-server,1,,SO-1\n",
         "line 3: order_ref: line 2 gives order SO-1 another customer"},
        {"LIC-3,AAAABBBBCCCCDDDD2,X,a@x.example,chariot,mqtt-server,many,,SO-3\n",
         "line 2: activations"},
        {"LIC-3,AAAABBBBCCCCDDDD2,X,a@x.example,chariot,mqtt-server,1,,SO-3,extra\n",
         "line 2: the row has 10 fields, the header 9"},
    };
    g_autoptr(Context) context = fresh();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(HEADER "\n", cases[i].rows, NULL);
        expect_problem(context, text, plain, cases[i].part);
    }
}

static void rows_against_the_records(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    expect_imported(context, HEADER "\n" ROW_1 ROW_2, plain, 2, 0, 0);
    expect_problem(context,
                   HEADER "\nLIC-3,OLDKEY4711AB99X8Q7,X,a@x.example,chariot,mqtt-server,1,,SO-3\n",
                   plain, "license_key: is the key of LIC-2");
    expect_problem(context,
                   HEADER "\nLIC-1,AAAABBBBCCCCDDDD2,Example Plants,ops@plants.example;"
                          "@plants.example,chariot,mqtt-server;support=2030-05-31,3,,SO-1\n",
                   update, "license_key: is not the key of LIC-1");
    expect_problem(context,
                   HEADER "\nLIC-3,AAAABBBBCCCCDDDD2,X,a@x.example,chariot,mqtt-server,1,,SO-2\n",
                   plain, "order_ref: order SO-2 is on record with another customer");
    expect_problem(context,
                   HEADER "\nLIC-1,,\"Sample, Inc.\",ops@plants.example,chariot,mqtt-server,3,,"
                          "SO-1\n",
                   update, "is the name of another customer");
}

static void dry_run_changes_nothing(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    g_autofree char *before = count_rows(context);
    expect_imported(context, HEADER "\n" ROW_1, (ImportOptions){.dry_run = true}, 1, 0, 0);
    g_autofree char *after = count_rows(context);
    assert_string_equal(before, after);
}

static void files_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "the file is empty"},
        {"license_id,license_key\n", "line 1: "},
        {"name\nLIC-1\n", "line 1: the column \"name\" is not known"},
    };
    g_autoptr(Context) context = fresh();
    expect_problem(context, HEADER "\nLIC-1,\"A\"B,x\n", plain, "line 2, character 10: ");
    expect_problem(context, HEADER "\nLIC-1,\"A\n\n", plain, "the file ends within quotes");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = write_file(cases[i].text);
        g_autoptr(GError) error = NULL;
        g_autoptr(ImportReport) report = import_purchases(context, path, &plain, &error);
        g_remove(path);
        assert_null(report);
        assert_int_equal(error->code, ISSUER_ERROR_INPUT);
        if (!strstr(error->message, cases[i].part) || !strstr(error->message, path)) {
            fail_msg("%s", error->message);
        }
    }
    g_autoptr(GError) error = NULL;
    assert_null(import_purchases(context, "/nowhere/at-all.csv", &plain, &error));
    assert_int_equal(error->code, ISSUER_ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_all_that_a_row_says),
        cmocka_unit_test(each_key_comes_to_its_row),
        cmocka_unit_test(no_key_is_stored),
        cmocka_unit_test(addresses_stand_in_contact_alone),
        cmocka_unit_test(same_again_changes_nothing),
        cmocka_unit_test(differences_become_versions),
        cmocka_unit_test(contacts_alone_make_no_version),
        cmocka_unit_test(features_taken_away_are_gone),
        cmocka_unit_test(wrong_rows_are_named),
        cmocka_unit_test(rows_against_the_records),
        cmocka_unit_test(dry_run_changes_nothing),
        cmocka_unit_test(files_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
