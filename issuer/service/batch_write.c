/* Turns what a batch decided into rows, in the one order that all batches keep. */
#include "service/batch_internal.h"

#include "base/json_writer.h"
#include "core/finder.h"
#include "db/instruction_store.h"

static GArray *decision_rows(const Batch *batch, GHashTable *item_of)
{
    GArray *rows = g_array_new(FALSE, TRUE, sizeof(DecisionRow));
    for (guint i = 0; i < batch->decided->len; i++) {
        const Matter *matter = g_ptr_array_index(batch->decided, i);
        const BatchItem *item = g_hash_table_lookup(item_of, matter);
        DecisionRow row = {
            .id = matter->decision_id,
            .message_id = item->message_id,
            .request_id = matter->request_id,
            .deactivation_id = matter->deactivation_id,
            .token_kind = matter_kind_name(matter),
            .decision = &matter->decision,
            .problem = matter->problem,
            .serial = matter->serial,
            .facts = matter->facts,
            .license_id = matter->license_id,
            .operator_id = matter->operator_id,
            .reason = matter->reason,
            .ticket = matter->ticket,
        };
        if (matter->statement != NULL) {
            row.token_digest = matter->statement->digest;
        }
        g_array_append_val(rows, row);
    }
    return rows;
}

static GHashTable *items_by_matter(const Batch *batch)
{
    GHashTable *map = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < batch->items->len; i++) {
        BatchItem *item = g_ptr_array_index(batch->items, i);
        for (guint j = 0; j < item->matters->len; j++) {
            g_hash_table_insert(map, g_ptr_array_index(item->matters, j), item);
        }
    }
    return map;
}

static bool write_deactivations(Batch *batch, const BatchStamp *stamp, GError **error)
{
    if (!intake_write_deactivations(batch->context->database, batch->deactivations, stamp, error)) {
        return false;
    }
    for (guint i = 0; i < batch->deactivations->len; i++) {
        Matter *matter = g_ptr_array_index(batch->deactivation_matters, i);
        matter->deactivation_id = g_array_index(batch->deactivations, DeactivationRow, i).id;
    }
    return true;
}

static bool write_decisions(Batch *batch, const BatchStamp *stamp, GError **error)
{
    g_autoptr(GHashTable) items = items_by_matter(batch);
    g_autoptr(GArray) rows = decision_rows(batch, items);
    return intake_write_decisions(batch->context->database, rows, stamp, error);
}

/* The request that a new activation answers is the one of the job with its serial. */
static GHashTable *jobs_by_serial(const Batch *batch)
{
    GHashTable *map = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < batch->jobs->len; i++) {
        SignJob *job = g_ptr_array_index(batch->jobs, i);
        g_hash_table_insert(map, &job->license->serial, job);
    }
    return map;
}

static ActivationRow activation_row(const Batch *batch, const Activation *activation,
                                    const SignJob *job)
{
    const LicenseRecord *license = batch_license(batch, job->matter);
    return (ActivationRow){.activation = activation,
                           .request_id = job->matter->request_id,
                           .servers = license->servers,
                           .allowed = license->activations};
}

static bool write_activations(Batch *batch, const BatchStamp *stamp, GArray *superseded,
                              GError **error)
{
    g_autoptr(GPtrArray) ended = g_ptr_array_new();
    g_autoptr(GArray) made = g_array_new(FALSE, TRUE, sizeof(ActivationRow));
    g_autoptr(GHashTable) jobs = jobs_by_serial(batch);
    const GPtrArray *all = ledger_all(batch->ledger);
    for (guint i = 0; i < all->len; i++) {
        Activation *activation = g_ptr_array_index(all, i);
        if (!activation->stored) {
            ActivationRow row =
                activation_row(batch, activation, g_hash_table_lookup(jobs, &activation->id));
            g_array_append_val(made, row);
        } else if (activation->changed) {
            g_ptr_array_add(ended, activation);
        }
        if (activation->state != ACTIVATION_ACTIVE &&
            (activation->changed || !activation->stored)) {
            g_array_append_val(superseded, activation->id);
        }
    }
    return intake_end_activations(batch->context->database, ended, stamp, error) &&
           intake_write_activations(batch->context->database, made, stamp, error);
}

static bool write_usage_licenses(Batch *batch, const BatchStamp *stamp, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(UsageLicenseRow));
    for (guint i = 0; i < batch->jobs->len; i++) {
        const SignJob *job = g_ptr_array_index(batch->jobs, i);
        const LicenseRecord *license = batch_license(batch, job->matter);
        UsageLicenseRow row = {
            .serial = job->license->serial,
            .emergency = job->license->emergency,
            .request_id = job->matter->request_id,
            .decision_id = job->matter->decision_id,
            .license_id = license->id,
            .version = license->version,
            .customer_id = license->customer_id,
            .iat = job->license->iat,
            .exp = job->license->exp,
            .supersedes = job->license->supersedes,
            .jws = job->jws,
        };
        g_array_append_val(rows, row);
    }
    return intake_write_usage_licenses(batch->context->database, rows, stamp, error);
}

static void reply_rows_free(GArray *rows)
{
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        g_array_unref(g_array_index(rows, ReplyRow, i).decisions);
    }
    g_clear_pointer(&rows, g_array_unref);
}

static bool write_replies(Batch *batch, const BatchStamp *stamp, const GArray *superseded,
                          GError **error)
{
    GArray *rows = batch_limits_load(batch, error) ? batch_replies(batch, error) : NULL;
    bool written =
        rows != NULL && intake_write_replies(batch->context->database, rows, stamp, error) &&
        intake_write_alerts(batch->context->database, batch->limit_alerts, stamp, error) &&
        intake_write_notices(batch->context->database, batch->notices, stamp, error) &&
        intake_withdraw_replies(batch->context->database, superseded, stamp, error);
    reply_rows_free(rows);
    return written;
}

/* Of an instruction about a mail: which it is on record, and what it was taken for. */
static void write_mail(const Batch *batch, JsonWriter *answer)
{
    const BatchItem *item = batch->items->len > 0 ? g_ptr_array_index(batch->items, 0) : NULL;
    if (item == NULL || item->mail == NULL) {
        return;
    }
    g_autofree char *why = item->why != NULL ? finder_mask_license_keys(item->why) : NULL;
    json_writer_key(answer, "message");
    json_writer_number(answer, item->message_id);
    json_writer_key(answer, "class");
    json_writer_text(answer, batch_item_class(item));
    json_writer_key(answer, "why");
    json_writer_text(answer, why);
}

/* What the instruction is answered: the decisions that it led to. */
static bool end_instruction(const Batch *batch, GError **error)
{
    if (batch->instruction == 0) {
        return true;
    }
    g_autoptr(JsonWriter) answer = json_writer_new();
    json_writer_begin_object(answer);
    json_writer_key(answer, "decisions");
    json_writer_begin_array(answer);
    for (guint i = 0; i < batch->decided->len; i++) {
        const Matter *matter = g_ptr_array_index(batch->decided, i);
        json_writer_number(answer, matter->decision_id);
    }
    json_writer_end_array(answer);
    write_mail(batch, answer);
    json_writer_end_object(answer);
    return instruction_store_judge(batch->context->database, batch->instruction, batch->now,
                                   error) &&
           instruction_store_end(batch->context->database, batch->instruction, true,
                                 json_writer_peek(answer), batch->now, error);
}

bool batch_write(Batch *batch, GError **error)
{
    Database *database = batch->context->database;
    BatchStamp stamp = {
        .now = batch->now,
        .policy = settings_policy_digest(batch->context->settings),
        .program = ISSUER_VERSION,
        .kid = batch->context->signer != NULL ? signer_kid(batch->context->signer) : NULL,
    };
    g_autoptr(GArray) superseded = g_array_new(FALSE, FALSE, sizeof(int64_t));
    return intake_write_requests(database, batch->requests, &stamp, error) &&
           intake_fill_licenses(database, batch->fills, error) &&
           write_deactivations(batch, &stamp, error) && write_decisions(batch, &stamp, error) &&
           write_activations(batch, &stamp, superseded, error) && batch_sign_finish(batch, error) &&
           write_usage_licenses(batch, &stamp, error) &&
           intake_pass_instances(database, batch->passes, batch->now + 1, error) &&
           intake_write_holds(database, batch->holds, &stamp, error) &&
           intake_write_alerts(database, batch->alerts, &stamp, error) &&
           intake_end_emergencies(database, batch->bridged, &stamp, error) &&
           batch_write_cases(batch, &stamp, error) &&
           write_replies(batch, &stamp, superseded, error) && batch_losses_open(batch, error) &&
           end_instruction(batch, error);
}
