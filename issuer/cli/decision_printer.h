/* Decisions on paper: the same for every command that lists some. */
#ifndef ISSUER_CLI_DECISION_PRINTER_H
#define ISSUER_CLI_DECISION_PRINTER_H

#include "cli/printer.h"

/* The part "decisions" of what is being shown: of DecisionRecord *. */
void decision_printer_part(Printer *printer, const GPtrArray *decisions);

#endif
