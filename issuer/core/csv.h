/* Reads CSV as RFC 4180 has it, strictly: what is not exactly that is an error with its place, not
 * a guess. */
#ifndef ISSUER_CORE_CSV_H
#define ISSUER_CORE_CSV_H

#include <glib.h>
#include <stdbool.h>

#define CSV_MOST_FIELDS 64
#define CSV_MOST_SIZE   65536 /* bytes of a row */

typedef struct CsvReader CsvReader;

typedef struct {
    unsigned line; /* in which the row begins, from 1 */
    gsize count;
    const char *fields[CSV_MOST_FIELDS]; /* owned by the reader, valid until the next row */
    const char
        *fault; /* why this row cannot be used, in words that follow a field's name; or NULL */
    gsize fault_field; /* which field it is about, from 0 */
} CsvRow;

/* A reader over `size` bytes of UTF-8 at `data`, which must outlive it; a byte order mark is passed
 * over, lines end with LF or CRLF, empty lines are no rows. The caller owns it. */
CsvReader *csv_reader_new(const char *data, gsize size);

/* The next row; one that is not UTF-8 or too long is given with its fault. False at the end, and
 * with ISSUER_ERROR_INPUT ("line 12, character 40: …") where the text is no CSV; then reading
 * cannot go on. */
bool csv_reader_next(CsvReader *reader, CsvRow *row, GError **error);

/* How many fields the row has: empty ones at its end, which spreadsheets leave, count up to
 * `least`. */
gsize csv_row_width(const CsvRow *row, gsize least);

/* Wipes what it read (a file may hold secrets) and frees. */
void csv_reader_free(CsvReader *reader);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CsvReader, csv_reader_free)

#endif
