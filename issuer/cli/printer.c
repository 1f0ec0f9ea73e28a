#include "cli/printer.h"

#include "base/error.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/table.h"
#include "core/dates.h"

#include <errno.h>
#include <string.h>

struct Printer {
    PrinterFace face;
    FILE *out;
    const PrinterColumn *columns;
    gsize count;
    gsize at;   /* the next cell's column */
    bool muted; /* a further list in CSV: its cells are dropped */
    const char *part;
    Table *table; /* PRINTER_TABLE */
    JsonWriter *json;
    GString *line; /* PRINTER_CSV: the row so far */
};

Printer *printer_new(PrinterFace face, FILE *out)
{
    Printer *printer = g_new0(Printer, 1);
    printer->face = face;
    printer->out = out;
    printer->line = g_string_new(NULL);
    return printer;
}

bool printer_is_table(const Printer *printer)
{
    return printer->face == PRINTER_TABLE;
}

bool printer_is_json(const Printer *printer)
{
    return printer->face == PRINTER_JSON;
}

/* A cell that starts like a formula would be run by a spreadsheet (CWE-1236), also where the sign
 * is of full width as Chinese and Japanese keyboards have it. Blanks before it do not help: some
 * programs drop them. */
static bool looks_like_formula(const char *text)
{
    static const gunichar signs[] = {'=', '+', '-', '@', 0xFF1D, 0xFF0B, 0xFF0D, 0xFF20};
    const char *first = text;
    while (*first != '\0' && g_unichar_isspace(g_utf8_get_char(first))) {
        first = g_utf8_next_char(first);
    }
    const gunichar c = g_utf8_get_char(first);
    bool sign = false;
    for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
        sign = sign || c == signs[i];
    }
    return sign || *text == '\t';
}

/* Whether it stands in CSV as it is: letters, digits and the like, of which nothing can be made. */
static bool is_plain(const char *text)
{
    return g_ascii_isalnum(*text) &&
           text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                             "-._:/+")] == '\0';
}

static void append_csv_text(GString *line, const char *text, bool foreign)
{
    if (is_plain(text)) { /* as nearly all are, of millions of rows */
        g_string_append(line, text);
        return;
    }
    g_autofree char *clean = text_printable(text);
    const char *mark = foreign && looks_like_formula(clean) ? "'" : "";
    bool quoted = strpbrk(clean, ",\"\n") != NULL || g_str_has_prefix(clean, " ") ||
                  g_str_has_suffix(clean, " ");
    if (!quoted) {
        g_string_append_printf(line, "%s%s", mark, clean);
        return;
    }
    g_auto(GStrv) pieces = g_strsplit(clean, "\"", -1);
    g_autofree char *doubled = g_strjoinv("\"\"", pieces);
    g_string_append_printf(line, "\"%s%s\"", mark, doubled);
}

static void end_csv_row(Printer *printer)
{
    (void)fprintf(printer->out, "%s\r\n", printer->line->str);
    g_string_truncate(printer->line, 0);
}

static void print_csv_header(Printer *printer)
{
    for (gsize i = 0; i < printer->count; i++) {
        g_string_append_printf(printer->line, "%s%s", i > 0 ? "," : "", printer->columns[i].name);
    }
    end_csv_row(printer);
}

static void end_list(Printer *printer)
{
    if (printer->table != NULL) {
        table_finish(printer->table, printer->out);
        g_clear_pointer(&printer->table, table_free);
    }
}

static void begin(Printer *printer, const PrinterColumn *columns, gsize count, const char *part)
{
    g_assert(printer->at == 0); /* a row was left unfinished */
    end_list(printer);
    printer->columns = columns;
    printer->count = count;
    printer->part = part;
    printer->muted = part != NULL && printer->face == PRINTER_CSV;
    if (printer->face == PRINTER_CSV && !printer->muted) {
        print_csv_header(printer);
    }
}

static void begin_table(Printer *printer)
{
    if (printer->face != PRINTER_TABLE) {
        return;
    }
    printer->table = table_new(printer->count);
    for (gsize i = 0; i < printer->count; i++) {
        const PrinterColumn *column = &printer->columns[i];
        table_set_header(printer->table, i, column->name, column->type == COLUMN_NUMBER);
    }
}

void printer_begin(Printer *printer, const PrinterColumn *columns, gsize count)
{
    begin(printer, columns, count, NULL);
    begin_table(printer);
}

void printer_begin_record(Printer *printer, const PrinterColumn *columns, gsize count)
{
    begin(printer, columns, count, NULL);
}

void printer_begin_part(Printer *printer, const char *part, const PrinterColumn *columns,
                        gsize count)
{
    begin(printer, columns, count, part);
    printer_say(printer, "\n%s:", part);
    begin_table(printer);
}

void printer_end(Printer *printer)
{
    g_assert(printer->at == 0); /* a row was left unfinished */
    end_list(printer);
    printer->columns = NULL;
    printer->count = 0;
}

static void add_table_cell(Printer *printer, const char *text)
{
    if (printer->table != NULL) {
        table_add(printer->table, text, printer->out);
        return;
    }
    g_autofree char *line = text_one_line(text, 0);
    g_autofree char *name = g_strdelimit(g_strdup(printer->columns[printer->at].name), "_", ' ');
    (void)fprintf(printer->out, "%s: %s\n", name, line);
}

static void add_csv_cell(Printer *printer, const char *text, bool foreign)
{
    g_string_append(printer->line, printer->at > 0 ? "," : "");
    append_csv_text(printer->line, text, foreign);
    if (printer->at + 1 == printer->count) {
        end_csv_row(printer);
    }
}

static void add_json_cell(Printer *printer, const char *json)
{
    if (printer->at == 0) {
        printer->json = json_writer_new();
        json_writer_begin_object(printer->json);
        if (printer->part != NULL) {
            json_writer_key(printer->json, "part");
            json_writer_text(printer->json, printer->part);
        }
    }
    json_writer_key(printer->json, printer->columns[printer->at].name);
    json_writer_raw(printer->json, json);
    if (printer->at + 1 < printer->count) {
        return;
    }
    json_writer_end_object(printer->json);
    g_autofree char *object = json_writer_finish(g_steal_pointer(&printer->json));
    (void)fprintf(printer->out, "%s\n", object);
}

/* Every cell comes by here: `text` for people and CSV, `json` for programs. */
static void add_cell(Printer *printer, const char *text, const char *json, bool foreign)
{
    switch (printer->face) {
    case PRINTER_TABLE:
        add_table_cell(printer, text);
        break;
    case PRINTER_JSON:
        add_json_cell(printer, json);
        break;
    case PRINTER_CSV:
        if (!printer->muted) {
            add_csv_cell(printer, text, foreign);
        }
        break;
    }
    printer->at = (printer->at + 1) % printer->count;
}

static void expect(const Printer *printer, ColumnType type)
{
    g_assert(printer->columns != NULL && printer->columns[printer->at].type == type);
}

void printer_text(Printer *printer, const char *text)
{
    expect(printer, COLUMN_TEXT);
    if (printer->face != PRINTER_JSON) {
        add_cell(printer, text == NULL ? "" : text, NULL, true);
        return;
    }
    g_autoptr(JsonWriter) json = json_writer_new();
    json_writer_text(json, text);
    add_cell(printer, NULL, json_writer_peek(json), true);
}

void printer_number(Printer *printer, int64_t number)
{
    expect(printer, COLUMN_NUMBER);
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)number);
    add_cell(printer, text, text, false);
}

void printer_id(Printer *printer, int64_t number)
{
    if (number != 0) {
        printer_number(printer, number);
    } else {
        printer_none(printer);
    }
}

void printer_flag(Printer *printer, bool flag)
{
    expect(printer, COLUMN_FLAG);
    add_cell(printer, flag ? "yes" : "no", flag ? "true" : "false", false);
}

char *printer_time_text(int64_t seconds)
{
    if (seconds == 0) {
        return NULL;
    }
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(MIN(seconds, DATES_LAST_INSTANT));
    return time != NULL ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

void printer_time(Printer *printer, int64_t seconds)
{
    expect(printer, COLUMN_TIME);
    g_autofree char *text = printer_time_text(seconds);
    if (text == NULL) {
        printer_none(printer);
        return;
    }
    g_autofree char *json = g_strdup_printf("\"%s\"", text);
    add_cell(printer, text, json, false);
}

void printer_none(Printer *printer)
{
    add_cell(printer, "", "null", false);
}

void printer_nested(Printer *printer, const char *json, const char *text)
{
    expect(printer, COLUMN_TEXT);
    add_cell(printer, text == NULL ? "" : text, json, true);
}

void printer_object(Printer *printer, const char *json)
{
    if (printer->face == PRINTER_JSON) {
        (void)fprintf(printer->out, "%s\n", json);
    }
}

void printer_say(Printer *printer, const char *format, ...)
{
    if (printer->face != PRINTER_TABLE) {
        return;
    }
    end_list(printer);
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *clean = text_printable(text);
    (void)fprintf(printer->out, "%s\n", clean);
}

void printer_hint(Printer *printer, const char *text)
{
    if (printer->face == PRINTER_TABLE) {
        printer_say(printer, "%s", text);
        return;
    }
    g_autofree char *line = text_one_line(text, 0);
    (void)fflush(printer->out);
    (void)fprintf(stderr, "issuer: %s\n", line);
}

bool printer_finish(Printer *printer, GError **error)
{
    end_list(printer);
    if (fflush(printer->out) != 0 || ferror(printer->out) != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "cannot write the output: %s",
                    g_strerror(errno));
        return false;
    }
    return true;
}

void printer_free(Printer *printer)
{
    if (printer == NULL) {
        return;
    }
    table_free(printer->table);
    json_writer_free(printer->json);
    g_string_free(printer->line, TRUE);
    g_free(printer);
}
