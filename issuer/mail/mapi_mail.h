/* What Outlook kept of a mail, as a mail again (RFC 5322, RFC 2045), so that it is read as every
 * other one. */
#ifndef ISSUER_MAIL_MAPI_MAIL_H
#define ISSUER_MAIL_MAPI_MAIL_H

#include "mail/mapi.h"

/* The mail that `item` was: with the header fields that it came with, where Outlook kept them, and
 * with those that its properties tell of what they do not say; its text, HTML and rich text side by
 * side; its files, and the mails among them, as parts. `trouble` tells what of it could not be
 * read, a clause (static), or is NULL. The caller owns the result. */
GByteArray *mapi_mail_write(const MapiItem *item, const char **trouble);

#endif
