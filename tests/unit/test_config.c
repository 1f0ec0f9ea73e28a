/* base/config.h: a wrong configuration is refused with the place of its fault. */
#include "base/config.h"
#include "base/error.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const modes[] = {"off", "folder", NULL};

static char *judge_colour(const char *text)
{
    return g_strcmp0(text, "red") == 0 ? NULL : g_strdup("must be red");
}

static const ConfigRow rows[] = {
    {.key = "database", .type = CONFIG_TEXT, .fallback = "dbname=issuer"},
    {.key = "key-folder", .type = CONFIG_PATH, .fallback = "keys"},
    {.key = "addresses", .type = CONFIG_LIST, .fallback = ""},
    {.key = "hold", .type = CONFIG_FLAG, .fallback = "no", .decides = true},
    {.key = "limit", .type = CONFIG_NUMBER, .fallback = "3", .most = 9, .decides = true},
    {.key = "colour", .type = CONFIG_TEXT, .fallback = "red", .judge = judge_colour},
    {.key = "mode", .type = CONFIG_CHOICE, .fallback = "off", .choices = modes},
};

static const ConfigRow box_rows[] = {
    {.key = "url", .type = CONFIG_TEXT},
    {.key = "password-file", .type = CONFIG_PATH, .fallback = ""},
    {.key = "limit", .type = CONFIG_NUMBER, .fallback = "5", .most = 9},
};

static const ConfigKind kinds[] = {{"box", box_rows, G_N_ELEMENTS(box_rows)}};

static const ConfigTable table = {rows, G_N_ELEMENTS(rows), kinds, G_N_ELEMENTS(kinds)};

static char *folder;
static char *path;

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("issuer-config-XXXXXX", NULL);
    path = g_build_filename(folder, "issuer.conf", NULL);
    return folder == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)g_unlink(path);
    (void)g_rmdir(folder);
    g_free(folder);
    g_free(path);
    return 0;
}

static Config *load(const char *content, GError **error)
{
    assert_true(g_file_set_contents(path, content, -1, NULL));
    return config_load(path, &table, error);
}

static Config *load_well(const char *content)
{
    g_autoptr(GError) error = NULL;
    Config *config = load(content, &error);
    if (config == NULL) {
        fail_msg("not loaded: %s", error->message);
    }
    return config;
}

/* The message must end as expected after "FILE". */
static void check_refused(const char *content, const char *expected)
{
    g_autoptr(GError) error = NULL;
    assert_null(load(content, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_INPUT));
    assert_true(g_str_has_prefix(error->message, path));
    assert_string_equal(error->message + strlen(path), expected);
}

static void without_a_file_the_fallbacks_hold(void **state)
{
    (void)state;
    g_autoptr(Config) config = config_load(NULL, &table, NULL);
    assert_non_null(config);
    assert_string_equal(config_text(config, "database"), "dbname=issuer");
    assert_string_equal(config_text(config, "key-folder"), "keys");
    assert_null(config_list(config, "addresses")[0]);
    assert_false(config_flag(config, "hold"));
    assert_int_equal(config_number(config, "limit"), 3);
    assert_string_equal(config_text(config, "mode"), "off");
}

static void a_file_sets_every_type(void **state)
{
    (void)state;
    g_autoptr(Config) config = load_well("# a comment\r\n\n[issuer]\n"
                                         "database = host=/run/x dbname=y\n"
                                         "key-folder=private/keys\n"
                                         "addresses= a@example.com ; b@example.com;\n"
                                         "hold=yes\nlimit=9\nmode = folder\n");
    g_autofree char *keys = g_build_filename(folder, "private/keys", NULL);
    assert_string_equal(config_text(config, "database"), "host=/run/x dbname=y");
    assert_string_equal(config_text(config, "key-folder"), keys);
    const char *const *addresses = config_list(config, "addresses");
    assert_string_equal(addresses[0], "a@example.com");
    assert_string_equal(addresses[1], "b@example.com");
    assert_null(addresses[2]);
    assert_true(config_flag(config, "hold"));
    assert_int_equal(config_number(config, "limit"), 9);
    assert_string_equal(config_text(config, "mode"), "folder");
}

static void faults_are_named_by_line(void **state)
{
    (void)state;
    check_refused("[issuer]\nhold=yes\n\nhodl=yes\n",
                  ":4: unknown setting 'hodl'; `issuer check --settings` lists the known ones");
    check_refused("[issuer]\nhold[de]=yes\n",
                  ":2: unknown setting 'hold[de]'; `issuer check --settings` lists the known ones");
    check_refused("[issuer]\nlimit=1\n# x\nlimit=2\n",
                  ":4: setting 'limit' stands here a second time");
    check_refused("limit=1\n", ":1: setting 'limit' stands before the group [issuer]");
    check_refused("\n[other]\n", ":2: unknown group [other]; there are: [issuer], [box NAME]");
    check_refused("[issuer]\nlimit\n", ":2: neither a setting (key = value) nor a comment (#)");
    check_refused("[issuer]\n\nlimit=10\n",
                  ":3: setting 'limit' must be a whole number from 0 to 9");
    check_refused("[issuer]\nhold=true\n", ":2: setting 'hold' must be yes or no");
    check_refused("[issuer]\nmode=smtp\n", ":2: setting 'mode' must be one of: off, folder");
    check_refused("[issuer]\nlimit=1\ncolour=blue\n", ":3: setting 'colour' must be red");
    check_refused("\xEF\xBB\xBF[issuer]\nhold=true\n", ":2: setting 'hold' must be yes or no");
    check_refused("[issuer]\n\xEF\xBB\xBFhold=yes\n",
                  ":2: unknown setting '\xEF\xBB\xBFhold'; `issuer check --settings` lists the "
                  "known ones");
    check_refused("[issuer]\ndatabase=a\\q\n",
                  ":2: setting 'database' has a wrong escape: a backslash is written \\\\");
    check_refused("[issuer]\nmode=off\ndatabase=\xFF\n", ":3: this is not UTF-8 text");
}

static void a_missing_file_is_not_found(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autofree char *missing = g_build_filename(folder, "nothing.conf", NULL);
    assert_null(config_load(missing, &table, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, "nothing.conf"));
}

static void a_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    g_autoptr(Config) config = load_well("\xEF\xBB\xBF[issuer]\r\nlimit=9\r\n");
    assert_int_equal(config_number(config, "limit"), 9);
}

static void refuse_variable(const char *name, const char *value, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_setenv(name, value, TRUE);
    assert_null(load("[issuer]\n", &error));
    g_unsetenv(name);
    assert_string_equal(error->message, expected);
}

static void values_of_the_environment_are_judged_too(void **state)
{
    (void)state;
    refuse_variable("ISSUER_COLOUR", "", "ISSUER_COLOUR: setting 'colour' must be red");
    refuse_variable("ISSUER_DATABASE", "x\xFF",
                    "ISSUER_DATABASE: setting 'database' is not UTF-8 text");
    g_setenv("ISSUER_KEY_FOLDER", "x\xFF", TRUE); /* a path may have any bytes */
    g_autoptr(Config) config = load_well("[issuer]\n");
    g_unsetenv("ISSUER_KEY_FOLDER");
    assert_string_equal(config_text(config, "key-folder"), "x\xFF");
}

/* What whoever runs the tests has set. */
static void clear_environment(void)
{
    g_auto(GStrv) names = g_listenv();
    for (gsize i = 0; names[i] != NULL; i++) {
        if (g_str_has_prefix(names[i], "ISSUER_")) {
            g_unsetenv(names[i]);
        }
    }
}

static void a_variable_that_is_no_setting_is_told(void **state)
{
    (void)state;
    clear_environment();
    static const char *const others[] = {"ISSUER_OTHER", NULL};
    g_autoptr(GError) error = NULL;
    g_setenv("ISSUER_OTHER", "x", TRUE);
    g_setenv("ISSUER_KEY_FOLDER", "x", TRUE);
    assert_true(config_check_environment(&table, others, NULL));
    g_setenv("ISSUER_KEY_FODLER", "x", TRUE);
    assert_false(config_check_environment(&table, others, &error));
    g_unsetenv("ISSUER_KEY_FODLER");
    g_unsetenv("ISSUER_KEY_FOLDER");
    g_unsetenv("ISSUER_OTHER");
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_INPUT));
    assert_string_equal(error->message, "ISSUER_KEY_FODLER in the environment is no setting; "
                                        "`issuer check --settings` lists the known ones");
}

static void the_environment_has_the_last_word(void **state)
{
    (void)state;
    g_setenv("ISSUER_KEY_FOLDER", "elsewhere", TRUE);
    g_setenv("ISSUER_LIMIT", "many", TRUE);
    g_autoptr(GError) error = NULL;
    Config *refused = load("[issuer]\nlimit=1\n", &error);
    g_unsetenv("ISSUER_LIMIT");
    assert_null(refused);
    assert_string_equal(error->message,
                        "ISSUER_LIMIT: setting 'limit' must be a whole number from 0 to 9");
    g_autoptr(Config) config = load_well("[issuer]\nkey-folder=here\n");
    g_unsetenv("ISSUER_KEY_FOLDER");
    assert_string_equal(config_text(config, "key-folder"), "elsewhere");
}

static void the_digest_covers_what_decides_and_nothing_else(void **state)
{
    (void)state;
    g_autoptr(Config) one = load_well("[issuer]\nlimit=3\ndatabase=a\n");
    g_autoptr(Config) same = load_well("[issuer]\nlimit=03\ndatabase=b\n");
    g_autoptr(Config) other = load_well("[issuer]\nhold=yes\n");
    g_autofree char *digest = config_digest(one);
    g_autofree char *digest_same = config_digest(same);
    g_autofree char *digest_other = config_digest(other);
    assert_int_equal(strlen(digest), 64);
    assert_string_equal(digest, digest_same);
    assert_string_not_equal(digest, digest_other);
}

static void groups_with_names_stand_beside_the_settings(void **state)
{
    (void)state;
    (void)g_setenv("ISSUER_LIMIT", "7", TRUE); /* is of the settings alone */
    g_autoptr(Config) config = load_well("[box north]\nurl = n\npassword-file = n.password\n"
                                         "[issuer]\nlimit = 2\n"
                                         "[box south.2]\nurl = s\nlimit = 1\n");
    g_unsetenv("ISSUER_LIMIT");
    assert_int_equal(config_number(config, "limit"), 7);
    assert_int_equal(config_group_count(config, "box"), 2);
    assert_int_equal(config_group_count(config, "other"), 0);
    assert_string_equal(config_group_name(config, "box", 0), "north");
    assert_string_equal(config_group_name(config, "box", 1), "south.2");
    const Config *north = config_group(config, "box", 0);
    const Config *south = config_group(config, "box", 1);
    g_autofree char *whole = g_build_filename(folder, "n.password", NULL);
    assert_string_equal(config_text(north, "url"), "n");
    assert_string_equal(config_text(north, "password-file"), whole);
    assert_int_equal(config_number(north, "limit"), 5);
    assert_string_equal(config_text(south, "url"), "s");
    assert_string_equal(config_text(south, "password-file"), "");
    assert_int_equal(config_number(south, "limit"), 1);
}

static void wrong_groups_are_refused_with_their_line(void **state)
{
    (void)state;
    check_refused("[box north]\nurl = n\n\n[box north]\n",
                  ":4: the group [box north] stands here a second time");
    check_refused("[box north]\nurl = n\nhold = yes\n",
                  ":3: unknown setting 'hold'; `issuer check --settings` lists the known ones");
    check_refused("[box north]\nurl = n\nurl = m\n", ":3: setting 'url' stands here a second time");
    check_refused("[box]\n", ":1: unknown group [box]; there are: [issuer], [box NAME]");
    check_refused("[issuer north]\n",
                  ":1: unknown group [issuer north]; there are: [issuer], [box NAME]");
    check_refused("[box north\n", ":1: unknown group [box north; there are: [issuer], [box NAME]");
    check_refused("[\n", ":1: unknown group [; there are: [issuer], [box NAME]");
    check_refused("[]\n", ":1: unknown group []; there are: [issuer], [box NAME]");
    check_refused("[box a b]\n",
                  ":1: the name in [box a b] must be of 1 to 40 letters, digits, - _ .");
    check_refused("[box  a]\n",
                  ":1: the name in [box  a] must be of 1 to 40 letters, digits, - _ .");
}

/* The one group that is wrong, and what is said of it after "FILE". */
static void check_wrong_group(const char *content, const char *expected)
{
    g_autoptr(Config) config = load_well(content);
    assert_int_equal(config_wrong_count(config, "box"), 1);
    assert_string_equal(config_wrong_name(config, "box", 0), "wrong");
    const GError *problem = config_wrong_problem(config, "box", 0);
    assert_true(g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_INPUT));
    assert_true(g_str_has_prefix(problem->message, path));
    assert_string_equal(problem->message + strlen(path), expected);
    assert_true(config_has_group(config, "box", "wrong"));
    /* The others are there as if it were not. */
    assert_int_equal(config_group_count(config, "box"), 1);
    assert_string_equal(config_group_name(config, "box", 0), "right");
    assert_string_equal(config_text(config_group(config, "box", 0), "url"), "r");
    assert_true(config_has_group(config, "box", "right"));
    assert_false(config_has_group(config, "box", "none"));
}

static void a_wrong_value_costs_its_group_alone(void **state)
{
    (void)state;
    check_wrong_group("[box wrong]\n\n[box right]\nurl = r\n",
                      ":1: the group [box wrong] lacks the setting 'url'");
    check_wrong_group("[box right]\nurl = r\n[box wrong]\nurl = w\nlimit = 10\n",
                      ":5: setting 'limit' must be a whole number from 0 to 9");
    check_wrong_group("[box right]\nurl = r\n[box wrong]\nurl = a\\q\n",
                      ":4: setting 'url' has a wrong escape: a backslash is written \\\\");
    g_autoptr(Config) none = load_well("[box right]\nurl = r\n");
    assert_int_equal(config_wrong_count(none, "box"), 0);
    assert_null(config_wrong_name(none, "box", 0));
    assert_null(config_wrong_problem(none, "box", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_file_the_fallbacks_hold),
        cmocka_unit_test(a_file_sets_every_type),
        cmocka_unit_test(faults_are_named_by_line),
        cmocka_unit_test(a_missing_file_is_not_found),
        cmocka_unit_test(a_byte_order_mark_is_passed_over),
        cmocka_unit_test(the_environment_has_the_last_word),
        cmocka_unit_test(values_of_the_environment_are_judged_too),
        cmocka_unit_test(a_variable_that_is_no_setting_is_told),
        cmocka_unit_test(the_digest_covers_what_decides_and_nothing_else),
        cmocka_unit_test(groups_with_names_stand_beside_the_settings),
        cmocka_unit_test(wrong_groups_are_refused_with_their_line),
        cmocka_unit_test(a_wrong_value_costs_its_group_alone),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
