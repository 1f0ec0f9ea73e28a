/* New servers that wait for the uses of a license: where they are more than uses are left, the
 * order of their mails is no reason to serve one of them. */
#include "service/batch_internal.h"

static bool takes_new_use(const RequestFacts *facts)
{
    const Decision decision = rules_decide(facts);
    return decision.outcome == OUTCOME_ISSUED && decision.continues == 0;
}

/* The license of which it would be given a new use, were it alone; 0: of none. */
static int64_t would_take_use_of(Batch *batch, const BatchItem *item, const Matter *matter)
{
    RequestFacts facts;
    LicenseFacts of_license;
    batch_request_facts(batch, item, matter, &facts, &of_license);
    return takes_new_use(&facts) ? of_license.id : 0;
}

static uint32_t uses_left(const Batch *batch, int64_t license_id)
{
    const LicenseRecord *license = g_hash_table_lookup(batch->licenses, &license_id);
    const uint32_t used = ledger_used(batch->ledger, license_id);
    return license->activations > used ? license->activations - used : 0;
}

static bool is_on_its_way(const Batch *batch, int64_t request_id)
{
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        for (guint j = 0; j < item->matters->len; j++) {
            const Matter *matter = g_ptr_array_index(item->matters, j);
            if (matter->request_id == request_id) {
                return true;
            }
        }
    }
    return false;
}

static void count_rival(GHashTable *rivals, int64_t *license_id)
{
    const guint count = GPOINTER_TO_UINT(g_hash_table_lookup(rivals, license_id));
    g_hash_table_insert(rivals, license_id, GUINT_TO_POINTER(count + 1));
}

/* Those on record that a person is to choose from, and that this batch does not decide again. */
static void count_choosing(const Batch *batch, GHashTable *rivals)
{
    for (guint i = 0; i < batch->choosing->len; i++) {
        ChoosingRecord *record = &g_array_index(batch->choosing, ChoosingRecord, i);
        if (!is_on_its_way(batch, record->request_id)) {
            count_rival(rivals, &record->license_id);
        }
    }
}

/* Collects the matters that would each be given a new use, with the license of each in their
 * license_id, and counts them in `rivals` by license. */
static GPtrArray *find_waiting(Batch *batch, GHashTable *rivals)
{
    GPtrArray *waiting = g_ptr_array_new();
    count_choosing(batch, rivals);
    for (guint i = 0; i < batch->rivals->len; i++) {
        count_rival(rivals, &g_array_index(batch->rivals, int64_t, i));
    }
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        for (guint j = 0; j < item->matters->len; j++) {
            Matter *matter = g_ptr_array_index(item->matters, j);
            matter->contested = false;
            matter->license_id = matter->again ? would_take_use_of(batch, item, matter) : 0;
            if (matter->license_id != 0) {
                count_rival(rivals, &matter->license_id);
                g_ptr_array_add(waiting, matter);
            }
        }
    }
    return waiting;
}

void batch_mark_contested(Batch *batch)
{
    g_autoptr(GHashTable) rivals = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(GPtrArray) waiting = find_waiting(batch, rivals);
    for (guint i = 0; i < waiting->len; i++) {
        Matter *matter = g_ptr_array_index(waiting, i);
        matter->contested = GPOINTER_TO_UINT(g_hash_table_lookup(rivals, &matter->license_id)) >
                            uses_left(batch, matter->license_id);
    }
}

/* How many other servers a person is to choose from, for a use of this license. */
static guint count_others(const Batch *batch, int64_t license_id, const Digest *thumbprint)
{
    guint count = 0;
    for (guint i = 0; i < batch->choosing->len; i++) {
        const ChoosingRecord *record = &g_array_index(batch->choosing, ChoosingRecord, i);
        count += record->license_id == license_id && !digest_equal(&record->thumbprint, thumbprint);
    }
    return count;
}

bool batch_would_overtake(const Batch *batch, const RequestFacts *facts)
{
    if (facts->license == NULL) {
        return false;
    }
    const guint others = count_others(batch, facts->license->id, &facts->request->thumbprint);
    return others > 0 && others >= uses_left(batch, facts->license->id) && takes_new_use(facts);
}

void batch_note_choosing(Batch *batch, const Matter *matter)
{
    const Statement *request = matter->statement;
    for (guint i = batch->choosing->len; i > 0; i--) {
        const ChoosingRecord *record = &g_array_index(batch->choosing, ChoosingRecord, i - 1);
        if (digest_equal(&record->thumbprint, &request->thumbprint) &&
            (record->seq < request->seq || record->request_id == matter->request_id)) {
            g_array_remove_index(batch->choosing, i - 1);
        }
    }
    if (matter->decision.outcome == OUTCOME_HELD &&
        g_strcmp0(matter->decision.code, "choose-request") == 0) {
        const ChoosingRecord record = {.license_id = matter->license_id,
                                       .request_id = matter->request_id,
                                       .thumbprint = request->thumbprint,
                                       .seq = request->seq};
        g_array_append_val(batch->choosing, record);
    }
}
