/* cli/options.h: what a command line is taken for, and how a wrong one is refused. */
#include "base/error.h"
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const roles[] = {"support", "admin", NULL};

static const OptionRow rows[] = {
    {.name = "reason",
     .type = OPTION_TEXT,
     .value = "TEXT",
     .meaning = "why",
     .most = 12,
     .required = true},
    {.name = "key", .type = OPTION_PATH, .value = "FILE", .meaning = "key"},
    {.name = "limit",
     .type = OPTION_NUMBER,
     .value = "N",
     .meaning = "limit",
     .least = 1,
     .most = 9},
    {.name = "role", .type = OPTION_CHOICE, .value = "R", .meaning = "role", .choices = roles},
    {.name = "end", .type = OPTION_TEXT, .value = "S", .meaning = "end", .repeats = true},
    {.name = "help", .type = OPTION_FLAG, .meaning = "help"},
};
static const ArgumentRow arguments[] = {
    {.name = "REQUEST", .meaning = "request"},
    {.name = "FILE", .meaning = "files", .path = true, .optional = true, .repeats = true},
};
static const OptionSpec spec = {rows, G_N_ELEMENTS(rows), arguments, G_N_ELEMENTS(arguments)};

static Options *read_words(const char *words, bool leading, GError **error)
{
    static char **argv; /* the options point into it */
    g_strfreev(argv);
    argv = g_strsplit(words, " ", -1);
    Options *options = options_read(&spec, (int)g_strv_length(argv), argv, leading, error);
    if (options == NULL) {
        g_clear_pointer(&argv, g_strfreev);
    }
    return options;
}

static void check_refused(const char *words, const char *expected)
{
    g_autoptr(GError) error = NULL;
    assert_null(read_words(words, false, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_USAGE));
    g_autofree char *whole = g_strconcat(expected, "; see `issue --help`", NULL);
    assert_string_equal(error->message, whole);
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    g_autoptr(Options) options =
        read_words("issue 7K2QW-9M3XA --reason lost --key=b - --limit 9 -- --x", false, NULL);
    assert_non_null(options);
    assert_string_equal(options_argument(options, 0), "7K2QW-9M3XA");
    assert_string_equal(options_argument(options, 1), "-");
    assert_string_equal(options_argument(options, 2), "--x");
    assert_null(options_argument(options, 3));
    assert_string_equal(options_arguments(options, 1)[0], "-");
    assert_null(options_arguments(options, 1)[2]);
    assert_string_equal(options_text(options, "reason"), "lost");
    assert_string_equal(options_text(options, "key"), "b");
    assert_int_equal(options_number(options, "limit", 5), 9);
    assert_false(options_flag(options, "help"));
}

static void what_was_not_given_is_absent(void **state)
{
    (void)state;
    g_autoptr(Options) options = read_words("issue --reason x R", false, NULL);
    assert_non_null(options);
    assert_null(options_text(options, "key"));
    assert_null(options_arguments(options, 1)[0]);
    assert_int_equal(options_number(options, "limit", 5), 5);
}

static void an_option_may_repeat(void **state)
{
    (void)state;
    g_autoptr(Options) none = read_words("issue --reason x R", false, NULL);
    assert_null(options_texts(none, "end")[0]);
    g_autoptr(Options) two = read_words("issue --end a R --end=b --reason x", false, NULL);
    assert_string_equal(options_texts(two, "end")[0], "a");
    assert_string_equal(options_texts(two, "end")[1], "b");
    assert_null(options_texts(two, "end")[2]);
}

static void wrong_words_are_refused(void **state)
{
    (void)state;
    check_refused("issue R --reas x", "unknown option '--reas' (--reason?)");
    check_refused("issue R --reas=x", "unknown option '--reas=x' (--reason?)");
    check_refused("issue R --nothing", "unknown option '--nothing'");
    check_refused("issue R -r", "unknown option '-r'");
    check_refused("issue R --reason", "--reason wants a value");
    check_refused("issue R --reason x --role king", "--role is one of support, admin, not 'king'");
    check_refused("issue R --reason x --help=1", "--help takes no value");
    check_refused("issue R --reason x --reason y", "--reason stands twice");
    check_refused("issue R --reason x --limit 10",
                  "--limit wants a whole number from 1 to 9, not '10'");
    check_refused("issue R --reason x --limit 1x",
                  "--limit wants a whole number from 1 to 9, not '1x'");
    check_refused("issue R", "--reason is missing");
    check_refused("issue --reason x", "REQUEST is missing");
}

/* What goes into records is text that can be read there; a path may be of any bytes. */
static void text_is_utf8_and_not_blank(void **state)
{
    (void)state;
    check_refused("issue x\xFF --reason x", "REQUEST is not valid UTF-8 text");
    check_refused("issue R --reason x\xFF", "--reason is not valid UTF-8 text");
    check_refused("issue R --reason x --limit \xFF",
                  "--limit wants a whole number from 1 to 9, not '\xFF'");
    check_refused("issue R --reason=", "--reason is empty");
    check_refused("issue R --reason \t\u00A0\u200B", "--reason is empty");
    check_refused("issue R --reason x --key=", "--key is empty");
    check_refused("issue \t --reason x", "REQUEST is empty");
    check_refused("issue R --reason x ", "FILE is empty");
    check_refused("issue R --reason 1234567890123", "--reason is too long: at most 12 characters");
    g_autoptr(Options) options =
        read_words("issue R --reason äöüäöüäöüäöü --key \xFF\xFE \xFF", false, NULL);
    assert_non_null(options);
    assert_string_equal(options_text(options, "reason"), "äöüäöüäöüäöü");
    assert_string_equal(options_text(options, "key"), "\xFF\xFE");
    assert_string_equal(options_argument(options, 1), "\xFF");
}

/* A key's id begins with '-' once in 64 times, and with "--" once in 4096. */
static void an_argument_may_begin_with_a_dash(void **state)
{
    (void)state;
    static const ArgumentRow dashed[] = {{.name = "KID", .meaning = "id", .dashed = 8}};
    static const OptionSpec of_key = {rows, G_N_ELEMENTS(rows), dashed, G_N_ELEMENTS(dashed)};
    static const char *const lines[] = {
        "revoke -bcdefgh --reason x",        "revoke --reason x -bcdefgh",
        "revoke --bcdefg --reason x",        "revoke --limit 3 --reason x --bcdefg",
        "revoke --reason x -- -bcdefgh",     "revoke --reason=x -bcdefgh --limit 3",
        "revoke --reason -bcdefgh --bcdefg",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_auto(GStrv) argv = g_strsplit(lines[i], " ", -1);
        g_autoptr(GError) error = NULL;
        g_autoptr(Options) options =
            options_read(&of_key, (int)g_strv_length(argv), argv, false, &error);
        assert_non_null(options);
        assert_string_equal(options_argument(options, 0) + 2,
                            i == 2 || i == 3 || i == 6 ? "bcdefg" : "cdefgh");
        assert_non_null(options_text(options, "reason"));
    }
}

/* An option of that length is an option, and a word of another length is not taken for an id. */
static void options_go_before_dashed_arguments(void **state)
{
    (void)state;
    static const ArgumentRow dashed[] = {{.name = "KID", .meaning = "id", .dashed = 8}};
    static const OptionSpec of_key = {rows, G_N_ELEMENTS(rows), dashed, G_N_ELEMENTS(dashed)};
    char *argv[] = {(char[]){"revoke"}, (char[]){"--reason"}, (char[]){"x"}, (char[]){"-bc"}, NULL};
    g_autoptr(GError) error = NULL;
    assert_null(options_read(&of_key, 3, argv, false, &error));
    assert_string_equal(error->message, "KID is missing; see `revoke --help`");
    g_clear_error(&error);
    assert_null(options_read(&of_key, 4, argv, false, &error));
    assert_string_equal(error->message, "unknown option '-bc'; see `revoke --help`");
}

static void help_needs_nothing_else(void **state)
{
    (void)state;
    g_autoptr(Options) options = read_words("issue --help", false, NULL);
    assert_non_null(options);
    assert_true(options_asks_help(options));
}

static void leading_options_end_at_the_first_argument(void **state)
{
    (void)state;
    g_autoptr(Options) options = read_words("issuer --limit 3 ingest --unknown x", true, NULL);
    assert_non_null(options);
    assert_int_equal(options_words(options), 3);
    assert_int_equal(options_number(options, "limit", 0), 3);
}

static void too_many_arguments_are_refused(void **state)
{
    (void)state;
    static const OptionSpec none = {NULL, 0, NULL, 0};
    char command[] = "rules";
    char word[] = "extra";
    char *argv[] = {command, word, NULL};
    g_autoptr(GError) error = NULL;
    assert_null(options_read(&none, 2, argv, false, &error));
    assert_string_equal(error->message, "one argument too many: 'extra'; see `rules --help`");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(what_was_not_given_is_absent),
        cmocka_unit_test(an_option_may_repeat),
        cmocka_unit_test(wrong_words_are_refused),
        cmocka_unit_test(text_is_utf8_and_not_blank),
        cmocka_unit_test(an_argument_may_begin_with_a_dash),
        cmocka_unit_test(options_go_before_dashed_arguments),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(leading_options_end_at_the_first_argument),
        cmocka_unit_test(too_many_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
