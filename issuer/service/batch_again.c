/* Requests that are decided again together, since their license's records changed: where more new
 * servers wait than uses are left, the order of their mails is no reason to serve one of them. */
#include "service/batch_internal.h"

static bool would_take_use(Batch *batch, const BatchItem *item, const Matter *matter)
{
    RequestFacts facts;
    LicenseFacts of_license;
    batch_request_facts(batch, item, matter, &facts, &of_license);
    const Decision decision = rules_decide(&facts);
    return decision.outcome == OUTCOME_ISSUED && decision.continues == 0;
}

static int64_t license_of(const Batch *batch, const Matter *matter)
{
    const ProofRecord *proof =
        matter->proof_holds ? g_hash_table_lookup(batch->proofs, &matter->statement->license_key)
                            : NULL;
    return proof != NULL ? proof->license_id : 0;
}

static uint32_t uses_left(const Batch *batch, int64_t license_id)
{
    const LicenseRecord *license = g_hash_table_lookup(batch->licenses, &license_id);
    const uint32_t used = ledger_used(batch->ledger, license_id);
    return license != NULL && license->activations > used ? license->activations - used : 0;
}

/* Collects the matters that would each be given a new use, were they alone. */
static GPtrArray *find_waiting(Batch *batch)
{
    GPtrArray *waiting = g_ptr_array_new();
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        for (guint j = 0; j < item->matters->len; j++) {
            Matter *matter = g_ptr_array_index(item->matters, j);
            matter->contested = false;
            if (matter->again && would_take_use(batch, item, matter)) {
                g_ptr_array_add(waiting, matter);
            }
        }
    }
    return waiting;
}

void batch_mark_contested(Batch *batch)
{
    g_autoptr(GPtrArray) waiting = find_waiting(batch);
    for (guint i = 0; i < waiting->len; i++) {
        Matter *matter = g_ptr_array_index(waiting, i);
        const int64_t license_id = license_of(batch, matter);
        uint32_t rivals = 0;
        for (guint j = 0; j < waiting->len; j++) {
            rivals += license_of(batch, g_ptr_array_index(waiting, j)) == license_id;
        }
        matter->contested = rivals > uses_left(batch, license_id);
    }
}
