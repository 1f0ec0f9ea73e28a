/* Splits an mbox file into its messages, streaming: mboxo, mboxrd, mboxcl, mboxcl2, any line ends
 * (RFC 4155 and the formats that came before it). */
#ifndef ISSUER_MAIL_MBOX_H
#define ISSUER_MAIL_MBOX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A mail up to this many bytes is handed out in memory; a longer one by its place alone. */
#define MBOX_WINDOW (1024UL * 1024)

typedef struct {
    uint64_t offset;   /* of the first header line, bytes into the file */
    uint64_t size;     /* bytes, without the empty line that ends an mbox message */
    const char *bytes; /* the message as it stands in the file, valid until the next call; NULL if
                          it is longer than MBOX_WINDOW */
} MboxMessage;

typedef struct Mbox Mbox;

/* A splitter over `fd`, which must be a regular file, stay open, and stays the caller's. */
Mbox *mbox_new(int fd);

/* The next message. False at the end, or with an error if the file cannot be read further. */
bool mbox_next(Mbox *mbox, MboxMessage *message, GError **error);

/* Whether a separator line begins at `data`: "From ", something, and a date at its end, followed by
 * a header line. `length` bytes are there to look at. */
bool mbox_is_separator(const char *data, gsize length);

/* Undoes the quoting of lines that begin with "From " in place: ">From " becomes "From ",
 * ">>From " becomes ">From ". Returns the new length in bytes. */
gsize mbox_unquote(char *data, gsize length);

void mbox_free(Mbox *mbox);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mbox, mbox_free)

#endif
