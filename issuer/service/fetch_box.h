/* One mailbox on its way in: opened, read mail by mail on one thread, and told what became of its
 * mails on another. What goes wrong with it ends it, and no other one. */
#ifndef ISSUER_SERVICE_FETCH_BOX_H
#define ISSUER_SERVICE_FETCH_BOX_H

#include "db/database.h"
#include "mail/mail_reader.h"
#include "service/intake_item.h"
#include "service/mailbox_settings.h"

typedef struct FetchBox FetchBox;

typedef struct {
    guint64 read;    /* mails that were taken in, or would be */
    guint64 settled; /* marked or moved, those of an earlier run too */
    guint64 kept;    /* in quarantine: flagged, not marked as read, in their place */
    guint64 gone;    /* were taken away by others before they were read */
} FetchCounts;

/* Who reads it. */
typedef enum {
    FETCH_ONCE,    /* a run of its own, to the end of the mailbox */
    FETCH_DRY,     /* the same, but nothing is put on record or changed there */
    FETCH_FOLLOWS, /* run after run over one connection, each to the mails that are there */
} FetchManner;

/* A mailbox that nothing is known of yet, with the process that will speak to it: see imap_new().
 * Takes over `set`; `number` (from 1) is this box's among all of the run. The caller owns it. */
FetchBox *fetch_box_new(Mailbox *set, guint number, GError **error);

/* The mailbox `name`, of which nothing can be read: `problem` (copied) says why. The caller owns
 * it. */
FetchBox *fetch_box_new_failed(const char *name, const GError *problem);

/* Finds out how far it was read, opens it unless it is open, and settles there what an earlier run
 * could not. Where it cannot be opened that is noted, as by all below: false is for the database
 * alone. One that another connection to the database reads stays closed (fetch_box_is_elsewhere()),
 * and has no mails for this run. */
bool fetch_box_begin(FetchBox *box, Database *database, FetchManner manner, GError **error);
bool fetch_box_is_elsewhere(const FetchBox *box);

/* Its next mail; false at the end, or when it has failed. What `mail` points to is valid until the
 * next call. */
bool fetch_box_next(FetchBox *box, FedMail *mail);

/* Puts on record which of its mails `items` (of BatchItem *) are, within the transaction that
 * stores them. */
bool fetch_box_record(const FetchBox *box, Database *database, const GPtrArray *items,
                      GError **error);

/* Marks or moves there those mails of `items` (of IntakeItem *) that are its own, now that they are
 * on record. */
bool fetch_box_settle(FetchBox *box, Database *database, const GPtrArray *items, GError **error);

/* Its name in the settings, its HOST/FOLDER (NULL: it was born failed), what was done, what a
 * person should know (or NULL), and why it failed (or NULL), all owned by the box; to be called
 * when nobody reads any more. */
const char *fetch_box_name(const FetchBox *box);
const char *fetch_box_place(const FetchBox *box);
const FetchCounts *fetch_box_counts(const FetchBox *box);
const char *fetch_box_note(const FetchBox *box);
const GError *fetch_box_failure(const FetchBox *box);

/* Of one that is followed, between two runs, on the thread that decides. */

/* The connection to its server: for waiting for new mail, as imap_wait_begin() says. NULL where
 * none is open. */
Imap *fetch_box_connection(const FetchBox *box);

/* What broke the connection is noted as what ended it. Takes over `cause`. */
void fetch_box_break(FetchBox *box, GError *cause);

/* Lets it begin once more after it has failed, over a new connection and with the password that is
 * there by then. Errors of mailbox_read_secret(); ISSUER_ERROR_FAILED where the process that speaks
 * to the server has ended. */
bool fetch_box_recover(FetchBox *box, GError **error);

/* Whether it has failed because its server refuses the login. */
bool fetch_box_is_refused(const FetchBox *box);

/* As imap_set_patience(). */
void fetch_box_set_patience(FetchBox *box, ImapPatience patience, gpointer data);

void fetch_box_free(FetchBox *box);

#endif
