/* Texts with a PGP signature in clear (RFC 4880 §7). Nothing is verified. */
#ifndef ISSUER_MAIL_CLEAR_SIGNED_H
#define ISSUER_MAIL_CLEAR_SIGNED_H

#include <glib.h>

/* The text in which a signed one stands, quoted or not, with the escapes ("- " before lines that
 * begin with a dash) undone; NULL: there are none. The caller owns it. Linear in `length`. */
GString *clear_signed_read(const char *text, gsize length);

#endif
