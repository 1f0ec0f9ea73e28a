/* Mails on paper: a list of them, and one with all that became of it. */
#ifndef ISSUER_CLI_MESSAGE_PRINTER_H
#define ISSUER_CLI_MESSAGE_PRINTER_H

#include "cli/printer.h"
#include "service/messages.h"
#include "service/quarantine.h"

/* Begins a list of mails, and one row of it. */
void message_printer_begin(Printer *printer);
void message_printer_row(Printer *printer, const MessageSummary *message);

/* One mail, whole. `retries` (of QuarantineRetry) of a mail of the quarantine: also how it came
 * there, how often it was read again and how it left; NULL: not. */
void message_printer_detail(Printer *printer, const MessageDetail *message,
                            const GPtrArray *retries);

/* A mail's text (NULL or empty: none) as the last cell of its row; for people, whose columns leave
 * it out, as lines of their own below. */
void message_printer_body(Printer *printer, const char *body);

#endif
