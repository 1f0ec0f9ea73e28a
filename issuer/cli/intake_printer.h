/* Mails and what was found and decided in them: a sentence a mail for people, an object a mail in
 * JSON, a row a code in CSV. */
#ifndef ISSUER_CLI_INTAKE_PRINTER_H
#define ISSUER_CLI_INTAKE_PRINTER_H

#include "cli/printer.h"
#include "service/ingest.h"

/* Begins the output. `decided`: what is decided stands in it, not only what was found. */
void intake_printer_begin(Printer *printer, bool decided);

/* The next mail. */
void intake_printer_mail(Printer *printer, const IntakeItem *item, bool decided);

/* What became of all of them together. The sum goes to standard error where programs read the
 * output, which is of mails alone. */
void intake_printer_totals(Printer *printer, const IngestTotals *totals);

/* The same of a run that has failed, if it had read anything: what is on record by then. */
void intake_printer_broken_off(Printer *printer, const IngestTotals *totals);

/* Whether every mail is accounted for and could be read. False with an error where earlier requests
 * could not be decided again; without one where mails are in quarantine, which was told. */
bool intake_printer_end(const IngestTotals *totals, GError **error);

#endif
