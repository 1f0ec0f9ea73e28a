/* What belongs to a case, on paper: its mails, and what was asked. */
#ifndef ISSUER_CLI_CASE_PRINTER_H
#define ISSUER_CLI_CASE_PRINTER_H

#include "cli/printer.h"
#include "service/requests.h"

/* The part "mails" (of CaseMail), and the part "questions" (of CaseQuestion). */
void case_printer_mails(Printer *printer, const GPtrArray *mails);
void case_printer_questions(Printer *printer, const GPtrArray *questions);

#endif
