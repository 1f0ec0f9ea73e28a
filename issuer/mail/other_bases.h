/* Texts that somebody sent in an encoding that is not mail's own: base32 (RFC 4648 section 6),
 * Ascii85 (of PostScript, and of RFC 1924), and letters moved by half the alphabet (ROT13). */
#ifndef ISSUER_MAIL_OTHER_BASES_H
#define ISSUER_MAIL_OTHER_BASES_H

#include "mail/unpacked.h"

/* Whether lines of such an encoding stand in `text`, as many as a code needs. Looks at few of
 * its bytes. */
bool other_bases_are_in(const char *text, gsize length);

/* Adds what such lines hold if a code may begin in it. Linear in `length`. */
void other_bases_unpack(const char *text, gsize length, Unpacked *unpacked);

/* Whether the start of a code stands in `text` with its letters moved. */
bool other_bases_rot13_is_in(const char *text, gsize length);

/* Adds the text with its letters moved back. */
void other_bases_unpack_rot13(const char *text, gsize length, Unpacked *unpacked);

#endif
