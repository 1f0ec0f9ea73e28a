/* Prints lists as they come from the database. */
#ifndef ISSUER_CLI_LISTING_PRINTER_H
#define ISSUER_CLI_LISTING_PRINTER_H

#include "cli/printer.h"
#include "service/listings.h"

/* What people are told below the names of the columns where a list has no row. */
#define LISTING_PRINTER_NONE "Nothing is on this list."

/* How a list begins: printer_begin(), printer_begin_record() or printer_begin_part(). */
typedef enum {
    LISTING_PRINTED_LIST,
    LISTING_PRINTED_RECORD,
    LISTING_PRINTED_PART,
} ListingFace;

/* For a list that comes in pieces: the columns that printer_begin() and its like want for it, an
 * array of PrinterColumn with the names of `columns` that the caller owns; and the cells of one
 * row. */
GArray *listing_printer_columns(const ListingColumn *columns, gsize count);
void listing_printer_row(Printer *printer, const Listing *listing, gsize row);

/* Prints all rows, or of a list of its own that there are none; `part` is the name of a part, else
 * NULL. Where there are more rows than these, a hint says `more` (NULL: none). */
void listing_printer_print(Printer *printer, const Listing *listing, ListingFace face,
                           const char *part, const char *more);

#endif
