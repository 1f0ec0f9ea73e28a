/* What may be put on the wire as it is (RFC 5321): libcurl checks none of it. Pure. */
#ifndef ISSUER_DELIVERY_SMTP_WIRE_H
#define ISSUER_DELIVERY_SMTP_WIRE_H

#include <glib.h>
#include <stdbool.h>

/* Whether `address` (or NULL) can stand in an envelope: core/address.h says what one is.
 * ISSUER_ERROR_INPUT. */
bool smtp_wire_check_address(const char *address, GError **error);

/* Whether the `size` bytes at `mail` are lines of at most 998 bytes of ASCII, none NUL, that end
 * with CRLF (RFC 5321 §2.3.7, §4.5.3.1.6). ISSUER_ERROR_INPUT. */
bool smtp_wire_check_lines(const char *mail, gsize size, GError **error);

#endif
