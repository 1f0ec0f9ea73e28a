/* core/finder.h: an intact code brings itself and nothing else, whatever its symbols happen to
 * spell. What chance does once in many thousand mails is done here on purpose; besides, thousands
 * of codes are made as they come. */
#include "finder_fixture.h"

#define ORDINARY 8000
#define SPECIAL  150 /* of each kind of chance */

static int set_up(void **state)
{
    *state = open_workshop(choose_seed());
    return 0;
}

static int tear_down(void **state)
{
    close_workshop(*state);
    return 0;
}

/* What the texts of one mail hold: this code, whole, and nothing else. */
static void check_only(const char *const *texts, const Code *code)
{
    g_autoptr(Finder) finder = finder_new();
    for (guint i = 0; texts[i] != NULL; i++) {
        finder_add_text(finder, texts[i], strlen(texts[i]));
    }
    g_autoptr(GPtrArray) tokens = finder_finish(finder);
    for (guint i = 0; i < tokens->len; i++) {
        const FoundToken *token = token_at(tokens, i);
        if (token->problem != NULL || tokens->len > 1) {
            print_message("%c: %s\n", armor_kind_letter(token->kind), token->problem);
        }
    }
    if (tokens->len != 1 || token_at(tokens, 0)->problem != NULL) {
        for (guint i = 0; texts[i] != NULL; i++) {
            print_message("text %u:\n%s\n", i + 1, texts[i]);
        }
    }
    assert_int_equal(tokens->len, 1);
    assert_intact(tokens, 0, code);
}

static char *letter_with(const char *code)
{
    return g_strdup_printf(
        "Hello support,\n\nplease send a usage license for this server.\n\n%s\n\n"
        "Kind regards\nOperator 17, phone 555 0100\n",
        code);
}

/* The mail as programs send it: its text, and the same once more made from HTML. */
static void check_in_mail(const Code *code, const char *second)
{
    g_autofree char *text = letter_with(code->armor);
    g_autofree char *html = letter_with(second);
    const char *const texts[] = {text, html, NULL};
    check_only(texts, code);
}

static void drop_codes(const Workshop *workshop)
{
    g_ptr_array_set_size(workshop->codes, 0);
}

static void thousands_of_ordinary_requests(void **state)
{
    for (guint i = 0; i < ORDINARY; i++) {
        const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
        check_in_mail(code, code->armor);
        drop_codes(*state);
    }
}

/* The code's lines without its title, wrapped to another width. */
static char *rewrap(const Code *code, guint width, const char *before)
{
    GString *text = g_string_new(NULL);
    guint column = 0;
    for (guint i = 1; i <= code->count; i++) {
        for (const char *at = code->lines[i]; *at != '\0'; at++) {
            g_string_append(text, column == 0 ? before : "");
            g_string_append_c(text, *at);
            column = (column + 1) % width;
            g_string_append(text, column == 0 ? "\n" : "");
        }
    }
    return g_string_free(text, FALSE);
}

static char *without_first_line(const Code *code)
{
    g_auto(GStrv) lines = g_strdupv(code->lines);
    spoil(lines[1], 12);
    return g_strjoinv("\n", lines);
}

static void start_words_and_titles_within_lines(void **state)
{
    static const char *const words[] = {
        "CHARQ1",
        "CHARG1",
        "CHARD1",
        "CHARQ100",
        "CHAR10TSAGEREQEST",
        "CHAR10TSAGE11CENSE",
        "CHAR10TDEACT1VAT10N",
    };
    const Workshop *workshop = *state;
    for (guint i = 0; i < SPECIAL; i++) {
        for (guint w = 0; w < G_N_ELEMENTS(words); w++) {
            const ArmorKind kind = (ArmorKind)(i % 3);
            const Code *code = make_code_that_spells(workshop, kind, words[w]);
            const guint width = (guint)g_rand_int_range(workshop->random, 20, 200);
            g_autofree char *wrapped = rewrap(code, width, i % 2 == 0 ? "" : "> ");
            g_autofree char *headless = without_first_line(code);
            check_in_mail(code, code->armor);
            check_in_mail(code, wrapped);
            check_in_mail(code, headless);
            drop_codes(workshop);
        }
    }
}

/* Lines that fit by chance stand before, behind and among the true ones, in lines and joined. */
static void lines_that_fit_by_chance(void **state)
{
    const Workshop *workshop = *state;
    for (guint i = 0; i < SPECIAL; i++) {
        const Code *code = make_code(workshop, ARMOR_USAGE_REQUEST);
        const guint number = (guint)g_rand_int_range(workshop->random, 0, (gint32)code->count - 1);
        g_autofree char *chance = make_chance_line(workshop, code, number);
        const char *end = i % 2 == 0 ? "\n" : "";
        g_autofree char *behind = g_strconcat(code->armor, chance, end, "Ana", NULL);
        g_autofree char *before = g_strconcat(chance, end, code->armor, NULL);
        g_autofree char *other = g_strconcat("Our order 7 ", chance, end, NULL);
        g_autoptr(GString) among = g_string_new(NULL);
        for (guint k = 0; code->lines[k] != NULL; k++) {
            g_string_append_printf(among, "%s%s%s", code->lines[k], end,
                                   k == number + 1 ? chance : "");
        }
        const char *const cases[][4] = {
            {behind, NULL},     {before, NULL},         {other, code->armor, NULL},
            {among->str, NULL}, {before, behind, NULL}, {among->str, other, code->armor, NULL},
        };
        for (guint k = 0; k < G_N_ELEMENTS(cases); k++) {
            check_only(cases[k], code);
        }
        drop_codes(workshop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_ordinary_requests),
        cmocka_unit_test(start_words_and_titles_within_lines),
        cmocka_unit_test(lines_that_fit_by_chance),
    };
    return cmocka_run_group_tests_name("finder, intact codes", tests, set_up, tear_down);
}
