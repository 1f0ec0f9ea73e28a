/* Mails that Outlook has saved as files of their own (.msg): MS-OXMSG within a compound file
 * (MS-CFB). */
#ifndef ISSUER_MAIL_OUTLOOK_MSG_H
#define ISSUER_MAIL_OUTLOOK_MSG_H

#include <glib.h>
#include <stdbool.h>

/* Whether this begins as a compound file does; Office's documents do so too. */
bool outlook_msg_begins(const char *data, gsize length);

/* The mail that the .msg file of `length` bytes at `data` holds, as other programs write mails
 * (mapi_mail_write()). `trouble` tells what keeps it from being read, or from being read in full: a
 * clause such as "it is damaged" (static); else it is NULL. NULL if there is no mail. The caller
 * owns the result. */
GByteArray *outlook_msg_mail(const char *data, gsize length, const char **trouble);

#endif
