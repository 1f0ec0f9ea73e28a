/* Tells by their content, never by their names, what files and parts are. */
#ifndef ISSUER_MAIL_SNIFF_H
#define ISSUER_MAIL_SNIFF_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    SNIFF_MBOX,
    SNIFF_MESSAGE, /* begins with header fields, whatever bytes follow them */
    SNIFF_EMPTY,
    SNIFF_TEXT, /* text, but no mail */
    SNIFF_BINARY,
} SniffKind;

#define SNIFF_SIZE 4096 /* bytes of the beginning that are enough to tell */

/* What a file is that begins with `length` bytes at `data`. */
SniffKind sniff_file(const char *data, gsize length);

/* What the beginning looks like, in words for a person ("a gzip file"); NULL if it is text, RTF
 * included. Static. */
const char *sniff_name(const char *data, gsize length);

/* The same, only for what begins with a file type's own mark; NULL for all other content. */
const char *sniff_magic(const char *data, gsize length);

/* Whether decoded content may be text in some encoding; false for images, archives and the
 * like. */
bool sniff_is_text(const char *data, gsize length);

#endif
