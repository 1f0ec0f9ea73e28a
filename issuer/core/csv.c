#include "core/csv.h"

#include "base/error.h"
#include "base/secret.h"

#include <string.h>

struct CsvReader {
    const char *at, *end;
    const char *line_start; /* of the line that is read, for the place in messages */
    unsigned line;
    unsigned row_line; /* where the row begins */
    char *cells;       /* the row's fields, one after another, each with its zero byte */
    gsize used;
    bool full; /* the row is too long; what comes is passed over */
};

CsvReader *csv_reader_new(const char *data, gsize size)
{
    CsvReader *reader = g_new0(CsvReader, 1);
    reader->at = data;
    reader->end = data + size;
    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        reader->at += 3;
    }
    reader->line_start = reader->at;
    reader->line = reader->row_line = 1;
    reader->cells = g_malloc(CSV_MOST_SIZE + 1);
    return reader;
}

/* The place of the reader, counted in characters as an editor does. */
static bool refuse(const CsvReader *reader, const char *why, GError **error)
{
    gsize before = 0;
    for (const char *c = reader->line_start; c < reader->at; c++) {
        before += ((guchar)*c & 0xc0) != 0x80;
    }
    g_autofree char *begins =
        reader->row_line == reader->line
            ? g_strdup("")
            : g_strdup_printf(" (the row begins on line %u)", reader->row_line);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                "line %u, character %" G_GSIZE_FORMAT ": %s%s", reader->line, before + 1, why,
                begins);
    return false;
}

/* How many bytes the line end at the reader's place has; 0: none is there. The end of the text ends
 * a line too, but has no bytes. */
static gsize line_end(const CsvReader *reader)
{
    gsize left = (gsize)(reader->end - reader->at);
    if (left >= 1 && reader->at[0] == '\n') {
        return 1;
    }
    return left >= 2 && reader->at[0] == '\r' && reader->at[1] == '\n' ? 2 : 0;
}

static bool at_line_end(const CsvReader *reader)
{
    return reader->at == reader->end || line_end(reader) > 0;
}

static void pass_line_end(CsvReader *reader)
{
    if (reader->at < reader->end) {
        reader->at += line_end(reader);
        reader->line++;
        reader->line_start = reader->at;
    }
}

/* Takes one byte of the text into the field. */
static bool take(CsvReader *reader, GError **error)
{
    if (*reader->at == '\0') {
        return refuse(reader, "a zero byte; is this a spreadsheet file, or UTF-16?", error);
    }
    if (reader->used < CSV_MOST_SIZE) {
        reader->cells[reader->used++] = *reader->at;
    } else {
        reader->full = true;
    }
    if (*reader->at == '\n') {
        reader->line++;
        reader->line_start = reader->at + 1;
    }
    reader->at++;
    return true;
}

static bool read_quoted(CsvReader *reader, GError **error)
{
    reader->at++;
    for (;;) {
        if (reader->at == reader->end) {
            return refuse(reader, "the file ends within quotes", error);
        }
        if (*reader->at == '"' && reader->at + 1 < reader->end && reader->at[1] == '"') {
            reader->at++; /* two quotes stand for one */
        } else if (*reader->at == '"') {
            break;
        }
        if (!take(reader, error)) {
            return false;
        }
    }
    reader->at++;
    return at_line_end(reader) || *reader->at == ',' ||
           refuse(reader, "text after the closing quote; a quote within quotes is doubled", error);
}

static bool read_bare(CsvReader *reader, GError **error)
{
    while (!at_line_end(reader) && *reader->at != ',') {
        if (*reader->at == '"') {
            return refuse(reader, "a quote within a field without quotes", error);
        }
        if (*reader->at == '\r') {
            return refuse(reader, "a carriage return without a line feed", error);
        }
        if (!take(reader, error)) {
            return false;
        }
    }
    return true;
}

static void end_field(CsvReader *reader, CsvRow *row, gsize start)
{
    const char *fault = NULL;
    reader->full = reader->full || reader->used == CSV_MOST_SIZE;
    if (reader->full) {
        fault = "makes the row longer than 64 KiB; is a quote not closed?";
    } else if (!g_utf8_validate(reader->cells + start, (gssize)(reader->used - start), NULL)) {
        fault = "is not UTF-8; save the file as UTF-8";
    }
    if (row->fault == NULL && fault != NULL) {
        row->fault = fault;
        row->fault_field = row->count;
    }
    reader->cells[reader->used] = '\0';
    reader->used += reader->full ? 0 : 1;
    row->fields[row->count++] = reader->cells + start;
}

static bool read_field(CsvReader *reader, CsvRow *row, GError **error)
{
    if (row->count == CSV_MOST_FIELDS) {
        return refuse(reader, "more than 64 fields", error);
    }
    const gsize start = reader->used;
    const bool quoted = reader->at < reader->end && *reader->at == '"';
    if (!(quoted ? read_quoted(reader, error) : read_bare(reader, error))) {
        return false;
    }
    end_field(reader, row, start);
    return true;
}

bool csv_reader_next(CsvReader *reader, CsvRow *row, GError **error)
{
    while (reader->at < reader->end && line_end(reader) > 0) {
        pass_line_end(reader);
    }
    if (reader->at == reader->end) {
        return false;
    }
    reader->used = 0;
    reader->full = false;
    reader->row_line = reader->line;
    *row = (CsvRow){.line = reader->line};
    for (;;) {
        if (!read_field(reader, row, error)) {
            return false;
        }
        if (at_line_end(reader)) {
            break;
        }
        reader->at++; /* the comma */
    }
    pass_line_end(reader);
    return true;
}

gsize csv_row_width(const CsvRow *row, gsize least)
{
    gsize width = row->count;
    while (width > least && row->fields[width - 1][strspn(row->fields[width - 1], " \t")] == '\0') {
        width--;
    }
    return width;
}

void csv_reader_free(CsvReader *reader)
{
    if (!reader) {
        return;
    }
    secret_wipe(reader->cells, CSV_MOST_SIZE + 1);
    g_free(reader->cells);
    g_free(reader);
}
