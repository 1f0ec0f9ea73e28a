/* Replies that are to go out, with all that they tell. */
#ifndef ISSUER_DB_REPLY_STORE_H
#define ISSUER_DB_REPLY_STORE_H

#include "core/reply.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Texts may be NULL; all belong to the queue. */
typedef struct {
    int64_t id;
    const char *recipient;
    ReadyAnswer ready;   /* for a mail without a usable code */
    const char *words;   /* a person's own answer to it, instead of the ready one */
    const char *tag;     /* of its Message-ID, see core/reply_id.h */
    int64_t queued_at;   /* seconds */
    const char *subject; /* of the message that it answers, as the next two */
    const char *message_id;
    const char *in_reply_to;
    bool others_mail;       /* the recipient is not who sent that message */
    const char *stranger;   /* a license of which the recipient is no contact now; NULL: none */
    bool cut_off;           /* an attempt to send it ended nobody knows how: it may have arrived */
    int64_t not_before;     /* seconds; it waits until then; 0: it does not wait */
    const char *last_error; /* what came of the last attempt: foreign text */
    GPtrArray *lines;       /* of ReplyLine *, in their order */
} QueuedReply;

typedef struct ReplyQueue ReplyQueue;

typedef struct {
    int64_t now;   /* seconds */
    bool early;    /* also those that wait for a later attempt */
    unsigned skip; /* leave out so many of the first */
    unsigned most;
} ReplyTake;

/* Replies that are due, those that wait longest first, locked for the caller's transaction; those
 * that another transaction has locked are left to it, and those that another attempt sends until
 * its time is over. What the lines tell is as it is on record after the locks. Errors of
 * db/database.h. The caller owns the result. */
ReplyQueue *reply_store_take(Database *database, const ReplyTake *take, GError **error);

/* The replies: of QueuedReply *. */
const GPtrArray *reply_queue_replies(const ReplyQueue *queue);

void reply_queue_free(ReplyQueue *queue);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReplyQueue, reply_queue_free)

#endif
