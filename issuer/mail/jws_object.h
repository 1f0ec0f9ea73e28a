/* JWS that a program wrote as JSON objects instead of in a line (RFC 7515 section 7.2): flattened,
 * or general with a list of signatures. */
#ifndef ISSUER_MAIL_JWS_OBJECT_H
#define ISSUER_MAIL_JWS_OBJECT_H

#include "mail/unpacked.h"

/* Whether members of such an object stand in `text`. */
bool jws_object_is_in(const char *text, gsize length);

/* Adds a text with the compact form of each, a line each: a part that is missing is missing there
 * too. Read is what stands between the names' own braces, so that quoted, wrapped, escaped or
 * damaged JSON is read as well; an unprotected header, which nobody has signed, is left out.
 * At most 65 of them; linear in `length`. */
void jws_object_unpack(const char *text, gsize length, Unpacked *unpacked);

#endif
