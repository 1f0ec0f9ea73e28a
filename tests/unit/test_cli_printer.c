/* cli/printer.h: the same rows with three faces, each safe for who reads it. */
#include "cli/printer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const PrinterColumn columns[] = {
    {"license_id", COLUMN_TEXT},
    {"used", COLUMN_NUMBER},
    {"open", COLUMN_FLAG},
    {"since", COLUMN_TIME},
};

typedef void (*Fill)(Printer *printer);

static void check_printed(PrinterFace face, Fill fill, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    g_autoptr(Printer) printer = printer_new(face, out);
    fill(printer);
    assert_true(printer_finish(printer, NULL));
    (void)fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void two_rows(Printer *printer)
{
    printer_begin(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, "LIC-1");
    printer_number(printer, 5);
    printer_flag(printer, true);
    printer_time(printer, 86400);
    printer_text(printer, NULL);
    printer_number(printer, -1234);
    printer_flag(printer, false);
    printer_time(printer, 0);
}

static void one_record(Printer *printer)
{
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, "LIC-1");
    printer_none(printer);
    printer_flag(printer, true);
    printer_time(printer, 86400);
}

static void no_rows(Printer *printer)
{
    printer_begin(printer, columns, G_N_ELEMENTS(columns));
}

static void rows_have_three_faces(void **state)
{
    (void)state;
    check_printed(PRINTER_TABLE, two_rows,
                  "LICENSE ID   USED  OPEN  SINCE\n"
                  "LIC-1           5  yes   1970-01-02T00:00:00Z\n"
                  "            -1234  no\n");
    check_printed(PRINTER_JSON, two_rows,
                  "{\"license_id\":\"LIC-1\",\"used\":5,\"open\":true,"
                  "\"since\":\"1970-01-02T00:00:00Z\"}\n"
                  "{\"license_id\":null,\"used\":-1234,\"open\":false,\"since\":null}\n");
    check_printed(PRINTER_CSV, two_rows,
                  "license_id,used,open,since\r\n"
                  "LIC-1,5,yes,1970-01-02T00:00:00Z\r\n"
                  ",-1234,no,\r\n");
}

static void a_record_has_three_faces(void **state)
{
    (void)state;
    check_printed(PRINTER_TABLE, one_record,
                  "license id: LIC-1\nused: \nopen: yes\nsince: 1970-01-02T00:00:00Z\n");
    check_printed(PRINTER_JSON, one_record,
                  "{\"license_id\":\"LIC-1\",\"used\":null,\"open\":true,"
                  "\"since\":\"1970-01-02T00:00:00Z\"}\n");
    check_printed(PRINTER_CSV, one_record,
                  "license_id,used,open,since\r\nLIC-1,,yes,1970-01-02T00:00:00Z\r\n");
}

static void an_empty_list_is_no_silence(void **state)
{
    (void)state;
    check_printed(PRINTER_TABLE, no_rows, "LICENSE ID  USED  OPEN  SINCE\n");
    check_printed(PRINTER_JSON, no_rows, "");
    check_printed(PRINTER_CSV, no_rows, "license_id,used,open,since\r\n");
}

static const PrinterColumn one_column[] = {{"name", COLUMN_TEXT}};

static void hostile_cells(Printer *printer)
{
    static const char *const cells[] = {"=HYPERLINK(\"http://x.test\")",
                                        "+49 30 1",
                                        "-1",
                                        "@SUM(A1)",
                                        " =1",
                                        "\t=1",
                                        "a\"b",
                                        "two\nlines",
                                        "\x1b]0;x\x07",
                                        "a,b",
                                        "a\rb",
                                        "\xEF\xBC\x9D"
                                        "1+1",
                                        "\xE3\x80\x80\xEF\xBC\x8B"
                                        "1",
                                        "\xC2\xA0@x",
                                        "\xEF\xBC\xA0x",
                                        "\xEF\xBC\x8D"
                                        "1",
                                        "2026-01-31",
                                        "a-1"};
    printer_begin(printer, one_column, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(cells); i++) {
        printer_text(printer, cells[i]);
    }
}

static void hostile_cells_are_harmless(void **state)
{
    (void)state;
    check_printed(PRINTER_CSV, hostile_cells,
                  "name\r\n"
                  "\"'=HYPERLINK(\"\"http://x.test\"\")\"\r\n"
                  "'+49 30 1\r\n'-1\r\n'@SUM(A1)\r\n"
                  "\"' =1\"\r\n'\t=1\r\n\"a\"\"b\"\r\n\"two\nlines\"\r\n"
                  "\" ]0;x \"\r\n\"a,b\"\r\na b\r\n"
                  "'\xEF\xBC\x9D"
                  "1+1\r\n'\xE3\x80\x80\xEF\xBC\x8B"
                  "1\r\n"
                  "'\xC2\xA0@x\r\n'\xEF\xBC\xA0x\r\n'\xEF\xBC\x8D"
                  "1\r\n"
                  "2026-01-31\r\na-1\r\n");
    check_printed(PRINTER_TABLE, hostile_cells,
                  "NAME\n=HYPERLINK(\"http://x.test\")\n+49 30 1\n-1\n@SUM(A1)\n =1\n =1\na\"b\n"
                  "two lines\n ]0;x\na,b\na b\n"
                  "\xEF\xBC\x9D"
                  "1+1\n\xE3\x80\x80\xEF\xBC\x8B"
                  "1\n\xC2\xA0@x\n"
                  "\xEF\xBC\xA0x\n\xEF\xBC\x8D"
                  "1\n2026-01-31\na-1\n");
}

static void wide_characters(Printer *printer)
{
    static const PrinterColumn two[] = {{"a", COLUMN_TEXT}, {"b", COLUMN_TEXT}};
    printer_begin(printer, two, 2);
    printer_text(printer, "日本");
    printer_text(printer, "x");
    printer_text(printer, "e\xCC\x81t\xC3\xA9");
    printer_text(printer, "y");
}

static void columns_are_aligned_as_a_terminal_shows_them(void **state)
{
    (void)state;
    check_printed(PRINTER_TABLE, wide_characters, "A     B\n日本  x\ne\xCC\x81t\xC3\xA9   y\n");
}

#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void long_cells(Printer *printer)
{
    static const PrinterColumn two[] = {{"a", COLUMN_TEXT}, {"b", COLUMN_TEXT}};
    g_autofree char *endless = g_strnfill(65536, 'x');
    g_autoptr(GString) marks = g_string_new("e");
    g_autoptr(GString) wide = g_string_new(NULL);
    for (guint i = 0; i < 65536; i++) {
        g_string_append(marks, "\xCC\x81");
        g_string_append(wide, i < 51 ? "日" : "");
    }
    printer_begin(printer, two, 2);
    printer_text(printer, HUNDRED);
    printer_text(printer, HUNDRED "x");
    printer_text(printer, endless);
    printer_text(printer, endless);
    printer_text(printer, wide->str);
    printer_text(printer, "y");
    printer_text(printer, marks->str);
    printer_text(printer, "z");
}

/* IDs, addresses and paths of usual length are whole, and no cell makes the others wide. */
static void long_cells_are_shortened_for_people(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    g_autoptr(Printer) printer = printer_new(PRINTER_TABLE, out);
    long_cells(printer);
    assert_true(printer_finish(printer, NULL));
    (void)fclose(out);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), 6);
    assert_string_equal(lines[1], HUNDRED "  " HUNDRED "x");
    assert_memory_equal(lines[2] + 98, "x…  xx", strlen("x…  xx"));
    assert_true(g_str_has_suffix(lines[2], "xx…"));
    assert_int_equal(g_utf8_strlen(lines[2], -1), 100 + 2 + 1000);
    assert_true(g_str_has_suffix(lines[3], "日日…   y"));
    assert_int_equal(g_utf8_strlen(lines[3], -1), 49 + 1 + 3 + 1);
    assert_true(strlen(lines[4]) < 1200);
    free(text);
}

static void programs_get_all(void **state)
{
    (void)state;
    for (PrinterFace face = PRINTER_JSON; face <= PRINTER_CSV; face++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        g_autoptr(Printer) printer = printer_new(face, out);
        long_cells(printer);
        assert_true(printer_finish(printer, NULL));
        (void)fclose(out);
        assert_true(size > 4 * 65536);
        free(text);
    }
}

static void many_rows(Printer *printer)
{
    printer_begin(printer, one_column, 1);
    for (guint i = 0; i < 3000; i++) {
        printer_text(printer, "x");
    }
    printer_say(printer, "%d rows", 3000);
}

static void long_lists_stream_and_lose_nothing(void **state)
{
    (void)state;
    GString *expected = g_string_new("NAME\n");
    for (guint i = 0; i < 3000; i++) {
        g_string_append(expected, "x\n");
    }
    g_string_append(expected, "3000 rows\n");
    check_printed(PRINTER_TABLE, many_rows, expected->str);
    g_string_free(expected, TRUE);
}

/* A usage license through 9999-12-31 ends at noon of the day after, and is not for ever. */
static void a_time_after_all_years_is_one(void **state)
{
    (void)state;
    g_autofree char *last = printer_time_text(INT64_C(253402300799));
    g_autofree char *later = printer_time_text(INT64_C(253402344000));
    assert_string_equal(last, "9999-12-31T23:59:59Z");
    assert_string_equal(later, last);
    assert_null(printer_time_text(0));
}

static void nested(Printer *printer)
{
    printer_begin(printer, one_column, 1);
    printer_nested(printer, "[\"a\",\"b\"]", "a, b");
}

static void a_nested_cell_is_json_for_programs_alone(void **state)
{
    (void)state;
    check_printed(PRINTER_JSON, nested, "{\"name\":[\"a\",\"b\"]}\n");
    check_printed(PRINTER_CSV, nested, "name\r\n\"a, b\"\r\n");
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    FILE *out = fopen("/dev/full", "w");
    assert_non_null(out);
    g_autoptr(Printer) printer = printer_new(PRINTER_JSON, out);
    two_rows(printer);
    g_autoptr(GError) error = NULL;
    assert_false(printer_finish(printer, &error));
    assert_string_equal(error->message, "cannot write the output: No space left on device");
    (void)fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_have_three_faces),
        cmocka_unit_test(a_record_has_three_faces),
        cmocka_unit_test(an_empty_list_is_no_silence),
        cmocka_unit_test(hostile_cells_are_harmless),
        cmocka_unit_test(columns_are_aligned_as_a_terminal_shows_them),
        cmocka_unit_test(long_cells_are_shortened_for_people),
        cmocka_unit_test(programs_get_all),
        cmocka_unit_test(long_lists_stream_and_lose_nothing),
        cmocka_unit_test(a_time_after_all_years_is_one),
        cmocka_unit_test(a_nested_cell_is_json_for_programs_alone),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
