#include "service/batch_internal.h"

#include "base/error.h"

#define CONFLICT_TRIES                                                                             \
    5 /* how often a batch is run before another writer's precedence is an error */

/* An upper bound of the usage licenses that may be issued, before the batch is loaded. */
static uint32_t count_requests(const Batch *batch)
{
    uint32_t count = 0;
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        for (guint j = 0; j < item->matters->len; j++) {
            const Matter *matter = g_ptr_array_index(item->matters, j);
            count += matter->kind == ARMOR_USAGE_REQUEST && matter->problem == NULL;
        }
    }
    return count;
}

/* A matter that stood in a batch which failed is decided anew. */
static void forget_decisions(Batch *batch)
{
    for (guint i = 0; i < batch->items->len; i++) {
        BatchItem *item = g_ptr_array_index(batch->items, i);
        item->known = false;
        item->lost_of = item->case_number = 0;
        if (item->mail != NULL) {
            item->message_id = 0;
        }
        for (guint j = 0; j < item->matters->len; j++) {
            Matter *matter = g_ptr_array_index(item->matters, j);
            matter->decided = matter->known = matter->waited = matter->stays = false;
            g_clear_pointer(&matter->facts, g_free);
            matter->decision_id = matter->deactivation_id = matter->license_id = 0;
            matter->serial = 0;
            matter->heard = false;
            matter->given_back = 0;
            if (item->mail != NULL) {
                matter->request_id = 0;
            }
        }
    }
}

static bool passes_check(const Batch *batch, GError **error)
{
    return batch->check == NULL || batch->check(batch, batch->check_data, error);
}

static bool record_more(const Batch *batch, GError **error)
{
    return batch->record == NULL ||
           batch->record(batch->context->database, batch->items, batch->record_data, error);
}

/* In a dry run nothing has a number that anybody could look for. */
static void forget_serials(const Batch *batch)
{
    for (guint i = 0; i < batch->jobs->len; i++) {
        const SignJob *job = g_ptr_array_index(batch->jobs, i);
        job->matter->serial = 0;
    }
    for (guint i = 0; i < batch->decided->len; i++) { // those that would be sent once more
        Matter *matter = g_ptr_array_index(batch->decided, i);
        const Activation *activation = ledger_find(batch->ledger, matter->serial);
        if (activation != NULL && !activation->stored) {
            matter->serial = 0;
        }
    }
}

/* False without an error: the batch must end earlier, or numbers are lacking, which can only be
 * drawn outside the transaction. */
static bool run_in_transaction(Batch *batch, GError **error)
{
    if (!batch_load(batch, error)) {
        return false;
    }
    if (!batch_decide(batch, error) || batch->lacks_serials || !passes_check(batch, error)) {
        return false;
    }
    if (batch->dry_run) {
        rehearsal_keep(batch);
        forget_serials(batch);
        return true;
    }
    if (batch->jobs->len > 0 && !batch_sign_prepare(batch, error)) {
        return false;
    }
    batch_sign_begin(batch);
    const bool written = batch_write(batch, error) && record_more(batch, error);
    batch_sign_end(batch, NULL);
    return written;
}

/* Nothing that was issued is on record before the journal has it. `written`: it has. */
static bool write_journal(const Batch *batch, bool *written, GError **error)
{
    Journal *journal = batch->context->journal;
    if (journal == NULL || batch->jobs->len == 0) {
        return true;
    }
    g_autoptr(GArray) serials = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < batch->jobs->len; i++) {
        const SignJob *job = g_ptr_array_index(batch->jobs, i);
        g_array_append_val(serials, job->license->serial);
    }
    *written = journal_write(journal, batch->context->database, serials, error);
    return *written;
}

/* A number that the journal has is given to nothing else, whatever became of the batch. */
static void settle_serials(const Batch *batch, bool done, bool journalled)
{
    if (batch->dry_run) {
        return;
    }
    if (done) {
        serials_keep(batch->serials);
    } else if (journalled) {
        serials_waste(batch->serials);
    } else {
        serials_give_back(batch->serials);
    }
}

/* Whether it is on record for good. After a connection that was lost midway nobody knows, and the
 * journal is told nothing. */
static bool commit(const Batch *batch, bool *journalled, GError **error)
{
    Database *database = batch->context->database;
    GError *problem = NULL;
    if (!write_journal(batch, journalled, error)) {
        database_rollback(database);
        return false;
    }
    const bool done = database_commit(database, &problem);
    if (*journalled &&
        (done || !g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE))) {
        journal_settle(batch->context->journal, done);
    }
    if (!done) {
        g_propagate_error(error, problem);
    }
    return done;
}

static bool run_once(Batch *batch, GError **error)
{
    Database *database = batch->context->database;
    bool journalled = false;
    batch_prepare(batch);
    if (!database_begin(database, error)) {
        return false;
    }
    bool done = run_in_transaction(batch, error);
    const bool keeps = done && !batch->dry_run && !batch->trial;
    if (keeps) {
        done = commit(batch, &journalled, error);
    } else {
        database_rollback(database);
    }
    settle_serials(batch, keeps && done, journalled);
    return done;
}

/* Makes what a run without an error lacked. */
static bool make_good(Batch *batch, uint32_t wanted, GError **error)
{
    if (batch->cut > 0) {
        g_ptr_array_set_size(batch->items, (gint)batch->cut);
        batch->cut = 0;
        return true;
    }
    return serials_reserve(batch->serials, wanted, error);
}

/* Numbers are drawn ahead only where the batch before has used some: a mailbox that is on record
 * already draws none. */
static bool reserve_ahead(Batch *batch, GError **error)
{
    return batch->dry_run || !serials_in_use(batch->serials) ||
           serials_reserve(batch->serials, count_requests(batch), error);
}

static bool has_journal(const Batch *batch, GError **error)
{
    return batch->dry_run || batch->trial || context_need_journal(batch->context, error);
}

bool batch_run(Batch *batch, GError **error)
{
    if (!has_journal(batch, error) || !reserve_ahead(batch, error)) {
        return false;
    }
    for (guint conflicts = 0;;) {
        g_autoptr(GError) failure = NULL;
        if (run_once(batch, &failure)) {
            if (batch->trial) {
                forget_decisions(batch);
            }
            return true;
        }
        const uint32_t wanted = batch->jobs->len;
        forget_decisions(batch);
        if (failure == NULL) {
            if (!make_good(batch, wanted, error)) {
                return false;
            }
        } else if (++conflicts == CONFLICT_TRIES ||
                   !g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_CONFLICT)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
    }
}
