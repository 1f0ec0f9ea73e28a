/* What the sender wrote anew in a reply. */
#ifndef ISSUER_MAIL_UNQUOTED_H
#define ISSUER_MAIL_UNQUOTED_H

#include <glib.h>

/* `length` bytes of UTF-8 without quoted lines ("> …", "| …"), the line that introduces them, and
 * all that follows a mark such as "-----Original Message-----", or the header of a mail of ours (of
 * one of `own`, NULL-terminated addresses) as some programs put it above the whole mail that is
 * answered; at most `most` bytes. Valid UTF-8 without zero bytes; the caller owns it. */
char *unquoted_text(const char *text, gsize length, gsize most, const char *const *own);

#endif
