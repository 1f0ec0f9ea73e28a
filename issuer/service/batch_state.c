#include "service/batch_state.h"

#include "base/clock.h"

static void sign_job_free(SignJob *job)
{
    usage_license_free(job->license);
    g_free(job->jws);
    g_free(job);
}

static void batch_clear(Batch *batch)
{
    g_clear_pointer(&batch->joins, g_array_unref);
    g_clear_pointer(&batch->ahead, g_array_unref);
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
    g_clear_pointer(&batch->named, g_array_unref);
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
    g_clear_pointer(&batch->bridged, g_array_unref);
    g_clear_pointer(&batch->given_back, g_array_unref);
    g_clear_pointer(&batch->jobs, g_ptr_array_unref);
    g_clear_pointer(&batch->texts, g_ptr_array_unref);
    g_clear_pointer(&batch->answers, g_hash_table_unref);
    g_clear_pointer(&batch->entry_of, g_hash_table_unref);
    g_clear_pointer(&batch->entries, g_hash_table_unref);
    g_clear_pointer(&batch->limit_alerts, g_array_unref);
}

void batch_prepare(Batch *batch)
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
    batch->limit_alerts = g_array_new(FALSE, TRUE, sizeof(AlertRow));
    batch->notices = g_array_new(FALSE, TRUE, sizeof(NoticeRow));
    batch->fills = g_array_new(FALSE, TRUE, sizeof(RequestLicenseRow));
    batch->passes = g_array_new(FALSE, TRUE, sizeof(Digest));
    batch->bridged = g_array_new(FALSE, TRUE, sizeof(int64_t));
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
    batch->began_us = clock_monotonic_us();
    batch->dry_run = dry_run;
    batch->policy = settings_policy(context->settings);
    batch->items = g_ptr_array_new();
    batch->rivals = g_array_new(FALSE, FALSE, sizeof(int64_t));
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

void batch_set_record(Batch *batch, BatchRecord record, gpointer data)
{
    batch->record = record;
    batch->record_data = data;
}

void batch_set_instruction(Batch *batch, int64_t instruction)
{
    batch->instruction = instruction;
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

void batch_set_trial(Batch *batch)
{
    batch->trial = true;
}

void batch_set_rehearsal(Batch *batch, Rehearsal *rehearsal)
{
    batch->rehearsal = rehearsal;
}

void batch_count_rival(Batch *batch, int64_t license_id)
{
    g_array_append_val(batch->rivals, license_id);
}

guint batch_done(const Batch *batch)
{
    return batch->items->len;
}

const GArray *batch_given_back(const Batch *batch)
{
    return batch->given_back;
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

guint batch_instance(const Batch *batch, const Digest *thumbprint)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(batch->thumbprint_place, thumbprint)) - 1;
}

GArray *batch_history(Batch *batch, const Digest *thumbprint)
{
    GArray *history = g_hash_table_lookup(batch->histories, thumbprint);
    if (history == NULL) {
        guint place = batch_instance(batch, thumbprint);
        history = g_array_new(FALSE, TRUE, sizeof(HistoryRecord));
        g_hash_table_insert(batch->histories, &g_array_index(batch->thumbprints, Digest, place),
                            history);
    }
    return history;
}

HistoryRecord *batch_find_history(GArray *history, const Digest *digest)
{
    for (guint i = 0; i < history->len; i++) {
        HistoryRecord *record = &g_array_index(history, HistoryRecord, i);
        if (digest_equal(&record->digest, digest)) {
            return record;
        }
    }
    return NULL;
}

bool batch_may_act_for(const Batch *batch, const BatchItem *item)
{
    return item->vouched || !batch->policy.require_authenticated;
}

int64_t batch_license_of_serial(const Batch *batch, int64_t serial)
{
    const Activation *activation = ledger_find(batch->ledger, serial);
    const InstalledRecord *record = g_hash_table_lookup(batch->installed, &serial);
    return activation != NULL ? activation->license_id : record != NULL ? record->license_id : 0;
}

char *batch_contact_key(int64_t license_id, const char *address)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " %s", license_id, address);
}

void batch_add_check(const Batch *batch, GArray *checks, int64_t license_id, const char *address)
{
    char *key = batch_contact_key(license_id, address);
    if (g_hash_table_insert(batch->contacts, key, GINT_TO_POINTER(FALSE))) {
        ContactCheck check = {.license_id = license_id, .address = address};
        g_array_append_val(checks, check);
    }
}

bool batch_knows_contact(const Batch *batch, int64_t license_id, const char *address)
{
    if (address == NULL) {
        return false;
    }
    g_autofree char *key = batch_contact_key(license_id, address);
    return GPOINTER_TO_INT(g_hash_table_lookup(batch->contacts, key)) != 0;
}

void batch_free(Batch *batch)
{
    if (batch == NULL) {
        return;
    }
    batch_clear(batch);
    g_ptr_array_unref(batch->items);
    g_array_unref(batch->rivals);
    g_free(batch);
}
