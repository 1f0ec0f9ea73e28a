/* Questions about mails, for people: what waits for a person, and one with all that became of it.
 */
#ifndef ISSUER_DB_MESSAGE_QUERY_H
#define ISSUER_DB_MESSAGE_QUERY_H

#include "core/reply.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    MESSAGES_WAITING, /* a person has to look: unrecognised, about a license, in quarantine, of an
                         open case, or with a reply that cannot go out by itself or came back; and
                         nobody has yet */
    MESSAGES_ALL,
} MessageChoice;

/* Texts are NULL, times (seconds) and numbers 0 where there are none. What retention has emptied is
 * NULL too. */
typedef struct {
    int64_t id;
    int64_t taken_in; /* when */
    char *class_name; /* "request", …, "quarantined" */
    char *from;
    char *subject;
    char *why;
    char *source;      /* FILE#N */
    bool waits;        /* for a person */
    ReadyAnswer ready; /* that is proposed; READY_NONE */
} MessageSummary;

typedef struct {
    int64_t id;
    char *recipient; /* NULL: nobody may be answered by mail */
    char *state;     /* "queued", "sent", "listed", "withdrawn", "undelivered" */
    char *why;
    ReadyAnswer ready;
    char *words; /* a person's own answer */
    int64_t queued_at;
    int64_t sent_at;
    uint32_t attempts;
    int64_t not_before; /* seconds; of one that waits: no attempt before; 0: at once */
    char *last_error;   /* what came of the last attempt: foreign text */
    GArray *decisions;  /* of int64_t: those that it tells of, in its order */
} MessageReply;

typedef struct {
    MessageSummary *summary;
    uint64_t offset; /* bytes into the source's file */
    uint64_t size;   /* bytes */
    bool has_raw;    /* its bytes are on record */
    int64_t sent_at; /* as its Date says */
    char *message_id;
    char *in_reply_to;
    char *reply_to;
    char *vouched;        /* "yes", "no"; NULL: no server that is trusted has said anything */
    char *authentication; /* by what: "mx.example.com: dmarc=pass" */
    char *body;           /* unquoted text for a person */
    int64_t emptied_at;
    int64_t handled_at;
    char *handled_how;
    bool quarantined; /* was once */
    char *quarantine_reason;
    int64_t quarantine_closed_at;
    char *quarantine_closed_how;
    GPtrArray *decisions; /* of DecisionRecord, in the order in which they were made */
    GPtrArray *replies;   /* of MessageReply, oldest first */
} MessageDetail;

/* Up to `most` mails of this choice: those that wait by their numbers, so earlier batches first;
 * all of them the other way round. Of MessageSummary, maybe none. The caller owns the array. */
GPtrArray *message_query_list(Database *db, MessageChoice choice, unsigned most, GError **error);

/* The mail number `id`. ISSUER_ERROR_NOT_FOUND. The caller owns it. */
MessageDetail *message_query_show(Database *db, int64_t id, GError **error);

void message_detail_free(MessageDetail *detail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MessageDetail, message_detail_free)

#endif
