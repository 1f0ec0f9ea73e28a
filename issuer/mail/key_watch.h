/* Watches for license keys in all that a mail holds, whoever sent it: the bytes of a mail that
 * shows one anywhere are not stored. Each text is looked at once, as a person would read it, and
 * what stands around the texts as it is written. */
#ifndef ISSUER_MAIL_KEY_WATCH_H
#define ISSUER_MAIL_KEY_WATCH_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    bool around; /* what stands around the texts, or in none of them, is looked at too */
    bool seen;   /* a license key was seen, and nothing more is looked at */
} KeyWatch;

/* Looks at a text in UTF-8 (invalid bytes are passed over). */
void key_watch_text(KeyWatch *watch, const char *text, gsize length);

/* Looks at `length` bytes of a mail that are no text of a part, as they are and with their RFC 2047
 * words decoded: headers, and what no part claims. */
void key_watch_around(KeyWatch *watch, const char *data, gsize length);

/* Looks at a mail whose parts are not known: at its lines as they are, and decoded as those that
 * are base64 or quoted-printable. Nothing but our own code sees it, for it may be made to kill. */
void key_watch_lines(KeyWatch *watch, const char *data, gsize length);

#endif
