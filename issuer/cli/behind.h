/* Lists that may come from a standby. */
#ifndef ISSUER_CLI_BEHIND_H
#define ISSUER_CLI_BEHIND_H

#include "cli/listing_printer.h"
#include "service/context.h"

/* Prints a list, NULL where `error` says why there is none, with `more` as listing_printer_print()
 * does; and first how far the records go, if they are a standby's that is behind. */
bool behind_print_list(Context *context, Printer *printer, const Listing *list, const char *more,
                       GError **error);

#endif
