/* The marks by which mail of programs tells itself (RFC 3834, and what real software writes). */
#ifndef ISSUER_MAIL_MACHINE_MAIL_H
#define ISSUER_MAIL_MACHINE_MAIL_H

#include "mail/headers.h"
#include "mail/message.h"

#define MACHINE_MAIL_GENERATED "it is marked Auto-Submitted: a program sent it"

/* Why it is an answer that a program gave, or a report of one: an out-of-office note, a read
 * receipt, an answer to an invitation. Nobody looks for a request there. NULL if no mark says so;
 * static. `subject` is decoded. */
const char *machine_mail_why_automatic(const Headers *headers, const char *subject,
                                       const MailSettings *settings);

/* Why a program may have sent it, be it for a person: it is marked as generated, or as mass mail.
 * What it carries decides then.
 * MACHINE_MAIL_GENERATED for the first; NULL, or static. */
const char *machine_mail_why_perhaps(const Headers *headers);

/* Why it is a delivery report (RFC 3464), or what mailer daemons send without calling it so; NULL,
 * or static. `author` is its one address in From, or NULL. */
const char *machine_mail_why_report(const Headers *headers, const char *author);

/* The ticket system that marks its mails so, for persons write by way of it: "a ticket system
 * (Zendesk)"; NULL, or static. */
const char *machine_mail_ticket_system(const Headers *headers);

/* Whether a rule of a mailbox has passed it on. */
bool machine_mail_is_passed_on(const Headers *headers);

/* Whether one of the `length` bytes' parts answers an invitation (RFC 6047). */
bool machine_mail_answers_invitation(const char *data, gsize length);

#endif
