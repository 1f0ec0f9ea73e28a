/* What a usage license says, as cells of a row: the same for every command that shows one. */
#ifndef ISSUER_CLI_USAGE_LICENSE_PRINTER_H
#define ISSUER_CLI_USAGE_LICENSE_PRINTER_H

#include "cli/printer.h"
#include "core/usage_license.h"

/* The columns that usage_license_printer_cells() fills, to stand in a table of columns. */
#define USAGE_LICENSE_COLUMNS                                                                      \
    {"serial", COLUMN_TEXT}, {"grant", COLUMN_TEXT}, {"license_id", COLUMN_TEXT},                  \
        {"customer", COLUMN_TEXT}, {"product", COLUMN_TEXT}, {"host", COLUMN_TEXT},                \
        {"request", COLUMN_TEXT}, {"features", COLUMN_TEXT}, {"issued_at", COLUMN_TIME},           \
        {"expires_at", COLUMN_TEXT}, {"version", COLUMN_NUMBER}, {"use", COLUMN_NUMBER},           \
        {"activations", COLUMN_NUMBER}, {"supersedes", COLUMN_TEXT},                               \
    {                                                                                              \
        "kid", COLUMN_TEXT                                                                         \
    }

/* The cells of one usage license; NULL: one that cannot be read, so no values. */
void usage_license_printer_cells(Printer *printer, const UsageLicense *license);

/* The serial of this number as one cell; 0: no value. */
void usage_license_printer_serial(Printer *printer, int64_t number);

/* A list of serials (of int64_t) as one cell: an array of texts in JSON. */
void usage_license_printer_serials(Printer *printer, const GArray *serials);

#endif
