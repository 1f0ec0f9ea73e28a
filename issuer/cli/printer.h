/* One printer with three faces: an aligned table for people, JSON (one object a line) and CSV
 * (RFC 4180) for programs. The columns are the same for all three, on a terminal or not. Foreign
 * text is safe in each: controls and bidirectional characters never reach the terminal, and a CSV
 * cell that a spreadsheet would take for a formula is made plain text. */
#ifndef ISSUER_CLI_PRINTER_H
#define ISSUER_CLI_PRINTER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum {
    PRINTER_TABLE,
    PRINTER_JSON,
    PRINTER_CSV,
} PrinterFace;

typedef enum {
    COLUMN_TEXT,
    COLUMN_NUMBER, /* to the right in a table */
    COLUMN_FLAG,   /* yes or no; true or false in JSON */
    COLUMN_TIME,   /* seconds since 1970 UTC, printed as 2025-01-31T12:00:00Z */
} ColumnType;

typedef struct {
    const char *name; /* lower case with '_': the JSON key and the CSV header */
    ColumnType type;
} PrinterColumn;

typedef struct Printer Printer;

/* A printer onto `out`, which stays the caller's. The caller owns the printer. */
Printer *printer_new(PrinterFace face, FILE *out);

/* Which face it has: some commands print more for people, or a whole object for programs. */
bool printer_is_table(const Printer *printer);
bool printer_is_json(const Printer *printer);

/* Begins a list. `columns` must outlive it. An earlier list or record ends here. People get very
 * long cells shortened; records and the other faces are whole. */
void printer_begin(Printer *printer, const PrinterColumn *columns, gsize count);

/* Begins a single record: lines of "name: value" for people, else as a list of one row. */
void printer_begin_record(Printer *printer, const PrinterColumn *columns, gsize count);

/* Begins a further list about the same thing, such as the activations of a license: under its own
 * heading for people; in JSON each object starts with "part"; left out of CSV, where one output is
 * one table. `part` must outlive it. */
void printer_begin_part(Printer *printer, const char *part, const PrinterColumn *columns,
                        gsize count);

/* Ends a list whose columns do not live until the next begins. */
void printer_end(Printer *printer);

/* The cells of a row, in the order of the columns and as many; the last one ends the row. A cell
 * of the wrong type is a bug (aborts). NULL text: no value. */
void printer_text(Printer *printer, const char *text);
void printer_number(Printer *printer, int64_t number);
void printer_id(Printer *printer, int64_t number); /* in a column of numbers; 0: no value */
void printer_flag(Printer *printer, bool flag);
void printer_time(Printer *printer, int64_t seconds); /* 0: no value; see printer_time_text() */
void printer_none(Printer *printer);                  /* no value, in a column of any type */

/* A time as all faces have it; NULL for 0. What ends on the last day of the year 9999 ends in the
 * year after, for which the form has no digits: its last second stands for all that is later. New
 * string. */
char *printer_time_text(int64_t seconds);

/* A text cell that is more than text in JSON: `json` is printed there as it is, `text` elsewhere.
 */
void printer_nested(Printer *printer, const char *json, const char *text);

/* A whole JSON object made elsewhere; the other faces drop it. */
void printer_object(Printer *printer, const char *json);

/* A line for people; the other faces drop it. */
void printer_say(Printer *printer, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A line that whoever called should see: for people in its place, else on standard error, where
 * programs' rows stay rows. */
void printer_hint(Printer *printer, const char *text);

/* Ends the list and brings everything out. ISSUER_ERROR_FAILED if it could not be written. */
bool printer_finish(Printer *printer, GError **error);

/* Frees without printing what is left. */
void printer_free(Printer *printer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Printer, printer_free)

#endif
