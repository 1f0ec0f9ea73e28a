/* Files of text in UTF-16 and UTF-32, piece by piece into UTF-8. */
#ifndef ISSUER_MAIL_WIDE_TEXT_H
#define ISSUER_MAIL_WIDE_TEXT_H

#include <glib.h>
#include <stdbool.h>

/* A file that is being read. */
typedef struct {
    gsize unit;    /* bytes: 2 or 4; 0: it is no such text */
    bool little;   /* the lower bytes come first */
    guint8 got[4]; /* of a unit whose other bytes are still to come, */
    gsize count;   /* so many */
    gunichar high; /* the first half of a pair, or 0 */
} WideText;

/* For a file that begins with `length` bytes at `head`: by its mark, or by its pattern. */
WideText wide_text_for(const char *head, gsize length);

/* Appends the file's next piece in UTF-8; what is no such text, as it stands. */
void wide_text_decode(WideText *wide, const char *piece, gsize length, GByteArray *out);

#endif
