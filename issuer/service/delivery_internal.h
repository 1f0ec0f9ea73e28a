/* What the files of a delivery run share. */
#ifndef ISSUER_SERVICE_DELIVERY_INTERNAL_H
#define ISSUER_SERVICE_DELIVERY_INTERNAL_H

#include "db/delivery_store.h"
#include "db/reply_store.h"
#include "service/delivery_run.h"
#include "service/mailer.h"

struct Delivery {
    Context *context;
    char *folder;       /* NULL: by the mail server */
    bool folder_is_set; /* it is reply-folder, not one that was named for this run */
    Mailer *mailer;     /* NULL: into the folder */
    bool dry_run;
    bool (*stops)(gpointer data); /* or NULL */
    gpointer stops_data;
    char *from;   /* our mailbox */
    char *domain; /* of our message ids */
    /* of the call that runs */
    DeliveryReport report;
    gpointer data;
    DeliveryTotals *totals;
};

/* One reply on its way. */
typedef struct {
    const QueuedReply *reply;
    char *subject;
    GBytes *mail; /* NULL where `end` is none of being sent */
    ReplyEnd end; /* what becomes of it, REPLY_SENT until something else is known */
    char *why;    /* in our own words; NULL: nothing to be said */
    char *error;  /* what else is to be known; may be foreign text */
    char *file;   /* where it was written; NULL: nowhere */
    int64_t until;
} Outgoing;

/* What is done with one reply besides talking to a server takes so many seconds at most. */
#define DELIVERY_MARGIN 60

/* Whether no further reply is to be taken. */
bool delivery_stops(const Delivery *delivery);

/* Opens a transaction and takes replies within it; NULL: there is none. The caller ends it, and
 * owns the result. */
ReplyQueue *delivery_outgoing_take(const Delivery *delivery, const ReplyTake *what, GError **error);

/* Composes the mail of a reply, or tells why it does not go out. `reply` must last as long. The
 * caller owns the result. */
Outgoing *delivery_outgoing_new(const Delivery *delivery, const QueuedReply *reply);
void delivery_outgoing_free(Outgoing *outgoing);

/* Its name in a folder, without ending; new string. And notes its place in the folder of replies.
 */
char *delivery_outgoing_name(const Outgoing *outgoing);
void delivery_outgoing_place(const Delivery *delivery, Outgoing *outgoing);

/* The row that says what has become of it; for as long as `outgoing` lasts and is not changed. */
ReplyEndRow delivery_outgoing_row(const Outgoing *outgoing);

/* Counts it and tells the caller of the run. */
void delivery_outgoing_tell(const Delivery *delivery, const Outgoing *outgoing);

/* The two ways: what is due now, as delivery_run() says, but for what is left. */
bool delivery_folder_run(const Delivery *delivery, GError **error);

/* Whether mails can be written into the folder; by a file that is gone again. Errors as
 * outbox_check(). */
bool delivery_folder_check(const Delivery *delivery, GError **error);
bool delivery_post_run(const Delivery *delivery, GError **error);

/* Tells what would become of all that is queued. */
bool delivery_rehearsal_run(const Delivery *delivery, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outgoing, delivery_outgoing_free)

#endif
