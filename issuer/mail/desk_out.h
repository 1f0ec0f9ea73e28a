/* Where the mails of a help desk's export, or of an old mailbox, go, one after another, as they are
 * read from it. */
#ifndef ISSUER_MAIL_DESK_OUT_H
#define ISSUER_MAIL_DESK_OUT_H

#include "mail/desk_mail.h"

#include <glib.h>
#include <stdbool.h>

#define DESK_MOST (40UL * 1024 * 1024) /* bytes of one row or ticket */

typedef struct {
    const GByteArray *bytes;
    bool ours;    /* the desk's own people or programs wrote it */
    bool partial; /* files that came with it are not in the export */
    bool in_mbox; /* its lines may be quoted, and its fields tell its state, as in an mbox */
    bool deleted; /* marked so */
} DeskMail;

/* Both take `data`, and answer false if nothing more is wanted. `why` goes on "FILE …". */
typedef struct {
    gpointer data;
    bool (*mail)(gpointer data, const DeskMail *mail);
    bool (*trouble)(gpointer data, const char *why);
} DeskOut;

/* Makes the row's mail and gives it out; `files` as in desk_mail_make(), `partial` as above. */
bool desk_out_row(const DeskOut *out, const DeskRow *row, const GPtrArray *files, bool partial);

#endif
