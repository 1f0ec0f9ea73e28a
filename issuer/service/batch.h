/* The batch is the unit of work: a few mails, or one, decided and written in one transaction. What
 * a person decides about a held request, and a request that is decided again, go the same way. */
#ifndef ISSUER_SERVICE_BATCH_H
#define ISSUER_SERVICE_BATCH_H

#include "core/reply.h"
#include "service/context.h"
#include "service/matter.h"
#include "service/rehearsal.h"
#include "service/serials.h"

#include "db/intake_store.h"

/* One mail of the batch with its codes, deactivations first, else in the order of the mail. */
typedef struct {
    const ParsedMail *mail; /* NULL: a message that is on record already */
    const char *class_name; /* of a new message */
    const char *why;
    const char *sender; /* the mail's own account; NULL: none that could be answered */
    bool vouched;       /* a server that is trusted, or a person, vouches for the sender */
    bool tells_of_loss;
    const GArray *readings; /* of LicenseReading, of a mail without codes that tells of a loss;
                               NULL: it opens no case */
    ReadyAnswer ready;      /* proposed for a mail without a usable code */
    GPtrArray *matters;     /* of Matter *, owned by the caller */
    int64_t message_id;     /* filled for a new message */
    bool known;             /* filled: the same mail was on record before */
    int64_t lost_of;        /* filled: the license of which it reports a lost server; 0: of none */
    int64_t
        case_number; /* filled: the case that it has opened, else the first that it belongs to; 0 */
} BatchItem;

typedef struct Batch Batch;

/* An empty batch. `context` has a database, and a signer unless `dry_run`; a dry run decides all
 * and writes nothing. `now` in seconds. The caller owns it; it borrows everything. */
Batch *batch_new(Context *context, Serials *serials, int64_t now, bool dry_run);

/* Adds an item, in the order of the source. */
void batch_add(Batch *batch, BatchItem *item);

/* The class under which a message is recorded: one that belongs to a case is about a license. */
const char *batch_item_class(const BatchItem *item);

/* Judges what was decided before anything is signed and written; false with an error takes all of
 * it back. Called within the transaction, of a dry run too; once more where the batch is run again.
 */
typedef bool (*BatchCheck)(const Batch *batch, gpointer data, GError **error);

void batch_set_check(Batch *batch, BatchCheck check, gpointer data);

/* Writes more about the items (of BatchItem *) that were done, once all else is written and within
 * the same transaction; false with an error takes all of it back. Not called in a dry run. */
typedef bool (*BatchRecord)(Database *database, const GPtrArray *items, gpointer data,
                            GError **error);

void batch_set_record(Batch *batch, BatchRecord record, gpointer data);

/* The batch carries out this instruction: it is marked as done in the same transaction. Fails with
 * ISSUER_ERROR_STALE if it has ended meanwhile. */
void batch_set_instruction(Batch *batch, int64_t instruction);

/* Decides and writes the items in one transaction and fills them; where another writer was first,
 * reads and decides again. It ends after a mail that gave uses back, for what waits for these is
 * decided before the next mail, and before one that may name a case that it opens: batch_done()
 * tells how many items it did. On an error nothing is written and the items are as they were:
 * ISSUER_ERROR_CONFLICT means that others were first again and again, _UNAVAILABLE that the
 * database is out of reach, anything else that one of the items cannot be done. */
bool batch_run(Batch *batch, GError **error);

/* Has batch_run() take back all that it has done: for finding out whether it can be done. */
void batch_set_trial(Batch *batch);

/* What earlier batches of the same dry run have decided, which this one then knows and adds to. */
void batch_set_rehearsal(Batch *batch, Rehearsal *rehearsal);

/* Counts one more that waits for a use of the license, though it is none of the items. */
void batch_count_rival(Batch *batch, int64_t license_id);

/* How many of the items the last batch_run() did, from the first one on; the others are as they
 * were. */
guint batch_done(const Batch *batch);

/* The license of a decided matter, with its entitlement; NULL if none could be told. Owned by the
 * batch. */
const LicenseRecord *batch_license(const Batch *batch, const Matter *matter);

/* The licenses (of int64_t) to which the batch gave back uses or server places: their refused and
 * held requests may be decided otherwise now (service/redecide.h). Owned by the batch. */
const GArray *batch_given_back(const Batch *batch);

/* The usage license that is made for a matter, in a dry run too; NULL unless one is issued. Owned
 * by the batch. */
const UsageLicense *batch_issued(const Batch *batch, const Matter *matter);

void batch_free(Batch *batch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Batch, batch_free)

#endif
