/* Files whose text is written in a way that mails never are, all of it: in UTF-16 or UTF-32, as
 * Windows' programs save it, or with lines that end with carriage returns alone. Anything may be in
 * them that is read at all, so they are unpacked: into the same text in UTF-8, with line feeds. */
#ifndef ISSUER_MAIL_RECODED_H
#define ISSUER_MAIL_RECODED_H

#include <glib.h>
#include <stdbool.h>

/* Takes the next piece of the text; answers false if nothing more is wanted. */
typedef bool (*RecodedOut)(gpointer data, const char *piece, gsize length);

/* Whether a file that begins with `length` bytes at `data` is one. */
bool recoded_is_one(const char *data, gsize length);

/* Gives out the text of the file `fd`, piece by piece; false if it cannot be read to its end. */
bool recoded_read(int fd, RecodedOut out, gpointer data);

#endif
