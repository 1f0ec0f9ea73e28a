/* Replies that are queued, and what became of them. */
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
    bool others_mail;     /* the recipient is not who sent that message */
    const char *stranger; /* a license of which the recipient is no contact now; NULL: none */
    GPtrArray *lines;     /* of ReplyLine *, in their order */
} QueuedReply;

typedef struct ReplyQueue ReplyQueue;

/* Up to `most` queued replies with ids above `after`, locked for the caller's transaction; those
 * that another transaction has locked are left to it. What the lines tell is as it is on record
 * after the locks. Errors of db/database.h. The caller owns the result. */
ReplyQueue *reply_store_take(Database *database, int64_t after, unsigned most, GError **error);

/* The replies: of QueuedReply *. */
const GPtrArray *reply_queue_replies(const ReplyQueue *queue);

void reply_queue_free(ReplyQueue *queue);

typedef enum {
    REPLY_SENT,
    REPLY_WITHDRAWN,
    REPLY_UNDELIVERED,
} ReplyEnd;

typedef struct {
    int64_t id;
    ReplyEnd end;
    const char *why; /* NULL: what stands there is kept */
} ReplyEndRow;

/* "sent", "withdrawn" or "undelivered": the state that the reply has on record. Static. */
const char *reply_end_name(ReplyEnd end);

/* Records what became of replies (of ReplyEndRow) at `now` (seconds), with an event each. */
bool reply_store_end(Database *database, const GArray *rows, int64_t now, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReplyQueue, reply_queue_free)

#endif
