/* Decides deactivations: the instance's signed statement that it has erased its usage license. */
#include "service/batch_internal.h"

#include "core/usage_license.h"

static void record_deactivation(Batch *batch, const BatchItem *item, Matter *matter, int64_t serial)
{
    const Statement *statement = matter->statement;
    DeactivationRow row = {.statement = statement,
                           .serial = serial,
                           .message_id = item->message_id,
                           .given_back = matter->given_back};
    HistoryRecord record = {.thumbprint = statement->thumbprint,
                            .digest = statement->digest,
                            .seq = statement->seq,
                            .deactivation = true};
    g_array_append_val(batch->deactivations, row);
    g_ptr_array_add(batch->deactivation_matters, matter);
    g_array_append_val(batch_history(batch, &statement->thumbprint), record);
}

/* A damaged text is row 1 whatever its kind; the rest has a list of its own. */
static void decide_damaged_deactivation(Batch *batch, Matter *matter)
{
    RequestFacts facts = {.now = batch->now,
                          .policy = batch->policy,
                          .damage = matter->problem,
                          .ledger = batch->ledger};
    matter->decision = rules_decide(&facts);
    matter->facts = batch_facts_json(&facts, NULL);
}

void batch_decide_deactivation(Batch *batch, const BatchItem *item, Matter *matter)
{
    const Statement *statement = matter->statement;
    if (statement == NULL) {
        decide_damaged_deactivation(batch, matter);
        return;
    }
    int64_t serial = 0;
    bool readable = usage_license_serial_read(statement->serial, &serial);
    const Activation *activation = ledger_find(batch->ledger, serial);
    const InstalledRecord *record = g_hash_table_lookup(batch->installed, &serial);
    const Digest *owner = activation != NULL ? &activation->thumbprint
                          : record != NULL   ? &record->thumbprint
                                             : NULL;
    const HistoryRecord *earlier =
        matter->signature_holds
            ? batch_find_history(batch_history(batch, &statement->thumbprint), &statement->digest)
            : NULL;
    DeactivationFacts facts = {
        .now = batch->now,
        .statement = statement,
        .signature_holds = matter->signature_holds,
        .proof_holds = matter->proof_holds,
        .serial_on_record = readable && owner != NULL,
        .serial_of_this_instance = owner != NULL && digest_equal(owner, &statement->thumbprint),
        .seen_before = earlier != NULL,
        .ledger = batch->ledger,
    };
    matter->decision = rules_decide_deactivation(&facts);
    matter->serial = facts.serial_on_record ? serial : 0;
    matter->license_id = facts.serial_of_this_instance ? batch_license_of_serial(batch, serial) : 0;
    matter->facts = g_strdup_printf(
        "{\"seq\":%" G_GUINT64_FORMAT ",\"signature\":%s,\"proof\":%s,\"on_record\":%s}",
        statement->seq, facts.signature_holds ? "true" : "false",
        facts.proof_holds ? "true" : "false", facts.serial_on_record ? "true" : "false");
    matter->deactivation_id = earlier != NULL ? earlier->id : 0;
    if (matter->decision.outcome == OUTCOME_ACCEPTED && !facts.seen_before) {
        g_autoptr(GArray) counted = batch_counted_uses(batch, &statement->thumbprint);
        matter->given_back = rules_apply_deactivation(&matter->decision, &facts, batch->ledger);
        batch_notice_given_back(batch, item, matter, counted);
        record_deactivation(batch, item, matter, serial);
    }
}
