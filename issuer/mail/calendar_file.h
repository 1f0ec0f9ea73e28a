/* Files within the text of a calendar (RFC 5545 section 3.8.1.1). */
#ifndef ISSUER_MAIL_CALENDAR_FILE_H
#define ISSUER_MAIL_CALENDAR_FILE_H

#include "mail/unpacked.h"

/* Whether a property of `text` has a value in base64. */
bool calendar_file_is_in(const char *text, gsize length);

/* Puts each such value, its folded lines joined, into `unpacked`. Linear in `length`. */
void calendar_file_unpack(const char *text, gsize length, Unpacked *unpacked);

#endif
