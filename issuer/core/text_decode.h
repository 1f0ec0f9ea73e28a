/* Encodings that a text still carries because some program on its way did not know that it had
 * them. Good enough to find codes, not to show a text. */
#ifndef ISSUER_CORE_TEXT_DECODE_H
#define ISSUER_CORE_TEXT_DECODE_H

#include <glib.h>
#include <stdbool.h>

/* Appends the text without tags and entities of HTML (tags that end a line become line breaks,
 * others nothing), then without quoted-printable's escapes and soft line breaks (RFC 2045 §6.7),
 * also such with blanks behind the "=". Escapes of letters and digits stay: no program makes them.
 * Greek and Cyrillic letters become the Latin ones that they look like (look_alike_fold()).
 * False if the text has nothing of the kind. Linear. */
bool text_decode(const char *text, gsize length, GString *out);

#endif
