/* Splits an mbox file into its messages, streaming: mboxo, mboxrd, mboxcl, mboxcl2, any line ends
 * (RFC 4155 and the formats that came before it). Two mails taken for one would give the second
 * one's request the first one's sender; so where a mail's start is lost, none is begun. */
#ifndef ISSUER_MAIL_MBOX_H
#define ISSUER_MAIL_MBOX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A mail up to this many bytes is handed out in memory; a longer one by its place alone. */
#define MBOX_WINDOW (1024UL * 1024)

/* Bytes from the start of a separator on that are looked at to tell that it is one. */
#define MBOX_LOOK 4096

typedef struct {
    uint64_t offset;   /* of the first header line, bytes into the file */
    uint64_t size;     /* bytes, without the empty line that ends an mbox message */
    const char *bytes; /* the message as it stands in the file, valid until the next call; NULL if
                          it is longer than MBOX_WINDOW */
    bool torn;         /* no message: no separator stands before it, but the file's start or a hole
                          of NUL bytes, in which the start of a mail, or all of several, was lost */
} MboxMessage;

typedef struct Mbox Mbox;

/* A splitter over `fd`, which must be a regular file, stay open, and stays the caller's. Where the
 * file does not begin with a separator, the first piece ends at one; where it `begins_as_mail`,
 * only at one that stands apart. */
Mbox *mbox_new(int fd, bool begins_as_mail);

/* The next message or torn piece. False at the end, or with an error (read_failure_text()) if the
 * file cannot be read further; what reaches to there is not given. */
bool mbox_next(Mbox *mbox, MboxMessage *message, GError **error);

/* Whether nothing follows what mbox_next() gave last. */
bool mbox_ended(const Mbox *mbox);

/* The bytes of the separator line that begins at `data`, with its end; 0: none begins there. One is
 * "From ", something, and a date at its end, followed by a header line. One that stands `apart`,
 * behind an empty line or at the file's start, needs no date if the header lines that follow leave
 * no doubt: at least two, one of them such as every mail has; and with a date its header may begin
 * with damaged lines, if one such line comes before the first empty one. It may end with a carriage
 * return alone, as may the mail behind it. `length` bytes are there, of which MBOX_LOOK suffice. */
gsize mbox_separator_size(const char *data, gsize length, bool apart);

/* How far it has read, in bytes into the file: at its end, all that there is. */
uint64_t mbox_seen(const Mbox *mbox);

/* Undoes the quoting of lines that begin with "From " in place: ">From " becomes "From ",
 * ">>From " becomes ">From ". Returns the new length in bytes. */
gsize mbox_unquote(char *data, gsize length);

void mbox_free(Mbox *mbox);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mbox, mbox_free)

#endif
