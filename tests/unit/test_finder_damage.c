/* core/finder.h: where a line of a code is wrong or missing, it is named, and no other is, however
 * the lines are written. */
#include "core/armored_code.h"

#include "finder_fixture.h"

#define ROUNDS 40

static int setup(void **state)
{
    *state = open_workshop(choose_seed());
    return 0;
}

static int teardown(void **state)
{
    close_workshop(*state);
    return 0;
}

static guint any_line(const Workshop *workshop, guint from, guint to)
{
    return (guint)g_rand_int_range(workshop->random, (gint32)from, (gint32)to + 1);
}

/* The text shows one code, of which this is said. */
static void check_told(const char *text, const char *problem)
{
    g_autoptr(GPtrArray) tokens = find_in(text);
    if (tokens->len != 1 || g_strcmp0(token_at(tokens, 0)->problem, problem) != 0) {
        g_print("%s", text);
    }
    assert_int_equal(tokens->len, 1);
    assert_problem(tokens, 0, problem);
}

/* Puts `between` into the line after each `every` symbols. New string. */
static char *parted(const char *line, gsize every, const char *between)
{
    GString *text = g_string_new(NULL);
    for (gsize i = 0; line[i] != '\0'; i++) {
        g_string_append(text, i > 0 && i % every == 0 ? between : "");
        g_string_append_c(text, line[i]);
    }
    return g_string_free(text, FALSE);
}

/* What is written around each line. Some of it reads as symbols, so that no line of the code is one
 * of the text. */
static void decorated_lines_are_told_apart(void **state)
{
    static const char *const marks[][2] = {
        {"~{!0~}", "~{!1~}"}, {"<<1 ", " 1>>"}, {"\\cf1 ", "\\par"},
        {"a2. ", " ;"},       {"row ", " end"},
    };
    for (guint round = 0; round < ROUNDS; round++) {
        const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
        const char *const *mark = marks[round % G_N_ELEMENTS(marks)];
        const guint wrong = any_line(*state, 2, code->count - 1);
        g_autofree char *problem = g_strdup_printf("line %u is wrong", wrong);
        g_autoptr(GString) text = g_string_new(NULL);
        spoil(code->lines[wrong], any_line(*state, 0, 59));
        for (guint i = 1; i <= code->count; i++) {
            g_string_append_printf(text, "%s%s%s\n", mark[0], code->lines[i], mark[1]);
        }
        check_told(text->str, problem);
    }
}

static void swap_lines(char **lines, guint a, guint b)
{
    char *kept = lines[a];
    lines[a] = lines[b];
    lines[b] = kept;
}

/* A line in another's place is no wrong one. */
static void moved_lines_are_not_named(void **state)
{
    static const char *const marks[][2] = {{"", ""}, {"> ", ""}, {"~{!0~}", "~{!1~}"}};
    for (guint round = 0; round < ROUNDS; round++) {
        const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
        const char *const *mark = marks[round % G_N_ELEMENTS(marks)];
        const guint gone = any_line(*state, 2, code->count - 1);
        g_autofree char *problem = g_strdup_printf("line %u is missing", gone);
        g_auto(GStrv) lines = g_strdupv(code->lines);
        g_autoptr(GString) text = g_string_new(NULL);
        g_clear_pointer(&lines[gone], g_free);
        lines[gone] = g_strdup("");
        swap_lines(lines, any_line(*state, 1, code->count), any_line(*state, 1, code->count));
        for (guint i = 1; i <= code->count; i++) {
            if (lines[i][0] != '\0') {
                g_string_append_printf(text, "%s%s%s\n", mark[0], lines[i], mark[1]);
            }
        }
        check_told(text->str, problem);
    }
}

/* The last symbol says which line it is: with another one, a line is that of another place. */
static void a_line_with_another_number_is_wrong(void **state)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (guint round = 0; round < ROUNDS; round++) {
        const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
        const guint wrong = any_line(*state, 2, code->count - 1);
        char *last = code->lines[wrong] + 59;
        const gsize value = (gsize)(strchr(alphabet, *last) - alphabet);
        const guint other = any_line(*state, 2, code->count - 1);
        if (other == wrong || value + other < wrong || value + other - wrong > 31) {
            continue;
        }
        *last = alphabet[value + other - wrong];
        g_autofree char *told = g_strdup_printf("line %u is wrong", wrong);
        g_autofree char *text = g_strjoinv(round % 2 > 0 ? "\n> " : "\n", code->lines);
        check_told(text, told);
    }
}

/* Three symbols for `between` with which the start of line `at` makes another of the code's lines;
 * that one, or 0: there are none. */
static guint bridge(const Code *code, guint at, char between[4])
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    ArmoredBlock block;
    g_autoptr(ArmoredCode) known = armored_code_new(code->lines[1]);
    char text[ARMORED_CODE_FULL];
    memcpy(text + 3, code->lines[at], sizeof text - 3);
    for (guint i = 0; i < 32 * 32 * 32; i++) {
        text[0] = alphabet[i >> 10];
        text[1] = alphabet[i >> 5 & 31];
        text[2] = alphabet[i & 31];
        if (armored_code_read_block(known, text, sizeof text, &block) &&
            ABS(block.number + 2 - (gint32)at) > 1) {
            g_strlcpy(between, text, 4);
            return (guint)block.number + 2;
        }
    }
    return 0;
}

/* What is written before a line and most of its symbols may fit as another line: where that one is
 * wrong, it is named nevertheless. */
static void a_chance_fit_across_lines_is_none(void **state)
{
    for (guint round = 0; round < ROUNDS / 2; round++) {
        const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
        const guint at = any_line(*state, 4, code->count - 2);
        char between[4] = "";
        const guint wrong = bridge(code, at, between);
        if (wrong == 0) {
            continue;
        }
        g_autofree char *problem = g_strdup_printf("line %u is wrong", wrong);
        g_autoptr(GString) text = g_string_new(NULL);
        spoil(code->lines[wrong], any_line(*state, 0, 40));
        for (guint i = 1; i <= code->count; i++) {
            g_string_append_printf(text, "{%s}%s\n", i == at ? between : "AAA", code->lines[i]);
        }
        check_told(text->str, problem);
    }
}

/* In a text without any other line of the code, what fits beside other text is none. */
static void a_chance_fit_that_is_alone_is_none(void **state)
{
    for (guint round = 0; round < ROUNDS; round++) {
        const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
        const guint gone = any_line(*state, 2, code->count - 1);
        g_autofree char *chance = make_chance_line(*state, code, gone - 2);
        g_autofree char *wrapped = parted(chance, any_line(*state, 32, 58), "\n");
        g_autofree char *other =
            g_strdup_printf("%s\n\nunder ground since June\n\n%s\n", code->lines[1], wrapped);
        g_autofree char *problem = g_strdup_printf("line %u is missing", gone);
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i <= code->count + 1; i++) {
            g_string_append_printf(text, "%s\n", i == gone ? "" : code->lines[i]);
        }
        g_autoptr(Finder) finder = finder_new();
        finder_add_text(finder, text->str, text->len);
        finder_add_text(finder, other, strlen(other));
        g_autoptr(GPtrArray) tokens = finder_finish(finder);
        assert_int_equal(tokens->len, 1);
        assert_problem(tokens, 0, problem);
    }
}

/* Lines in groups, wrapped, with an empty line behind each. */
static void a_lost_first_line_is_told_however_lines_are_written(void **state)
{
    static const char *const signs[] = {" ", "-", ".", "\xC2\xA0", " - ", "\xE2\x80\x89"};
    static const gsize sizes[] = {4, 5, 8};
    static const gsize widths[] = {38, 48, 58, 72};
    for (guint round = 0; round < ROUNDS; round++) {
        const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
        const char *sign = signs[any_line(*state, 0, G_N_ELEMENTS(signs) - 1)];
        const gsize size = sizes[any_line(*state, 0, 2)];
        const gsize width = widths[any_line(*state, 0, 3)];
        g_autoptr(GString) text = g_string_new(NULL);
        spoil(code->lines[1], any_line(*state, 6, 19));
        for (guint i = round % 2; i <= code->count; i++) {
            g_autofree char *line = round % 3 == 0 && i > 0 ? parted(code->lines[i], size, sign)
                                    : round % 3 == 1        ? parted(code->lines[i], width, "\n")
                                                            : g_strdup(code->lines[i]);
            g_string_append_printf(text, "%s\n%s", line, round % 3 == 2 ? "\n" : "");
        }
        check_told(text->str, "the first line is wrong");
    }
}

/* It may have changed its place with one of the last lines, so that nothing stands behind it. */
static void a_lost_first_line_is_told_behind_the_others(void **state)
{
    for (guint round = 0; round < ROUNDS; round++) {
        const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
        const guint other = any_line(*state, 2, code->count);
        g_autoptr(GString) text = g_string_new("please\n\n");
        spoil(code->lines[1], any_line(*state, 6, 19));
        swap_lines(code->lines, 1, round % 2 > 0 ? code->count : other);
        for (guint i = 1; i <= code->count; i++) {
            g_string_append_printf(text, "%s%s\n", round % 3 > 0 ? "> " : "", code->lines[i]);
        }
        check_told(text->str, "the first line is wrong");
    }
}

/* Line numbers, and lines in groups whose signs look like those behind a label. */
static void numbered_groups_are_told_apart(void **state)
{
    static const char *const forms[][2] = {
        {" ", ": "},
        {"", ". "},
        {"(", ") "},
        {"  ", "  "},
        {"[", "] "},
        {"line ", ": "},
        {"\xE3\x80\x80line ", ": "},
    };
    static const char *const signs[] = {" ", "-", ".", " - ", "\xE2\x80\x91", ",", ": ", ":"};
    for (guint round = 0; round < ROUNDS; round++) {
        const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
        const guint wrong = any_line(*state, 2, code->count - 1);
        const char *const *form = forms[round % G_N_ELEMENTS(forms)];
        const char *sign = signs[any_line(*state, 0, G_N_ELEMENTS(signs) - 1)];
        g_autofree char *problem = g_strdup_printf("line %u is wrong", wrong);
        g_autoptr(GString) text = g_string_new(NULL);
        spoil(code->lines[wrong], any_line(*state, 0, 59));
        for (guint i = 0; i <= code->count + 1; i++) {
            const bool title = i == 0 || i == code->count + 1;
            g_autofree char *groups = parted(code->lines[i], title ? 60 : 4 + round % 3, sign);
            g_string_append_printf(text, "%s%u%s%s\n", form[0], i + 1, form[1], groups);
        }
        check_told(text->str, problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decorated_lines_are_told_apart),
        cmocka_unit_test(moved_lines_are_not_named),
        cmocka_unit_test(a_line_with_another_number_is_wrong),
        cmocka_unit_test(a_chance_fit_across_lines_is_none),
        cmocka_unit_test(a_chance_fit_that_is_alone_is_none),
        cmocka_unit_test(a_lost_first_line_is_told_however_lines_are_written),
        cmocka_unit_test(a_lost_first_line_is_told_behind_the_others),
        cmocka_unit_test(numbered_groups_are_told_apart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
