/* The parts of a mail, and what makes the MIME library stumble. */
#include "mail/mime.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* The parts of `mail`, described as "type:content" with blanks for line ends. */
static char *describe(const GString *mail)
{
    const char *why = NULL;
    g_autoptr(GPtrArray) parts = mime_parts(mail->str, mail->len, &why);
    if (parts == NULL) {
        assert_non_null(why);
        return g_strdup(why);
    }
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < parts->len; i++) {
        const MimePart *part = g_ptr_array_index(parts, i);
        g_autofree char *content = g_strndup(part->data, part->length);
        g_string_append_printf(out, "[%s:%s]", part->type, g_strstrip(content));
    }
    return g_string_free(out, FALSE);
}

static void expect(const char *text, const char *wanted)
{
    g_autoptr(GString) mail = g_string_new(text);
    g_autofree char *got = describe(mail);
    assert_string_equal(got, wanted);
}

static void test_trees(void **state)
{
    (void)state;
    expect("Subject: a\n\nhello\n", "[text/plain:hello]");
    expect("Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b\n"
           "Content-Type: TEXT/HTML\n\ntwo\n--b--\nepilogue\n",
           "[text/plain:one][text/html:two]");
    expect("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
           "Content-Type: message/rfc822\n\nSubject: x\n\ninner\n--b--\n",
           "[text/plain:inner]");
    /* one boundary begins with the other */
    expect("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
           "Content-Type: multipart/alternative; boundary=b_alt\n\n--b_alt\n\none\n--b_alt--\n"
           "--b\n\ntwo\n--b--\n",
           "[text/plain:one][text/plain:two]");
    /* the end is missing */
    expect("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo",
           "[text/plain:one][text/plain:two]");
}

static void test_fields(void **state)
{
    (void)state;
    char mail[] = "Content-Type: text/plain; charset=ISO-8859-1; name=\"a.txt\"\n"
                  "Content-Transfer-Encoding: BASE64 (really)\n\nSGVsbG8=\n";
    const char *why = NULL;
    g_autoptr(GPtrArray) parts = mime_parts(mail, strlen(mail), &why);
    assert_int_equal(parts->len, 1);
    const MimePart *part = g_ptr_array_index(parts, 0);
    assert_string_equal(part->charset, "ISO-8859-1");
    assert_true(g_str_has_prefix(part->encoding, "BASE64"));
    assert_string_equal(part->name, "a.txt");
    assert_true(part->attached);
}

/* GMime 3.2.13 never comes back from a header line of over 4 kB without a colon. */
static void test_long_line_without_colon(void **state)
{
    (void)state;
    g_autofree char *line = g_strnfill(9000, 'Z');
    static const char *const frames[][2] = {
        {"Subject: a\n", "\n\nbody\n"},
        {"Content-Type: message/rfc822\n\n", "\nSubject: b\n\nbody\n"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n",
         "\n\nbody\n--b--\n"},
        {"", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(frames); i++) {
        g_autoptr(GString) mail = g_string_new(frames[i][0]);
        g_string_append(mail, line);
        g_string_append(mail, frames[i][1]);
        g_autofree char *got = describe(mail); /* comes back at all */
        assert_non_null(got);
    }
}

/* The end of a part's header at every place around a read's border of 4,096 bytes. */
static void test_header_end_at_read_border(void **state)
{
    (void)state;
    for (gsize fill = 3900; fill < 4110; fill++) {
        g_autoptr(GString) mail =
            g_string_new("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n");
        for (gsize i = 0; i < fill; i++) {
            g_string_append_c(mail, i % 72 == 71 ? '\n' : 'x');
        }
        g_string_append(mail, "\r\n--b\r\nContent-Type: text/html\r\n\r\nthe end\r\n--b--\r\n");
        g_autofree char *got = describe(mail);
        assert_true(g_str_has_suffix(got, "[text/html:the end]"));
    }
}

static void test_too_deep(void **state)
{
    (void)state;
    g_autoptr(GString) mail = g_string_new("Subject: a\n");
    for (int i = 0; i < 400; i++) {
        g_string_append_printf(mail, "Content-Type: multipart/mixed; boundary=\"n%d.\"\n\n--n%d.\n",
                               i, i);
    }
    g_string_append(mail, "\nhello\n");
    g_autofree char *got = describe(mail);
    assert_non_null(strstr(got, "levels deep"));
}

static void test_too_many(void **state)
{
    (void)state;
    static const int counts[] = {1500, 10000, 300000};
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autoptr(GString) mail = g_string_new("Content-Type: multipart/mixed; boundary=a\n\n");
        for (int j = 0; j < counts[i]; j++) {
            g_string_append(mail, "--a\nx:y\n\n\n");
        }
        gint64 start = g_get_monotonic_time();
        g_autofree char *got = describe(mail);
        assert_non_null(strstr(got, "more than 1000 parts"));
        assert_true(g_get_monotonic_time() - start < 10 * G_USEC_PER_SEC);
    }
}

/* Appends `line` again and again, about `size` bytes. */
static void fill(GString *mail, const char *line, gsize size)
{
    for (gsize end = mail->len + size; mail->len < end;) {
        g_string_append(mail, line);
    }
}

/* What GMime is not given for its cost is part of the parts all the same, and parts behind it are
 * found. */
static void test_long_parts(void **state)
{
    (void)state;
    static const char *const lines[] = {"one\n", "x: y\n", "one\r\n", "Content-Type: one\n",
                                        "a\n\n"};
    const gsize size = 9UL * 1024 * 1024;
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        const bool crlf = strchr(lines[i], '\r') != NULL;
        g_autoptr(GString) mail =
            g_string_new("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n");
        const gsize first = mail->len;
        fill(mail, lines[i], size);
        const gsize first_end = mail->len;
        g_string_append(mail, crlf ? "--b\r\nX: y\r\nContent-Type: text/html\r\n\r\n"
                                   : "--b\nX: y\nContent-Type: text/html\n\n");
        const gsize second = mail->len;
        fill(mail, lines[i], size);
        g_string_append(mail, "the end\n--b--\n");
        const char *why = NULL;
        g_autoptr(GPtrArray) parts = mime_parts(mail->str, mail->len, &why);
        assert_null(why);
        assert_int_equal(parts->len, 2);
        const MimePart *one = g_ptr_array_index(parts, 0);
        const MimePart *two = g_ptr_array_index(parts, 1);
        assert_string_equal(two->type, "text/html");
        assert_ptr_equal(one->data, mail->str + first);
        assert_in_range(one->length, first_end - first - 2, first_end - first);
        assert_ptr_equal(two->data, mail->str + second);
        assert_non_null(memmem(two->data + two->length - 9, 9, "the end", 7));
    }
}

/* Millions of fields, in the mail's header or a part's, hide no part. */
static void test_long_headers(void **state)
{
    (void)state;
    static const char *const lines[] = {"a:\n", "To: x\n y\n", "X: y\r\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GString) mail = g_string_new(NULL);
        fill(mail, lines[i], 4UL * 1024 * 1024);
        g_string_append(mail,
                        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nA: b\n");
        fill(mail, lines[i], 4UL * 1024 * 1024);
        g_string_append(mail, "Content-Type: text/html\n\ntwo\n--b--\n");
        g_autofree char *got = describe(mail);
        assert_string_equal(got, "[text/plain:one][text/html:two]");
    }
}

static void expect_loose(const char *text, const char *wanted)
{
    g_autoptr(GPtrArray) parts = mime_loose_parts(text, strlen(text));
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint i = 0; i < parts->len; i++) {
        const MimePart *part = g_ptr_array_index(parts, i);
        g_autofree char *content = g_strndup(part->data, part->length);
        g_string_append_printf(out, "[%s:%s:%s:%s]", part->type,
                               part->encoding == NULL ? "-" : part->encoding,
                               part->charset == NULL ? "-" : part->charset, g_strstrip(content));
    }
    assert_string_equal(out->str, wanted);
}

static void test_loose(void **state)
{
    (void)state;
    expect_loose("Subject: a\n\nno parts -- here\n-- \nAna\n", "");
    /* the boundary is told on a line that is no continuation */
    expect_loose("Content-Type: multipart/mixed;\nboundary=\"b\"\n\n--b\n"
                 "Content-Type: text/plain; charset=\"utf-8\"\n\none\n--b\n"
                 "Content-Transfer-Encoding: base64\ncontent-type: TEXT/HTML\n\nVFdP\n",
                 "[text/plain:-:utf-8:one][text/html:base64:-:VFdP]");
}

int main(void)
{
    mime_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_long_line_without_colon),
        cmocka_unit_test(test_header_end_at_read_border),
        cmocka_unit_test(test_too_deep),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_long_parts),
        cmocka_unit_test(test_long_headers),
        cmocka_unit_test(test_loose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
