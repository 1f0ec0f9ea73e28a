/* A license on paper: its summary, and the lists of all that is on record about it. */
#ifndef ISSUER_CLI_LICENSE_PRINTER_H
#define ISSUER_CLI_LICENSE_PRINTER_H

#include "cli/printer.h"
#include "service/licenses.h"

/* A list of LicenseSummary. */
void license_printer_list(Printer *printer, const GPtrArray *licenses);

/* One license, whole. */
void license_printer_detail(Printer *printer, const LicenseDetail *detail);

#endif
