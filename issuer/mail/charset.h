/* Text in any encoding into UTF-8. Labels in mail often lie, so the bytes have the first word. */
#ifndef ISSUER_MAIL_CHARSET_H
#define ISSUER_MAIL_CHARSET_H

#include <glib.h>

typedef struct {
    const char *text; /* UTF-8, not ended by a zero byte */
    gsize length;     /* bytes */
    GString *owned;   /* holds the text if it had to be converted; else NULL */
} CharsetText;

/* `length` bytes at `data`, called `label` by the mail (NULL: not called anything). Goes by: a byte
 * order mark; the pattern of UTF-16 and UTF-32; the label, where it names a 7-bit encoding with
 * escapes; whether it is valid UTF-8 as it stands; the label; windows-1252. Never fails: what
 * cannot be converted becomes U+FFFD. The result refers to `data` unless it was converted. */
CharsetText charset_read(const char *label, const char *data, gsize length);

/* UTF-32 by its mark, and UTF-16 and UTF-32 without one by their pattern near the beginning: text
 * of Latin letters has a zero in every second byte for the most part, or in three of four; pictures
 * and archives have not. The encoding's name (static), or NULL. */
const char *charset_wide(const char *data, gsize length);

/* Frees what the text owns. */
void charset_text_clear(CharsetText *text);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CharsetText, charset_text_clear)

#endif
