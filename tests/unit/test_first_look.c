/* The first look at a text: no start that a view shows may escape it, and prose must. */
#include "core/first_line.h"
#include "core/first_look.h"
#include "core/symbols.h"
#include "core/text_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool look(const char *text)
{
    return first_look_may_begin(text, strlen(text));
}

static void a_start_is_seen_however_it_is_written(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "CHARQ100JVDSNW3C341Z",
        "charg1oojvdsnw3c341z",
        "C H A R Q 1 0 0 J V",
        "C\nH\nA\nR\nQ\nl\n0\n0",
        "CUHUAURUQ1 00JV",
        "===== CHARIOT USAGE REQUEST =====",
        "Chariot Deactivation",
        "CH\n> Ana> AR\n> Ana> Q100JVDS",
        "1) CHA\n2) RD1\n3) 00JV",
        "003 C\n004 HARQ1\n005 00JV",
        "line 1: CHAR\nline 2: Q100JV",
        "CH Ana> ARQ100JVDS",
        "C Ana> HARQ100JVDS",
        "CH [4] ARQ100JVDS",
        "CHA=\nRQ100JVDS",
        "CH=20ARQ100JVDS",
        "C=E2=80=8BHARQ100JVDS",
        "CH<wbr class=\"a b\">ARQ100JVDS",
        "C<b>H</b>A<i id=x>R</i>Q100JVDS",
        "CH&shy;ARQ100JVDS",
        "CH&nbspARQ100JVDS",
        "&#67;HARQ100JVDS",
        "&#x43;HARQ100JVDS",
        "CH\x1b[31mAR\x1b[0mQ100JVDS",
        "\xEF\xBC\xA3\xEF\xBC\xA8\xEF\xBC\xA1\xEF\xBC\xB2",
        "CHARQ1\xC3\x98\xC3\x98JVDS",
        "charq\xC4\xB1"
        "00jvds",
        "\xF0\x9D\x90\x82\xF0\x9D\x90\x87\xF0\x9D\x90\x80\xF0\x9D\x90\x91",
        "=EF=BC=A3=EF=BC=A8",
        "code: eyJhbGciOiJFZERTQSIsInR5cCI6",
        "code=20eyJhbGciOiJFZERTQSIsInR5cCI6",
        "e<wbr>yJhbGciOiJFZERTQSIsInR5cCI6",
        "ey=\nJhbGciOiJFZERTQSIsInR5cCI6",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_true(look(texts[i]));
        g_autofree char *far = g_strdup_printf("%1000s\n%s\n%1000s", "", texts[i], "");
        assert_true(look(far));
    }
}

static void prose_is_passed_over(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "Each character of the chart is charged at the usual rate, which are 12 EUR each.",
        "Charlotte has seen much. Are the 1000 charts of Mr. Archer here? etc. Hard to say.",
        "<table><tr style=\"color:#123456\"><td>which</td><td>are</td></tr></table>",
        "Auch ich arbeite. Ich habe um 10:15 Uhr angerufen; nach 1 h noch nichts. Ich\n> Ah, Rolf",
        "key</td><td>June</td> they=20Judge &amp; &#8217; &#160;",
        "\xC3\x98stergade 4, K\xC3\xB8"
        "benhavn; Diyarbak\xC4\xB1r, \xC4\xB0zmir 35000",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_false(look(texts[i]));
    }
}

/* Files as mails carry them: one of them in many may be read for nothing. */
static void nearly_all_base64_is_passed_over(void **state)
{
    (void)state;
    enum { FILES = 200, SIZE = 20000, MOST = 5 };
    GRand *dice = g_rand_new_with_seed(7);
    guint seen = 0;
    for (guint i = 0; i < FILES; i++) {
        guchar bytes[SIZE];
        for (gsize k = 0; k < SIZE; k++) {
            bytes[k] = (guchar)g_rand_int(dice);
        }
        char text[SIZE * 2];
        gint step = 0;
        gint save = 0;
        const gsize length = g_base64_encode_step(bytes, SIZE, TRUE, text, &step, &save);
        seen += first_look_may_begin(text, length);
    }
    g_rand_free(dice);
    assert_true(seen <= MOST);
}

static bool view_shows_start(TextView view, const char *text, Symbols *symbols)
{
    g_autoptr(GString) shown = g_string_new(NULL);
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    if (!text_view_make(view, text, strlen(text), shown)) {
        return false;
    }
    symbols_read(symbols, shown->str, shown->len);
    const char *end = symbols->symbols + symbols->count;
    const char *at = symbols->count > 0 ? first_line_next(symbols->symbols, end) : NULL;
    return at != NULL && end - at > FIRST_LINE_START && first_line_starts(at, &kind);
}

/* Whatever random decoration stands within a start: where a view shows it, the look has seen it. */
static void no_view_shows_a_start_that_was_not_seen(void **state)
{
    (void)state;
    enum { ROUNDS = 20000 };
    static const char *const between[] = {
        "",
        "",
        "",
        "",
        " ",
        "\n",
        "\r\n",
        "-",
        "\n> ",
        "\n| ",
        "\n> Ana Kovac> ",
        "\n12) ",
        "\n003 ",
        "\nL4: ",
        "\n[7] ",
        " Ana> ",
        " 3: ",
        " [4] ",
        "<b>",
        "</b>",
        "<br>",
        "<i id=\"1\">",
        "&nbsp;",
        "&shy;",
        "&#173;",
        "&nbsp",
        "=\n",
        "=20",
        "=C2=A0",
        "=E2=80=8B",
        "\xC2\xAD",
        "\x1b[31m",
        "\x1b[0m",
        "U",
        "\xE2\x80\x8B",
        "\xC3\x84",
        "*",
        "_",
        "\xC2\x85",
    };
    Symbols *symbols = symbols_new();
    GRand *dice = g_rand_new_with_seed(11);
    guint shown = 0;
    for (guint i = 0; i < ROUNDS; i++) {
        g_autoptr(GString) text = g_string_new("Good morning,\n");
        for (const char *c = "CHARQ100JVDSNW3C341Z"; *c != '\0'; c++) {
            const guint most = (guint)g_rand_int_range(dice, 0, 3);
            for (guint k = 0; k < most; k++) {
                g_string_append(text, between[g_rand_int_range(dice, 0, G_N_ELEMENTS(between))]);
            }
            g_string_append_c(text, *c);
        }
        for (int view = TEXT_VIEW_AS_IS; view < TEXT_VIEW_COUNT; view++) {
            if (view_shows_start((TextView)view, text->str, symbols)) {
                assert_true(first_look_may_begin(text->str, text->len));
                shown++;
            }
        }
    }
    g_rand_free(dice);
    symbols_free(symbols);
    assert_true(shown > ROUNDS / 10);
}

/* Long texts are looked at in chunks, most of which are passed over: what is seen in a text that is
 * too short for that must be seen wherever it stands in a long one, and nothing else may be. */
static void a_long_text_is_seen_as_a_short_one(void **state)
{
    (void)state;
    enum { ROUNDS = 30000, SHORT = 50, LONGEST = 200 };
    static const char *const pieces[] = {
        "c",
        "h",
        "a",
        "R",
        "q",
        "1",
        "0",
        "C",
        "H",
        "A",
        "char",
        "CH",
        "e",
        "y",
        "J",
        "eyJ",
        "ey",
        "u",
        "x",
        "z",
        "zzz ",
        "&",
        "&#",
        ";",
        "&#67;",
        "&#160;",
        "=",
        "=\n",
        "&nbsp",
        "&nbsp;",
        "&shy",
        "&amp",
        "=20",
        "<",
        "=EF=BC=A3",
        "<b>",
        ">",
        " ",
        "\n",
        "\n> ",
        "-",
        " Ana> ",
        "1) ",
        "\x1b[31m",
        ".",
        "\xC2\xA0",
        "\xCE\xB1",
        ":",
        "%3D",
        "_",
        "/",
        "+",
        "\xE2\x80\x8B",
        "\xEF\xBC\xA3",
        "i",
        "o",
    };
    GRand *dice = g_rand_new_with_seed(13);
    guint seen = 0;
    for (guint i = 0; i < ROUNDS; i++) {
        g_autoptr(GString) text = g_string_new("z. ");
        const guint most = (guint)g_rand_int_range(dice, 1, 12);
        for (guint k = 0; k < most && text->len < SHORT; k++) {
            g_string_append(text, pieces[g_rand_int_range(dice, 0, G_N_ELEMENTS(pieces))]);
        }
        g_string_append(text, " z.");
        const bool alone = first_look_may_begin(text->str, text->len);
        g_autofree char *before = g_strnfill((gsize)g_rand_int_range(dice, 0, LONGEST), 'z');
        g_autofree char *behind = g_strnfill((gsize)g_rand_int_range(dice, 0, LONGEST), 'z');
        g_string_prepend(text, before);
        g_string_append(text, behind);
        assert_int_equal(first_look_may_begin(text->str, text->len), alone);
        seen += alone;
    }
    g_rand_free(dice);
    assert_in_range(seen, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_is_seen_however_it_is_written),
        cmocka_unit_test(prose_is_passed_over),
        cmocka_unit_test(nearly_all_base64_is_passed_over),
        cmocka_unit_test(no_view_shows_a_start_that_was_not_seen),
        cmocka_unit_test(a_long_text_is_seen_as_a_short_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
