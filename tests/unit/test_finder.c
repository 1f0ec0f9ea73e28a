/* core/finder.h: codes are found whatever was put around them. */
#include "finder_fixture.h"

static int set_up(void **state)
{
    *state = open_workshop(20261125);
    return 0;
}

static int tear_down(void **state)
{
    close_workshop(*state);
    return 0;
}

/* The text holds this code, whole, and nothing else. */
static void check_found(const char *text, const Code *code)
{
    g_autoptr(GPtrArray) tokens = find_in(text);
    if (tokens->len != 1 || token_at(tokens, 0)->problem != NULL) {
        print_message("in this text:\n%s\n", text);
    }
    assert_int_equal(tokens->len, 1);
    assert_intact(tokens, 0, code);
}

static void check_nothing(const char *text)
{
    g_autoptr(GPtrArray) tokens = find_in(text);
    if (tokens->len != 0) {
        print_message("%s in this text:\n%s\n", token_at(tokens, 0)->problem, text);
    }
    assert_int_equal(tokens->len, 0);
}

/* The code's lines, title and all, each with something before and behind it. */
static char *dress(const Code *code, const char *before, const char *behind)
{
    GString *text = g_string_new("Hello,\n\nplease find our code.\n\n");
    for (guint i = 0; code->lines[i] != NULL; i++) {
        g_string_append_printf(text, "%s%s%s", before, code->lines[i], behind);
    }
    g_string_append(text, "\n\nRegards\nAna Kovac\n");
    return g_string_free(text, FALSE);
}

static void each_kind_is_found_in_a_plain_mail(void **state)
{
    for (int kind = ARMOR_USAGE_REQUEST; kind <= ARMOR_DEACTIVATION; kind++) {
        const Code *code = make_code(*state, (ArmorKind)kind);
        g_autofree char *text = dress(code, "", "\n");
        check_found(text, code);
        check_found(code->jws, code);
    }
}

static void decoration_of_lines_does_not_matter(void **state)
{
    static const char *const around[][2] = {
        {"", "\r\n"},
        {"", "\r"},
        {"", "\r\r\n"},
        {"", "\n\n"},
        {"", " "},
        {"", ""},
        {"\t", "  \t\n"},
        {"> ", "\n"},
        {">> ", "\n"},
        {"> > | ", "\n"},
        {"Ana> ", "\n"},
        {"AK> > ", "\n"},
        {"Ana Kovac> ", "\n"},
        {"- ", "\n"},
        {"*", "*\n"},
        {"12: ", "\n"},
        {"7) ", "\n"},
        {"003  ", "\n"},
        {"[4] ", "\n"},
        {"> 5: ", "\n"},
        {"L4: ", "\n"},
        {"line 4: ", "\n"},
        {"", "<br>\n"},
        {"<p>", "</p>"},
        {"&gt; ", "<br>"},
        {"", "=20\n"},
        {"", "=0D=0A=\n"},
        {"", "\xC2\xA0\n"},
        {"\xEF\xBB\xBF", "\n"},
        {"", "\xE2\x80\xA8"},
        {"\f", "\n"},
        {"\xE2\x80\xA2 ", "\n"},
        {"&nbsp;&nbsp;", "=\n<br/>"},
        {"Ana: ", "\n"},
        {"\"", "\",\n"},
        {"{\\f1 ", "\\par}\n"},
    };
    const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
    for (gsize i = 0; i < G_N_ELEMENTS(around); i++) {
        g_autofree char *text = dress(code, around[i][0], around[i][1]);
        check_found(text, code);
    }
}

/* The armor with `piece` after each `every` characters of a line. */
static char *interrupt(const Code *code, guint every, const char *piece)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; code->lines[i] != NULL; i++) {
        for (guint k = 0; code->lines[i][k] != '\0'; k++) {
            g_string_append_c(text, code->lines[i][k]);
            if ((k + 1) % every == 0) {
                g_string_append(text, piece);
            }
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static void what_stands_within_lines_does_not_matter(void **state)
{
    static const char *const pieces[] = {
        " ",
        "\t",
        "\n",
        "\r\n",
        "\xC2\xAD",
        "\xE2\x80\x8B",
        "\xE2\x81\xA0",
        "\xEF\xBB\xBF",
        "\xC2\xA0",
        "\xE2\x80\x91",
        "<wbr>",
        "&shy;",
        "&#8203;",
        "=\n",
        "= \r\n",
        "</b><b>",
        "\n> ",
        "\nAna> ",
        "\n\n",
        "-",
        "&nbsp;",
        "=20",
        "<a href=\"tel:5550100\">",
    };
    const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        for (guint every = 5; every <= 58; every += 53) {
            g_autofree char *text = interrupt(code, every, pieces[i]);
            check_found(text, code);
        }
    }
}

static void case_and_look_alikes_do_not_matter(void **state)
{
    const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
    g_autofree char *lower = g_ascii_strdown(code->armor, -1);
    check_found(lower, code);
    g_autofree char *typed = g_strdup(code->armor);
    g_strdelimit(typed, "0", 'O');
    g_strdelimit(typed, "1", 'l');
    check_found(typed, code);
    g_strdelimit(lower, "0", 'o');
    g_strdelimit(lower, "1", 'i');
    check_found(lower, code);
}

static void titles_are_not_needed(void **state)
{
    const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
    g_autoptr(GString) text = g_string_new("Our code:");
    for (guint i = 1; i <= code->count; i++) {
        g_string_append(text, code->lines[i]);
    }
    g_string_append(text, "Thank you");
    check_found(text->str, code);
}

static void a_remark_of_a_gateway_does_not_matter(void **state)
{
    const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; code->lines[i] != NULL; i++) {
        g_string_append_printf(text, "%s\n", code->lines[i]);
        if (i < 4) {
            g_string_append(text, "Comment: checked by gateway unit 3\n");
        }
    }
    check_found(text->str, code);
}

static void lines_may_be_reordered_and_doubled(void **state)
{
    const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = code->count; i >= 1; i--) {
        g_string_append_printf(text, "%s\n%s\n", code->lines[i], code->lines[i]);
    }
    check_found(text->str, code);
}

static void two_codes_are_told_apart(void **state)
{
    const Code *first = make_code(*state, ARMOR_USAGE_REQUEST);
    const Code *second = make_code(*state, ARMOR_DEACTIVATION);
    g_autoptr(GString) run_together = g_string_new(NULL);
    g_autoptr(GString) interleaved = g_string_new(NULL);
    for (guint i = 1; i <= MAX(first->count, second->count); i++) {
        g_string_append(run_together, i <= first->count ? first->lines[i] : "");
        g_string_append_printf(interleaved, "%s\n%s\n", i <= first->count ? first->lines[i] : "",
                               i <= second->count ? second->lines[i] : "");
    }
    for (guint i = 1; i <= second->count; i++) {
        g_string_append(run_together, second->lines[i]);
    }
    const GString *const texts[] = {run_together, interleaved};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GPtrArray) tokens = find_in(texts[i]->str);
        assert_int_equal(tokens->len, 2);
        assert_intact(tokens, 0, first);
        assert_intact(tokens, 1, second);
    }
}

static void a_line_of_another_code_is_not_taken(void **state)
{
    const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
    const Code *other = make_code(*state, ARMOR_USAGE_REQUEST);
    g_autoptr(GString) beside = g_string_new(NULL);
    g_autoptr(GString) instead = g_string_new(NULL);
    for (guint i = 0; code->lines[i] != NULL; i++) {
        g_string_append_printf(beside, "%s\n%s", code->lines[i], i == 6 ? other->lines[6] : "");
        g_string_append_printf(instead, "%s\n", (i == 6 ? other : code)->lines[i]);
    }
    check_found(beside->str, code);
    g_autoptr(GPtrArray) tokens = find_in(instead->str);
    assert_int_equal(tokens->len, 1);
    assert_problem(tokens, 0, "line 6 is wrong");
}

static void names_that_look_like_a_start_word_are_none(void **state)
{
    const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
    check_nothing("Richard1 and CHARQ1 are our servers, CHARD1042 7K2QW 9M3XA too.\n");
    check_nothing("Send us the CHARIOT USAGE REQUEST as before, order 2026-114477 of 25.11.2026, "
                  "phone +49 170 5550100 or 5550101 or 5550102, 0123456789 0123456789\n");
    g_autofree char *beside = g_strdup_printf("RichardCHARQ1CHARD1042%s", code->armor + 34);
    check_found(beside, code);
    g_autofree char *reply = g_strdup_printf("> Please send the CHARIOT USAGE REQUEST to us\n> "
                                             "with ===== CHARIOT USAGE LICENSE =====\n\n%s",
                                             code->armor);
    check_found(reply, code);
}

static void copies_in_several_texts_complete_each_other(void **state)
{
    const Code *code = make_code(*state, ARMOR_USAGE_REQUEST);
    g_autoptr(Finder) finder = finder_new();
    for (guint copy = 0; copy < 3; copy++) {
        g_auto(GStrv) lines = g_strdupv(code->lines);
        for (guint i = 1; i <= code->count; i++) {
            if (i % 3 != copy) {
                spoil(lines[i], 4);
            }
        }
        g_autofree char *text = g_strjoinv(copy == 1 ? "<br>" : "\n", lines);
        assert_false(finder_has_intact(finder));
        finder_add_text(finder, text, strlen(text));
    }
    assert_true(finder_has_intact(finder));
    g_autoptr(GPtrArray) tokens = finder_finish(finder);
    assert_int_equal(tokens->len, 1);
    assert_intact(tokens, 0, code);
}

static void a_text_may_come_in_pieces(void **state)
{
    const Code *code = make_code(*state, ARMOR_USAGE_LICENSE);
    const gsize piece = 32 * KIBI;
    g_autoptr(GString) text = g_string_new(NULL);
    while (text->len < 3 * KIBI * KIBI) {
        g_string_append(text, "We read the meters 12 and 14 on 2026-11-25 as always.\n");
    }
    g_string_insert(text, (gssize)(2 * KIBI * KIBI + piece - 700), code->armor);
    g_autoptr(Finder) finder = finder_new();
    for (gsize at = 0; at < text->len; at += piece - FINDER_OVERLAP) {
        finder_add_text(finder, text->str + at, MIN(piece, text->len - at));
    }
    g_autoptr(GPtrArray) tokens = finder_finish(finder);
    assert_int_equal(tokens->len, 1);
    assert_intact(tokens, 0, code);
    check_found(text->str, code);
}

/* How a code may stand in a mail so that it is listed. */
typedef enum {
    ARMORED,
    COMPACT,
    WITHOUT_FIRST_LINE,
    WAYS,
} Way;

static void append_code(GString *text, const Code *code, Way way)
{
    g_string_append(text, "\nThe next server:\n\n");
    for (guint i = 0; way != COMPACT && code->lines[i] != NULL; i++) {
        const bool lost = way == WITHOUT_FIRST_LINE && i == 1;
        g_string_append_printf(text, "%s\n", lost ? "CHARQ1" : code->lines[i]);
    }
    if (way == COMPACT) {
        g_string_append_printf(text, "%s\n", code->jws);
    }
}

static GPtrArray *find_many(const Workshop *workshop, guint count, Way way)
{
    g_autoptr(GString) text = g_string_new("Hello,\n");
    for (guint i = 0; i < count; i++) {
        append_code(text, make_code(workshop, ARMOR_USAGE_REQUEST), way);
    }
    return find_in(text->str);
}

/* However the codes stand there: what is not listed is told of. */
static void too_many_are_told_of(void **state)
{
    for (int way = ARMORED; way < WAYS; way++) {
        g_autoptr(GPtrArray) most = find_many(*state, FOUND_TOKENS_MOST, (Way)way);
        assert_int_equal(most->len, FOUND_TOKENS_MOST);
        for (guint more = 1; more < 20; more += 9) {
            g_autoptr(GPtrArray) tokens = find_many(*state, FOUND_TOKENS_MOST + more, (Way)way);
            assert_int_equal(tokens->len, FOUND_TOKENS_MOST + 1);
            const FoundToken *rest = token_at(tokens, FOUND_TOKENS_MOST);
            assert_int_equal(rest->kind, ARMOR_USAGE_REQUEST);
            assert_string_equal(rest->problem, "more than 64 codes in one mail");
        }
    }
}

/* Usage licenses are not decided: they may not stand for what is. */
static void the_rest_is_of_a_kind_that_is_decided(void **state)
{
    for (int last = ARMOR_USAGE_REQUEST; last <= ARMOR_DEACTIVATION; last++) {
        for (int way = ARMORED; way <= COMPACT; way++) {
            g_autoptr(GString) text = g_string_new("Hello,\n");
            for (guint i = 0; i < FOUND_TOKENS_MOST + 3; i++) {
                const ArmorKind kind =
                    i == FOUND_TOKENS_MOST + 1 ? (ArmorKind)last : ARMOR_USAGE_LICENSE;
                append_code(text, make_code(*state, kind), (Way)way);
            }
            g_autoptr(GPtrArray) tokens = find_in(text->str);
            assert_int_equal(tokens->len, FOUND_TOKENS_MOST + 1);
            assert_int_equal(token_at(tokens, FOUND_TOKENS_MOST)->kind, last);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_found_in_a_plain_mail),
        cmocka_unit_test(decoration_of_lines_does_not_matter),
        cmocka_unit_test(what_stands_within_lines_does_not_matter),
        cmocka_unit_test(case_and_look_alikes_do_not_matter),
        cmocka_unit_test(titles_are_not_needed),
        cmocka_unit_test(a_remark_of_a_gateway_does_not_matter),
        cmocka_unit_test(lines_may_be_reordered_and_doubled),
        cmocka_unit_test(two_codes_are_told_apart),
        cmocka_unit_test(a_line_of_another_code_is_not_taken),
        cmocka_unit_test(names_that_look_like_a_start_word_are_none),
        cmocka_unit_test(copies_in_several_texts_complete_each_other),
        cmocka_unit_test(a_text_may_come_in_pieces),
        cmocka_unit_test(too_many_are_told_of),
        cmocka_unit_test(the_rest_is_of_a_kind_that_is_decided),
    };
    return cmocka_run_group_tests_name("finder", tests, set_up, tear_down);
}
