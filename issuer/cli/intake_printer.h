/* Mails and what was found and decided in them: a sentence a mail for people, an object a mail in
 * JSON, a row a code in CSV. */
#ifndef ISSUER_CLI_INTAKE_PRINTER_H
#define ISSUER_CLI_INTAKE_PRINTER_H

#include "cli/printer.h"
#include "service/intake_item.h"

/* Begins the output. `decided`: what is decided stands in it, not only what was found. */
void intake_printer_begin(Printer *printer, bool decided);

/* The next mail. */
void intake_printer_mail(Printer *printer, const IntakeItem *item, bool decided);

#endif
