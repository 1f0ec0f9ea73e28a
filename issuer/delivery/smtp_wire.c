#include "delivery/smtp_wire.h"

#include "base/error.h"
#include "base/text.h"
#include "core/address.h"

#include <string.h>

#define LINE_MOST 998 /* octets without CRLF (RFC 5322 §2.1.1) */

/* libcurl puts an envelope's addresses on the wire as they are: one with a line break would be a
 * command of its own. */
bool smtp_wire_check_address(const char *address, GError **error)
{
    if (address != NULL && address_is_valid(address)) {
        return true;
    }
    g_autofree char *shown = text_one_line(address != NULL ? address : "", ADDRESS_MAX);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "\"%s\" is no address that mail can go to",
                shown);
    return false;
}

/* How many bytes the line at `mail` has without its CRLF, of at most `size`; -1: it does not end
 * with one. libcurl does not make CRLF of a bare LF, and servers differ in what they make of one.
 */
static gssize line_length(const char *mail, gsize size)
{
    const char *end = memchr(mail, '\r', size);
    if (end == NULL || end + 1 == mail + size || end[1] != '\n' ||
        memchr(mail, '\n', (gsize)(end - mail)) != NULL) {
        return -1;
    }
    return end - mail;
}

static const char *wrong_line(const char *mail, gsize size)
{
    for (gsize at = 0; at < size;) {
        const gssize length = line_length(mail + at, size - at);
        if (length < 0) {
            return "does not end with CRLF";
        }
        if (length > LINE_MOST) {
            return "is longer than 998 bytes";
        }
        for (gssize i = 0; i < length; i++) {
            /* Nobody asks whether the server takes eight bits. */
            if (mail[at + (gsize)i] == '\0' || (mail[at + (gsize)i] & 0x80) != 0) {
                return "has a byte that is no ASCII";
            }
        }
        at += (gsize)length + 2;
    }
    return NULL;
}

bool smtp_wire_check_lines(const char *mail, gsize size, GError **error)
{
    const char *wrong = wrong_line(mail, size);
    if (wrong != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "a line of the mail %s", wrong);
    }
    return wrong == NULL;
}
