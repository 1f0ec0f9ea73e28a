/* Outlook's ways of packing, as kinds of packed parts (packed.h): rich text, winmail.dat, mails
 * saved as files. */
#ifndef ISSUER_MAIL_PACKED_OUTLOOK_H
#define ISSUER_MAIL_PACKED_OUTLOOK_H

#include "mail/unpacked.h"

/* Adds the text of rich text. It ranks with HTML: a mail's plain text is shown before it. */
void packed_outlook_unpack_rtf(const char *data, gsize length, Unpacked *unpacked);

/* Adds what a winmail.dat holds, as a mail. */
void packed_outlook_unpack_tnef(const char *data, gsize length, Unpacked *unpacked);

/* Adds the mail of a .msg file. */
void packed_outlook_unpack_msg(const char *data, gsize length, Unpacked *unpacked);

#endif
