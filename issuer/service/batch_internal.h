/* The parts of batch_run(): a file each, on what batch_state.h holds. */
#ifndef ISSUER_SERVICE_BATCH_INTERNAL_H
#define ISSUER_SERVICE_BATCH_INTERNAL_H

#include "service/batch_state.h"

/* Stores the messages, locks, and reads all that decisions look at. */
bool batch_load(Batch *batch, GError **error);

/* The cases that the mails name; before they are stored. */
bool batch_find_cases(Batch *batch, GError **error);

/* Whether an item, all before it being decided, names what may be a case of theirs: which number
 * that has is known once they are on record. */
bool batch_waits_for_case(const Batch *batch, guint at);

/* What is noted of a mail: its own `why`, and the cases that it names. New string, or NULL. */
char *batch_case_note(const Batch *batch, const BatchItem *item);

/* Writes which mails joined which cases, what came back, what persons asked and have looked at. */
bool batch_write_cases(Batch *batch, const BatchStamp *stamp, GError **error);

/* What the rules look at for a usage request; `of_license` is filled if its license is known. */
void batch_request_facts(Batch *batch, const BatchItem *item, const Matter *matter,
                         RequestFacts *facts, LicenseFacts *of_license);

/* The facts as they are kept with the decision, with those of the license's record (NULL: unknown)
 * whose change decides it again (db/waiting_store.h). New string. */
char *batch_facts_json(const RequestFacts *facts, const LicenseRecord *record);

/* Marks those that wait, each a new server, for fewer uses than they are: of those decided again
 * together, and of those on record that a person is to choose from. */
void batch_mark_contested(Batch *batch);

/* Whether a request that came by mail would take a use that others wait for, of whom a person is to
 * choose; `facts` are all but complete. */
bool batch_would_overtake(const Batch *batch, const RequestFacts *facts);

/* Keeps batch->choosing as the decision of a recorded request leaves it. */
void batch_note_choosing(Batch *batch, const Matter *matter);

/* Queues what contacts are told of an issued usage license. */
void batch_notice_issued(Batch *batch, const BatchItem *item, const Matter *matter);

/* Mails that tell of a lost server (batch_losses.c), in this order: which licenses on record they
 * may name; that their senders be looked for among the contacts; of which license each reports a
 * loss, where that is clear and its sender is a contact; the cases opened. */
bool batch_losses_find(Batch *batch, GError **error);
void batch_losses_add_checks(const Batch *batch, const BatchItem *item, GArray *checks);
void batch_losses_choose(Batch *batch);
bool batch_losses_open(Batch *batch, GError **error);

/* The activations of an instance whose use counts: ids. New array. */
GArray *batch_counted_uses(const Batch *batch, const Digest *thumbprint);

/* Queues what contacts are told of uses given back: those of `counted`, from batch_counted_uses()
 * before, that count no more. */
void batch_notice_given_back(Batch *batch, const BatchItem *item, const Matter *matter,
                             const GArray *counted);

/* Issues a usage license as it was decided, and applies that to the ledger. */
void batch_issue(Batch *batch, const BatchItem *item, Matter *matter, const RequestFacts *facts);

/* Decides whether an emergency usage license is issued for a request on record, and issues it. */
bool batch_decide_emergency(Batch *batch, Matter *matter, const RequestFacts *facts,
                            GError **error);

/* Decides one deactivation and applies it. */
void batch_decide_deactivation(Batch *batch, const BatchItem *item, Matter *matter);

/* Decides all matters in order and collects what is to be written. False without an error: the
 * batch must end before its last item (batch->cut). */
bool batch_decide(Batch *batch, GError **error);

/* Whether there is a key now that may sign at the batch's time. */
bool batch_sign_prepare(Batch *batch, GError **error);

/* Begins to sign what was issued, beside what the caller does meanwhile. */
void batch_sign_begin(Batch *batch);

/* Takes part until all is signed and verified. */
bool batch_sign_finish(Batch *batch, GError **error);

/* Ends the signing where it stands, if it is under way: the caller's batch has failed. False with
 * the error of one that could not be signed. */
bool batch_sign_end(Batch *batch, GError **error);

/* Writes it all, in the fixed order; what is signed meanwhile, once it is. */
bool batch_write(Batch *batch, GError **error);

/* How many answers went to whom the replies of this batch would go (batch_limits.c), counted under
 * locks that last as long as the transaction; to be called before batch_replies(). */
bool batch_limits_load(Batch *batch, GError **error);

/* Counts the reply, or has it listed for a person where its contact entry had as many as it may,
 * with an alert. */
void batch_limits_apply(Batch *batch, const BatchItem *item, ReplyRow *row);

/* The replies for the items: who is answered with which decisions. Array of ReplyRow. */
GArray *batch_replies(Batch *batch, GError **error);

#endif
