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
    g_autoptr(GString) text = html_text(html, strlen(html));
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
    g_autoptr(GString) text = html_text(page->str, page->len);
    assert_non_null(strstr(text->str, "CHARQ1"));
    assert_true(g_get_monotonic_time() - start < 20 * G_USEC_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breaks), cmocka_unit_test(test_inline),
        cmocka_unit_test(test_hidden), cmocka_unit_test(test_entities),
        cmocka_unit_test(test_quotes), cmocka_unit_test(test_torn),
        cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
