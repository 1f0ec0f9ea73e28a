/* CSV after RFC 4180: what is read, and where exactly it is refused. */
#include "base/error.h"
#include "core/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

/* The file as one text: fields in brackets, each row after its line's number. */
static char *read_all(const char *text, gsize size, GError **error)
{
    g_autoptr(CsvReader) reader = csv_reader_new(text, size);
    GString *out = g_string_new(NULL);
    CsvRow row;
    while (csv_reader_next(reader, &row, error)) {
        g_string_append_printf(out, "%u:", row.line);
        for (gsize i = 0; i < row.count; i++) {
            g_string_append_printf(out, "[%s]", row.fields[i]);
        }
        if (row.fault != NULL) {
            g_string_printf(out, "line %u, field %" G_GSIZE_FORMAT " %s\n", row.line,
                            row.fault_field, row.fault);
        }
    }
    return g_string_free(out, FALSE);
}

static void expect(const char *text, const char *rows)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *read = read_all(text, strlen(text), &error);
    assert_null(error);
    assert_string_equal(read, rows);
}

static void expect_refused(const char *text, gsize size, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *read = read_all(text, size, &error);
    assert_non_null(error);
    assert_int_equal(error->code, ISSUER_ERROR_INPUT);
    if (!strstr(error->message, message)) {
        fail_msg("'%s' is not in '%s'", message, error->message);
    }
}

static void rows_are_read(void **state)
{
    (void)state;
    expect("", "");
    expect("a,b\nc,d", "1:[a][b]2:[c][d]");
    expect("\xef\xbb\xbf"
           "a,b\r\nc,d\r\n",
           "1:[a][b]2:[c][d]");
    expect("\n\r\na\n\nb\n", "3:[a]5:[b]");
    expect("a,,\n,\n", "1:[a][][]2:[][]");
    expect("\"a,b\",\"say \"\"hi\"\"\",\"\"\n", "1:[a,b][say \"hi\"][]");
    expect("\"two\nlines\",x\ny\n", "1:[two\nlines][x]3:[y]");
    expect(" a , b \n", "1:[ a ][ b ]");
}

static void faults_have_a_place(void **state)
{
    (void)state;
    expect_refused("a\nb,\"c\"d\n", 9, "line 2, character 6: text after the closing quote");
    expect_refused("a\xc3\xa9\"b\n", 6, "line 1, character 3: a quote within");
    expect_refused("a,\"b\nc", 6, "the file ends within quotes");
    expect_refused("a\rb\n", 4, "line 1, character 2: a carriage return");
    expect_refused("a\0b\n", 4, "line 1, character 2: a zero byte");
    expect_refused("a\n\"b\nc", 6,
                   "line 3, character 2: the file ends within quotes"
                   " (the row begins on line 2)");
    expect("ok\na,\xff\nc\n", "line 2, field 1 is not UTF-8; save the file as UTF-8\n3:[c]");
}

static void sizes_are_limited(void **state)
{
    (void)state;
    g_autoptr(GString) commas = g_string_new(NULL);
    for (int i = 0; i < CSV_MOST_FIELDS - 1; i++) {
        g_string_append_c(commas, ',');
    }
    g_autoptr(GError) error = NULL;
    g_free(read_all(commas->str, commas->len, &error));
    assert_null(error);
    g_string_append_c(commas, ',');
    expect_refused(commas->str, commas->len, "more than 64 fields");
    /* exactly full: no room for the zero byte, and no byte written past the end */
    for (gsize size = CSV_MOST_SIZE - 2; size < CSV_MOST_SIZE + 10; size++) {
        g_autofree char *cell = g_strnfill(size, 'x');
        g_autofree char *text = g_strconcat("a,", cell, ",b,c\nd\n", NULL);
        expect(text, "line 1, field 1 makes the row longer than 64 KiB; is a quote not closed?\n"
                     "2:[d]");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read),
        cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(sizes_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
