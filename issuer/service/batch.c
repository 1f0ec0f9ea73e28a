#include "service/batch_internal.h"

#include "base/error.h"

#define CONFLICT_TRIES                                                                             \
    5 /* how often a batch is run before another writer's precedence is an error */

static void sign_job_free(SignJob *job)
{
    usage_license_free(job->license);
    g_free(job->jws);
    g_free(job);
}

static void batch_clear(Batch *batch)
{
    g_clear_pointer(&batch->thumbprint_place, g_hash_table_unref);
    g_clear_pointer(&batch->thumbprints, g_array_unref);
    g_clear_pointer(&batch->passed_at, g_array_unref);
    g_clear_pointer(&batch->histories, g_hash_table_unref);
    g_clear_pointer(&batch->proofs, g_hash_table_unref);
    g_clear_pointer(&batch->proof_records, g_array_unref);
    g_clear_pointer(&batch->licenses, g_hash_table_unref);
    g_clear_pointer(&batch->license_records, g_ptr_array_unref);
    g_clear_pointer(&batch->installed, g_hash_table_unref);
    g_clear_pointer(&batch->installed_records, g_array_unref);
    g_clear_pointer(&batch->choosing, g_array_unref);
    g_clear_pointer(&batch->contacts, g_hash_table_unref);
    g_clear_pointer(&batch->ledger, ledger_free);
    g_clear_pointer(&batch->requests, g_array_unref);
    g_clear_pointer(&batch->deactivations, g_array_unref);
    g_clear_pointer(&batch->deactivation_matters, g_ptr_array_unref);
    g_clear_pointer(&batch->decided, g_ptr_array_unref);
    g_clear_pointer(&batch->holds, g_array_unref);
    g_clear_pointer(&batch->alerts, g_array_unref);
    g_clear_pointer(&batch->notices, g_array_unref);
    g_clear_pointer(&batch->fills, g_array_unref);
    g_clear_pointer(&batch->passes, g_array_unref);
    g_clear_pointer(&batch->given_back, g_array_unref);
    g_clear_pointer(&batch->jobs, g_ptr_array_unref);
    g_clear_pointer(&batch->texts, g_ptr_array_unref);
    g_clear_pointer(&batch->answers, g_hash_table_unref);
}

static void batch_prepare(Batch *batch)
{
    batch_clear(batch);
    batch->lacks_serials = false;
    batch->ledger = ledger_new();
    batch->requests = g_array_new(FALSE, TRUE, sizeof(RequestRow));
    batch->deactivations = g_array_new(FALSE, TRUE, sizeof(DeactivationRow));
    batch->deactivation_matters = g_ptr_array_new();
    batch->decided = g_ptr_array_new();
    batch->holds = g_array_new(FALSE, TRUE, sizeof(HoldRow));
    batch->alerts = g_array_new(FALSE, TRUE, sizeof(AlertRow));
    batch->notices = g_array_new(FALSE, TRUE, sizeof(NoticeRow));
    batch->fills = g_array_new(FALSE, TRUE, sizeof(RequestLicenseRow));
    batch->passes = g_array_new(FALSE, TRUE, sizeof(Digest));
    batch->given_back = g_array_new(FALSE, TRUE, sizeof(int64_t));
    batch->jobs = g_ptr_array_new_with_free_func((GDestroyNotify)sign_job_free);
    batch->texts = g_ptr_array_new_with_free_func(g_free);
    batch->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

Batch *batch_new(Context *context, Serials *serials, int64_t now, bool dry_run)
{
    Batch *batch = g_new0(Batch, 1);
    batch->context = context;
    batch->serials = serials;
    batch->now = now;
    batch->dry_run = dry_run;
    batch->policy = settings_policy(context->settings);
    batch->items = g_ptr_array_new();
    batch_prepare(batch);
    return batch;
}

void batch_add(Batch *batch, BatchItem *item)
{
    g_ptr_array_add(batch->items, item);
}

void batch_set_check(Batch *batch, BatchCheck check, gpointer data)
{
    batch->check = check;
    batch->check_data = data;
}

void batch_set_instruction(Batch *batch, int64_t instruction)
{
    batch->instruction = instruction;
}

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

/* In a dry run nothing has a number that anybody could look for. */
static void forget_serials(const Batch *batch)
{
    for (guint i = 0; i < batch->jobs->len; i++) {
        const SignJob *job = g_ptr_array_index(batch->jobs, i);
        job->matter->serial = 0;
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
        forget_serials(batch);
        return true;
    }
    if (batch->jobs->len > 0 && !signer_check_time(batch->context->signer, batch->now, error)) {
        return false;
    }
    batch_sign_begin(batch);
    const bool written = batch_write(batch, error);
    batch_sign_end(batch, NULL);
    return written;
}

static bool run_once(Batch *batch, GError **error)
{
    Database *database = batch->context->database;
    batch_prepare(batch);
    if (!database_begin(database, error)) {
        return false;
    }
    bool done = run_in_transaction(batch, error);
    if (done && !batch->dry_run) {
        done = database_commit(database, error);
    } else {
        database_rollback(database);
    }
    if (!batch->dry_run) {
        (done ? serials_keep : serials_give_back)(batch->serials);
    }
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

bool batch_run(Batch *batch, GError **error)
{
    if (!reserve_ahead(batch, error)) {
        return false;
    }
    for (guint conflicts = 0;;) {
        g_autoptr(GError) failure = NULL;
        if (run_once(batch, &failure)) {
            return true;
        }
        const uint32_t wanted = batch->jobs->len;
        forget_decisions(batch);
        batch->begun_again |= failure != NULL;
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

int64_t batch_next_id(Batch *batch, IntakeIdKind kind, GError **error)
{
    if (batch->next_id[kind] == batch->end_id[kind]) {
        int64_t first = intake_draw_ids(batch->context->database, kind, error);
        if (first == 0) {
            return 0;
        }
        batch->next_id[kind] = first;
        batch->end_id[kind] = first + INTAKE_ID_BLOCK;
    }
    return batch->next_id[kind]++;
}

void batch_append_once(GArray *numbers, int64_t number)
{
    for (guint i = 0; i < numbers->len; i++) {
        if (g_array_index(numbers, int64_t, i) == number) {
            return;
        }
    }
    if (number != 0) {
        g_array_append_val(numbers, number);
    }
}

const LicenseRecord *batch_license(const Batch *batch, const Matter *matter)
{
    return g_hash_table_lookup(batch->licenses, &matter->license_id);
}

const UsageLicense *batch_issued(const Batch *batch, const Matter *matter)
{
    for (guint i = 0; i < batch->jobs->len; i++) {
        const SignJob *job = g_ptr_array_index(batch->jobs, i);
        if (job->matter == matter) {
            return job->license;
        }
    }
    return NULL;
}

guint batch_done(const Batch *batch)
{
    return batch->items->len;
}

const GArray *batch_given_back(const Batch *batch)
{
    return batch->given_back;
}

void batch_free(Batch *batch)
{
    if (batch == NULL) {
        return;
    }
    batch_clear(batch);
    g_ptr_array_unref(batch->items);
    g_free(batch);
}
