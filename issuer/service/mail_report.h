/* What the program tells about one mail: as `inspect` and `ingest` print it, a JSON object a line
 * whose shape is part of the program's contract. */
#ifndef ISSUER_SERVICE_MAIL_REPORT_H
#define ISSUER_SERVICE_MAIL_REPORT_H

#include "service/intake_item.h"

/* The object for one mail. With `decided`, what was decided stands in it too. New string. */
char *mail_report_json(const IntakeItem *item, bool decided);

/* Why the mail is in its class, or what became of it; NULL: nothing is to be said. Owned by the
 * item. */
const char *mail_report_why(const IntakeItem *item, bool decided);

/* One line for people: source, class, sender, and what was found or decided. New string; may hold
 * text of the mail, which the printer makes safe. */
char *mail_report_line(const IntakeItem *item, bool decided);

/* What was decided of its codes alone: the array that stands in mail_report_json(), and as a line.
 * New strings. */
char *mail_report_decisions_json(const IntakeItem *item);
char *mail_report_decisions_line(const IntakeItem *item);

#endif
