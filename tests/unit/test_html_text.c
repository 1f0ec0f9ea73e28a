/* HTML as a person would read it. */
#include "mail/html_text.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void expect(const char *html, const char *wanted)
{
    g_autoptr(GString) hidden = g_string_new(NULL);
    HtmlWork work = {0};
    g_autoptr(GString) text = html_text(html, strlen(html), &work, hidden);
    g_strstrip(text->str);
    assert_string_equal(text->str, wanted);
}

static void test_breaks(void **state)
{
    (void)state;
    expect("one<br>two<br/>three", "one\ntwo\nthree");
    expect("<p>one</p><p>two</p>", "one\ntwo");
    expect("<div>one<div>two</div></div>three", "one\ntwo\nthree");
    expect("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n c");
    expect("<ul><li>a<li>b</ul>", "a\nb");
    expect("one\n  two\tthree", "one two three");
    expect("<pre>one\n  two</pre>", "one\n  two");
}

static void test_inline(void **state)
{
    (void)state;
    expect("CHAR<wbr>Q1<span>00</span><a href=\"tel:555\">JV</a><b>DS</b>", "CHARQ100JVDS");
    expect("<font>AB</font><unknown>CD</unknown>", "ABCD");
}

static void test_hidden(void **state)
{
    (void)state;
    expect("<html><head><title>t</title><style>p{}</style></head><body>a<script>var x;</script>b"
           "<!-- no --></body></html>",
           "ab");
}

static void test_entities(void **state)
{
    (void)state;
    expect("a &lt;b&gt; &amp; &#67;HAR &uuml;", "a <b> & CHAR \xC3\xBC");
    /* what the page says of its encoding does not count: it is UTF-8 by now */
    expect("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\">\xE2\x80\x93",
           "\xE2\x80\x93");
}

static void test_quotes(void **state)
{
    (void)state;
    expect("new<blockquote>old<br>older</blockquote>end", "new\n> old\n> older\nend");
}

static void test_torn(void **state)
{
    (void)state;
    expect("", "");
    expect("<p>a<b>c", "ac");
    expect("a</p></p></script>b", "a\nb");
}

static void expect_parted(const char *html, const char *seen, const char *unseen)
{
    g_autoptr(GString) hidden = g_string_new(NULL);
    HtmlWork work = {0};
    g_autoptr(GString) text = html_text(html, strlen(html), &work, hidden);
    assert_string_equal(g_strstrip(text->str), seen);
    assert_string_equal(g_strstrip(hidden->str), unseen);
}

static void test_unseen(void **state)
{
    (void)state;
    expect_parted("a<b hidden>x</b>b", "ab", "x");
    expect_parted("a<b style='DISPLAY:none'>x<i>y</i></b>b", "ab", "xy");
    expect_parted("a<b style='color:red;display: None !important;'>x</b>b", "ab", "x");
    expect_parted("a<b style='display:none'>x<i style='display:block'>y</i></b>b", "ab", "xy");
    expect_parted("a<b style='visibility:hidden'>x<i style='visibility:visible'>y</i></b>b", "ayb",
                  "x");
    expect_parted("a<b style='font-size:0.0em'>x<i style='font-size:.8em'>y</i></b>b", "ayb", "x");
    expect_parted("a<b style='opacity:0'>x<br>y</b>b", "ab", "x\ny");
    expect_parted("a<b style='font-size:10px;opacity:0.5;display:inline'>x</b>b", "axb", "");
    expect_parted("a<p style='display:none'>x<div>y</div>b", "a\ny\nb", "x"); /* ends its p */
}

static void test_unseen_by_sheet(void **state)
{
    (void)state;
    expect_parted("<style>.x{display:none}</style>a<b class='y X'>x</b><b class=y>b</b>", "ab",
                  "x");
    expect_parted("<style>q, #n ,i.x{opacity:0}</style>a<q>x</q><b id=n>y</b><i>b</i><i class=x>z",
                  "ab", "xyz");
    expect_parted("<style>@media print{.x{display:none}} .y{display:none}</style>"
                  "<b class=x>a</b><b class=y>x</b>",
                  "a", "x");
    expect_parted("<style>p .x{display:none}.y:hover{display:none}</style>"
                  "<b class=x>a</b><b class=y>b</b>",
                  "ab", "");
    expect_parted("<style>/* .x{display:none} */.y{display:none</style><b class=x>a</b>"
                  "<b class=y style='display:inline'>b</b><b class=y>x</b>",
                  "ab", "x");
    /* the end of a tag within an attribute ends nothing */
    expect_parted(
        "<style>.gone { display: none }</style>a<b class=\"> gone and other names\">b</b>c", "ac",
        "b");
}

/* Nesting of any depth neither empties the page nor takes more than linear time. */
static void test_deep(void **state)
{
    (void)state;
    g_autoptr(GString) page = g_string_new(NULL);
    for (int i = 0; i < 100000; i++) {
        g_string_append(page, "<div>");
    }
    g_string_append(page, "CHARQ1");
    gint64 start = g_get_monotonic_time();
    g_autoptr(GString) hidden = g_string_new(NULL);
    HtmlWork work = {0};
    g_autoptr(GString) text = html_text(page->str, page->len, &work, hidden);
    assert_non_null(strstr(text->str, "CHARQ1"));
    assert_true(g_get_monotonic_time() - start < 20 * G_USEC_PER_SEC);
}

/* What a parser of HTML does again and again for each tag is done so often and no more, and said.
 */
static void test_costly(void **state)
{
    (void)state;
    static const char *const repeated[] = {"<p><a></b>7", "<b><i><p><a></b></i>", "<i><a></p></b>",
                                           ""};
    for (gsize i = 0; i < G_N_ELEMENTS(repeated); i++) {
        g_autoptr(GString) page = g_string_new("CHARQ1");
        for (int j = 0; j < 400000; j++) {
            g_string_append(page, repeated[i]);
            g_string_append_printf(page, "<a x%d=y>7", repeated[i][0] == '\0' ? j : 0);
        }
        gint64 start = g_get_monotonic_time();
        g_autoptr(GString) hidden = g_string_new(NULL);
        HtmlWork work = {0};
        g_autoptr(GString) text = html_text(page->str, page->len, &work, hidden);
        assert_true(work.cut);
        assert_true(g_str_has_prefix(text->str, "CHARQ1"));
        assert_true(g_get_monotonic_time() - start < 20 * G_USEC_PER_SEC);
    }
}

/* A bound is of a mail, be its pages many, and a real page is far from it. */
static void test_many_pages(void **state)
{
    (void)state;
    g_autoptr(GString) page = g_string_new(NULL);
    for (int i = 0; i < 2000; i++) {
        g_string_append(page, "<tr><td class='a' style=\"color: red\"><b>7</b>&nbsp;8</td></tr>");
    }
    HtmlWork work = {0};
    int pages = 0;
    for (; pages < 1000 && !work.cut; pages++) {
        g_autoptr(GString) hidden = g_string_new(NULL);
        g_autoptr(GString) text = html_text(page->str, page->len, &work, hidden);
    }
    assert_in_range(pages, 20, 200);
}

/* With other words in the place of a word, and one blank for two, as only preformatted text has
 * them. */
static void normalise(GString *text, const char *word, const char *words)
{
    if (word != NULL) {
        (void)g_string_replace(text, word, words, 0);
    }
    (void)g_string_replace(text, "  ", " ", 0);
}

/* Long prose is taken out of a page before it is parsed: the text, what is hidden, and what hides
 * it are those of the same page with a short word in its place, wherever that stands. */
static void test_prose(void **state)
{
    (void)state;
    enum { ROUNDS = 5000, MOST = 30 };
    static const char word[] = "prose";
    static const char prose[] = "prose, and  more of it than is left in a page. It goes on";
    static const char *const pieces[] = {
        "@",
        " @ ",
        "<p>@",
        "</p>",
        "<b>@</b>",
        "<br>@",
        "\n@\n",
        "&nbsp;@",
        "&nbsp@",
        "&@",
        "&#67@",
        "&lt;@",
        "it's @",
        "\"@",
        "'",
        "<!-- > @ -->",
        "<!--@",
        "-->",
        "<script>@",
        "</script>",
        "> @",
        "@>",
        "<div style=\"display:none\">@",
        "</div>",
        "<div title='a > @' hidden>",
        "<i class=\"> @ gone\">",
        "<i title=\"> @\" style=\"display:none\">@",
        "</i>",
        "<style>.gone { display: none } @</style>",
        "<table><tr><td>@",
        "</table>",
        "<pre>@",
        "</pre>",
        "<blockquote>@",
        "</blockquote>",
        "<ul><li>@",
        "<?a > @ ?>",
        "<![a[ > @ ]]>",
        "\xC3\xA9@",
        "\xF0\x9F\x98\x80@",
        "<title>@</title>",
        "<p @ hidden>",
        "<@",
        "-@-",
        "\x01@",
        "<textarea>@</textarea>",
        "<a href='x>@'>@",
        "<p title=\"> style=@ @\">@",
    };
    GRand *dice = g_rand_new_with_seed(19);
    guint hiding = 0;
    for (guint i = 0; i < ROUNDS; i++) {
        g_autoptr(GString) page = g_string_new("<p>");
        for (gint k = g_rand_int_range(dice, 1, MOST); k > 0; k--) {
            g_string_append(page, pieces[g_rand_int_range(dice, 0, G_N_ELEMENTS(pieces))]);
        }
        g_autoptr(GString) lengthened = g_string_new(page->str);
        g_string_replace(page, "@", word, 0);
        g_string_replace(lengthened, "@", prose, 0);
        g_autoptr(GString) hidden = g_string_new(NULL);
        g_autoptr(GString) hidden_long = g_string_new(NULL);
        HtmlWork work = {0};
        g_autoptr(GString) text = html_text(page->str, page->len, &work, hidden);
        g_autoptr(GString) long_text =
            html_text(lengthened->str, lengthened->len, &work, hidden_long);
        hiding += hidden->len > 0;
        normalise(text, word, prose);
        normalise(long_text, NULL, NULL);
        normalise(hidden, word, prose);
        normalise(hidden_long, NULL, NULL);
        assert_string_equal(long_text->str, text->str);
        assert_string_equal(hidden_long->str, hidden->str);
    }
    g_rand_free(dice);
    assert_in_range(hiding, ROUNDS / 10, ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breaks),     cmocka_unit_test(test_inline),
        cmocka_unit_test(test_hidden),     cmocka_unit_test(test_entities),
        cmocka_unit_test(test_quotes),     cmocka_unit_test(test_torn),
        cmocka_unit_test(test_deep),       cmocka_unit_test(test_costly),
        cmocka_unit_test(test_many_pages), cmocka_unit_test(test_prose),
        cmocka_unit_test(test_unseen),     cmocka_unit_test(test_unseen_by_sheet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
