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

/* The ends of an attempt. One whose time is over and whose reply another has taken changes nothing.
 */

bool delivery_store_sent(Database *database, const ReplyAttempt *attempt, int64_t now,
                         GError **error);

/* Refused for good; `doubtful`: because of its recipient, who then counts as a doubtful contact. */
bool delivery_store_refused(Database *database, const ReplyAttempt *attempt, const ReplyEndRow *row,
                            bool doubtful, int64_t now, GError **error);

typedef struct {
    const char *problem; /* why not now; may be foreign text */
    unsigned days;       /* how long it is tried since the first attempt */
    int64_t now;         /* seconds */
} ReplyPause;

/* Not now. Gives in `until` (seconds) when it is due again; 0: it was tried long enough and is
 * undelivered. */
bool delivery_store_defer(Database *database, const ReplyAttempt *attempt, const ReplyPause *pause,
                          int64_t *until, GError **error);

/* As if it had not been begun. */
bool delivery_store_release(Database *database, const ReplyAttempt *attempt, int64_t now,
                            GError **error);

/* What is still to go out. */
typedef struct {
    uint64_t count;
    int64_t next; /* seconds; the next of them is due then; 0: now */
} ReplyWaiting;

bool delivery_store_waiting(Database *database, ReplyWaiting *waiting, GError **error);

#endif
