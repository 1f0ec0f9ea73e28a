/* The cases of tests/rules/cases.txt, one a line: what is expected, then the facts. */
#include "rules_case_reader.h"

#include <inttypes.h>

/* The decision in the words of the first column. */
static char *text_of(const Decision *d)
{
    static const char *const OUTCOMES[] = {"issued", "resent", "refused", "held", "accepted"};
    GString *text = g_string_new(OUTCOMES[d->outcome]);
    const struct {
        const char *name;
        int64_t number;
    } numbers[] = {{"use=", d->use_no},           {"slot=", d->slot},
                   {"continues=#", d->continues}, {"supersedes=#", d->supersedes},
                   {"replaces=#", d->replaces},   {"moves=#", d->moves_from}};
    if (d->row != 0)
        g_string_append_printf(text, "/%u", d->row);
    if (strcmp(d->code, OUTCOMES[d->outcome]) != 0)
        g_string_append_printf(text, " %s", d->code);
    if (d->note != NULL)
        g_string_append_printf(text, " %s", d->note);
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (numbers[i].number != 0)
            g_string_append_printf(text, " %s%" PRId64, numbers[i].name, numbers[i].number);
    }
    if (d->origin == USE_CONTINUED_BY_HOST)
        g_string_append(text, " by-host");
    if (d->alert)
        g_string_append(text, " alert");
    if (d->would != NULL)
        g_string_append_printf(text, " would=%s", d->would);
    for (gsize i = 0; d->passed[i] != NULL; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? " passed=" : ",", d->passed[i]);
    return g_string_free(text, FALSE);
}

static Decision decide(Case *c)
{
    if (c->is_deactivation)
        return rules_decide_deactivation(&c->deactivation);
    if (c->facts.damage != NULL)
        c->facts.request = NULL;
    return rules_decide(&c->facts);
}

static Decision decide_line(char **columns, const char *place)
{
    Case c;
    start_case(&c, place);
    read_case(&c, columns);
    const Decision decision = decide(&c);
    end_case(&c);
    return decision;
}

static void mark_row(bool *hit, const Decision *decision)
{
    gsize rows = 0;
    const RuleText *table = rules_table(&rows);
    for (gsize i = 0; i < rows; i++) {
        hit[i] =
            hit[i] || (table[i].number == decision->row && table[i].outcome == decision->outcome &&
                       strcmp(table[i].code, decision->code) == 0);
    }
}

/* Squeezes blanks, so that the columns of the file may be aligned. */
static char *squeezed(const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    GString *out = g_string_new(NULL);
    for (char **word = words; *word != NULL; word++) {
        if (**word != '\0')
            g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "", *word);
    }
    return g_string_free(out, FALSE);
}

/* Whether the line holds; says what it gave instead. */
static bool line_holds(const char *line, guint number, bool *hit)
{
    g_auto(GStrv) columns = g_strsplit(line, "|", -1);
    g_autofree char *place = g_strdup_printf("cases.txt:%u", number);
    const Decision decision = decide_line(columns, place);
    g_autofree char *expected = squeezed(columns[0]);
    g_autofree char *got = text_of(&decision);
    mark_row(hit, &decision);
    if (strcmp(expected, got) == 0)
        return true;
    print_error("%s: expected  %s\n%*s  decided  %s\n", place, expected, (int)strlen(place), "",
                got);
    return false;
}

static void test_every_case(void **state)
{
    (void)state;
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    assert_true(g_file_get_contents(TESTS_DIR "/rules/cases.txt", &content, NULL, &error));
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    gsize rows = 0;
    const RuleText *table = rules_table(&rows);
    bool hit[64] = {false};
    assert_in_range(rows, 21, G_N_ELEMENTS(hit));
    guint wrong = 0;
    guint cases = 0;
    for (guint i = 0; lines[i] != NULL; i++) {
        if (*lines[i] == '\0' || *lines[i] == '#')
            continue;
        cases++;
        wrong += !line_holds(lines[i], i + 1, hit);
    }
    for (gsize i = 0; i < rows; i++) {
        if (!hit[i])
            print_error("no case reaches row %u: %s\n", table[i].number, table[i].fits_when);
        wrong += !hit[i];
    }
    assert_true(cases > 100);
    assert_int_equal(wrong, 0);
}

/* What people read: rows in order, one meaning each, short enough for one screen. */
static void test_table_can_be_printed(void **state)
{
    (void)state;
    gsize rows = 0;
    const RuleText *table = rules_table(&rows);
    for (gsize i = 0; i < rows; i++) {
        assert_in_range(strlen(table[i].fits_when), 10, 99);
        assert_true(i == 0 || table[i].number - table[i - 1].number <= 1);
        assert_true((table[i].unless != NULL) == (table[i].passed != NULL));
        assert_true(table[i].passed == NULL || table[i].outcome == OUTCOME_HELD);
        assert_true(!table[i].alert || table[i].outcome == OUTCOME_HELD);
        for (gsize k = 0; k < i; k++)
            assert_false(table[k].number == table[i].number &&
                         table[k].outcome == table[i].outcome &&
                         strcmp(table[k].code, table[i].code) == 0);
    }
    assert_int_equal(table[0].number, 1);
    assert_int_equal(table[rows - 1].number, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case),
        cmocka_unit_test(test_table_can_be_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
