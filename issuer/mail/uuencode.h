/* Files that old programs put into the text itself: uuencode (POSIX), in both of its forms. */
#ifndef ISSUER_MAIL_UUENCODE_H
#define ISSUER_MAIL_UUENCODE_H

#include "mail/unpacked.h"

/* Whether a file begins in `text`: a line "begin 644 NAME", quoted or not. */
bool uuencode_is_in(const char *text, gsize length);

/* Adds the files. Lines that were damaged are read as far as they go: blanks cut off their ends
 * count as zero bytes, what is no line of the file is passed over, and a missing end ends nothing.
 * Linear in `length`. */
void uuencode_unpack(const char *text, gsize length, Unpacked *unpacked);

/* Whether a file in yEnc begins in `text`: a line "=ybegin … name=NAME". */
bool uuencode_is_yenc_in(const char *text, gsize length);

/* Says that such a file is not read: its bytes are no text, and do not outlast being read as one.
 */
void uuencode_refuse_yenc(const char *text, gsize length, Unpacked *unpacked);

#endif
