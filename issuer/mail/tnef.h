/* What Outlook puts into winmail.dat (MS-OXTNEF). */
#ifndef ISSUER_MAIL_TNEF_H
#define ISSUER_MAIL_TNEF_H

#include <glib.h>
#include <stdbool.h>

/* Whether this begins as a TNEF stream does. */
bool tnef_begins(const char *data, gsize length);

/* What the stream of `length` bytes at `data` holds, as a mail (mapi_mail_write()): its text in all
 * its forms, its files, the mails among them. What is damaged is read as far as it goes; `trouble`
 * then says what is wrong with it, a clause (static), else it is NULL. NULL if it is no TNEF. The
 * caller owns the result. */
GByteArray *tnef_mail(const char *data, gsize length, const char **trouble);

#endif
