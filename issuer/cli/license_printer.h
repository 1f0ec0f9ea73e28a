/* A license on paper: its summary, and the lists of all that is on record about it. */
#ifndef ISSUER_CLI_LICENSE_PRINTER_H
#define ISSUER_CLI_LICENSE_PRINTER_H

#include "cli/printer.h"
#include "service/licenses.h"

/* A list of LicenseSummary. */
void license_printer_list(Printer *printer, const GPtrArray *licenses);

/* One license: what it grants and what is open, where it runs, what was bought, what came in and
 * went out, and the records; a hint where lists are cut. */
void license_printer_detail(Printer *printer, const LicenseDetail *detail);

/* The uses of a license, for its customer. */
void license_printer_uses(Printer *printer, const LicenseUses *uses);

#endif
