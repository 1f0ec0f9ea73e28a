/* The quarantine: looking through it, having its mails read again, saying that there is nothing in
 * one. */
#ifndef ISSUER_SERVICE_QUARANTINE_H
#define ISSUER_SERVICE_QUARANTINE_H

#include "base/secret.h"
#include "db/instruction_store.h"
#include "db/message_query.h"
#include "db/quarantine_store.h"
#include "mail/again.h"
#include "service/context.h"
#include "service/intake_item.h"
#include "service/serials.h"

/* At most `most` mails that are in quarantine now, or (`all`) ever were; of QuarantineRow. `more`
 * is set if there are others. The caller owns the array. */
GPtrArray *quarantine_list(Context *context, bool all, unsigned most, bool *more, GError **error);

/* One mail that is or was there. `retries`: of QuarantineRetry, new array. ISSUER_ERROR_NOT_FOUND.
 * The caller owns both. */
MessageDetail *quarantine_show(Context *context, int64_t id, GPtrArray **retries, GError **error);

/* A person had a look at it, and there is nothing: it leaves the quarantine for that reason. As
 * quarantine_store_drop(). */
bool quarantine_drop(Context *context, const Secret *token, int64_t id, const char *reason,
                     GError **error);

/* Asks for the operator's token; ISSUER_ERROR_DENIED. The caller owns it. */
typedef Secret *(*QuarantineAsk)(GError **error);

/* Is called for each mail that was tried: `item` is what it was read as, NULL if it could not be
 * tried or processed: then `failure` says why. Its record is message `item->item.message_id`. */
typedef void (*QuarantineReport)(int64_t id, const IntakeItem *item, const GError *failure,
                                 gpointer data);

typedef struct {
    const char *config_path; /* or NULL */
    int64_t id;              /* of one message; 0: all that are in quarantine */
    QuarantineAsk ask;
} QuarantineRetryOrder;

typedef struct {
    unsigned left;  /* mails that were tried and are still in quarantine */
    bool elsewhere; /* the signing key is not on this machine: who has it has read them again */
} QuarantineRetried;

/* Reads mails of the quarantine again, by this program, and decides what is in them as of any mail
 * that is taken in: from the bytes on record, else from the file in which they stood. What can be
 * read leaves the quarantine, what cannot stays there; either way an instruction says who had it
 * tried. Where the signing key is not on this machine the instructions are filed for whoever has
 * it, and waited for: ISSUER_ERROR_UNAVAILABLE if they stay filed. False when going on is
 * impossible, or if the one message is none of the quarantine. */
bool quarantine_retry_run(const QuarantineRetryOrder *order, QuarantineReport report, gpointer data,
                          QuarantineRetried *retried, GError **error);

/* Reads one again by an order that was filed so and taken; `again` was forked before `context`,
 * which has a database and the signing key, was opened. ISSUER_ERROR_INPUT: its bytes are not to be
 * had here. Who has taken it ends it, or gives it back. */
bool quarantine_carry_out_taken(Context *context, Serials *serials, Again *again,
                                const InstructionTaken *taken, GError **error);

#endif
