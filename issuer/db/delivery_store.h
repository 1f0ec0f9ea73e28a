/* What becomes of replies on their way. Each change has its event in the same transaction, which is
 * the caller's. Errors of db/database.h. */
#ifndef ISSUER_DB_DELIVERY_STORE_H
#define ISSUER_DB_DELIVERY_STORE_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What is on record of a reply once it was looked at. */
typedef enum {
    REPLY_SENT,
    REPLY_WITHDRAWN,
    REPLY_UNDELIVERED, /* an alert rises with it */
    REPLY_QUEUED,      /* it waits for another attempt */
} ReplyEnd;

/* "sent", "withdrawn", "undelivered" or "queued": the state that the reply has on record. Static.
 */
const char *delivery_store_name(ReplyEnd end);

typedef struct {
    int64_t id;
    ReplyEnd end;      /* one of the first three */
    const char *why;   /* in our own words, without addresses; NULL: what stands there is kept */
    const char *error; /* what else is to be known of it, maybe foreign text; NULL: the same */
} ReplyEndRow;

/* Records what became of replies (of ReplyEndRow) that the caller's transaction has locked, at
 * `now` (seconds). */
bool delivery_store_end(Database *database, const GArray *rows, int64_t now, GError **error);

/* An attempt to send a reply. */
typedef struct {
    int64_t reply;
    int32_t number;
} ReplyAttempt;

/* Begins an attempt at a reply that the caller's transaction has locked: nobody else sends it for
 * `seconds`. */
bool delivery_store_begin(Database *database, int64_t reply, unsigned seconds, int64_t now,
                          ReplyAttempt *attempt, GError **error);

/* How an attempt ends. */
typedef enum {
    ATTEMPT_SENT,     /* taken by the mail server */
    ATTEMPT_REFUSED,  /* for good */
    ATTEMPT_DOUBTFUL, /* for good, and because of its recipient, who then is a doubtful contact */
    ATTEMPT_PUT_OFF,  /* not now */
    ATTEMPT_VOID,     /* it has not come as far as this reply: as if it had not been begun */
} AttemptEnd;

typedef struct {
    AttemptEnd end;
    const char *why;     /* where it is refused: in our own words, without addresses */
    const char *problem; /* what the mail server said, so maybe foreign text; NULL: nothing */
    unsigned days;       /* how long what is put off is tried since the first attempt */
    int64_t now;         /* seconds */
} AttemptResult;

/* What the record has of it then. */
typedef struct {
    bool over;     /* its time was over, and another attempt has the reply: nothing was changed */
    ReplyEnd end;  /* what is put off too often is undelivered */
    int64_t until; /* seconds; of one that waits: when it is due again */
} AttemptRecord;

bool delivery_store_finish(Database *database, const ReplyAttempt *attempt,
                           const AttemptResult *result, AttemptRecord *record, GError **error);

/* What is still to go out. */
typedef struct {
    uint64_t count;
    int64_t next; /* seconds; the next of them is due then; 0: now */
} ReplyWaiting;

bool delivery_store_waiting(Database *database, ReplyWaiting *waiting, GError **error);

#endif
