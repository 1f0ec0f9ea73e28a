/* What the parts of a mailbox on its way in (service/fetch_box.h) share: a file for its opening,
 * its reading and its settling each. */
#ifndef ISSUER_SERVICE_FETCH_BOX_INTERNAL_H
#define ISSUER_SERVICE_FETCH_BOX_INTERNAL_H

#include "db/mailbox_store.h"
#include "service/fetch_box.h"

#define NUMBER_BITS 32 /* of a mail's UID; the box's number stands above it */

struct FetchBox {
    Mailbox *set; /* NULL, as `imap`: it was born failed */
    char *called; /* its name in the settings */
    guint number;
    FetchManner manner;
    bool elsewhere; /* another reads it */
    int64_t id;     /* on record; 0: not yet */
    guint generation;
    GArray *positions; /* of MailboxPosition */
    GArray *unsettled; /* of MailboxMail, from earlier runs */
    char *note;
    FetchCounts counts;

    GMutex talking; /* guards all below */
    Imap *imap;
    ImapFolder folder;
    bool behind;       /* it counts below what is on record */
    gint64 opened_at;  /* monotonic, microseconds */
    bool open;         /* it is connected */
    bool looked;       /* in this run, for mails that came since the last one */
    bool started;      /* to be read */
    GError *failure;   /* once set, nothing is said to the server any more */
    uint32_t last;     /* the highest UID that was read */
    GArray *listed;    /* of uint32_t: to be described */
    GArray *described; /* of ImapMail: to be read */
    guint listed_at;
    guint described_at;
    GHashTable *ahead; /* UID → GBytes: read already, of those described before `ahead_end` */
    guint ahead_end;
    GBytes *bytes; /* of the mail at hand */
    char *name;
    char *trouble;
};

/* Ends the box: nothing is said to its server any more. Takes the error. The caller has `talking`.
 */
void fetch_box_fail(FetchBox *box, GError *cause);

/* Connects, opens the folders and finds out where reading goes on. The caller has `talking`. */
void fetch_box_open(FetchBox *box);

/* Settles what an earlier run has taken in and could not settle. */
bool fetch_box_settle_earlier(FetchBox *box, Database *database, GError **error);

#endif
