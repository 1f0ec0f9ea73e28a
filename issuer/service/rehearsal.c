#include "service/rehearsal.h"

#include "service/batch_internal.h"

#define FIRST_SERIAL (G_MAXINT64 / 2) /* no usage license will ever have it */

struct Rehearsal {
    GHashTable *mails;     /* Digest (identity) → GArray of Digest, their codes */
    GHashTable *histories; /* Digest (thumbprint) → GArray of HistoryRecord */
    GHashTable *choosing;  /* int64_t (license) → GArray of ChoosingRecord */
    GHashTable *cases;     /* int64_t: licenses of which a case is open */
    Ledger *ledger;        /* the activations that are new or changed */
    int64_t serials;       /* how many were given */
};

static GHashTable *arrays_by(GHashFunc hash, GEqualFunc equal)
{
    return g_hash_table_new_full(hash, equal, g_free, (GDestroyNotify)g_array_unref);
}

Rehearsal *rehearsal_new(void)
{
    Rehearsal *rehearsal = g_new0(Rehearsal, 1);
    rehearsal->mails = arrays_by(digest_hash, digest_hash_equal);
    rehearsal->histories = arrays_by(digest_hash, digest_hash_equal);
    rehearsal->choosing = arrays_by(g_int64_hash, g_int64_equal);
    rehearsal->cases = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    rehearsal->ledger = ledger_new();
    return rehearsal;
}

void rehearsal_free(Rehearsal *rehearsal)
{
    if (rehearsal == NULL) {
        return;
    }
    g_hash_table_unref(rehearsal->mails);
    g_hash_table_unref(rehearsal->histories);
    g_hash_table_unref(rehearsal->choosing);
    g_hash_table_unref(rehearsal->cases);
    ledger_free(rehearsal->ledger);
    g_free(rehearsal);
}

const GArray *rehearsal_find_mail(const Rehearsal *rehearsal, const Digest *identity)
{
    return g_hash_table_lookup(rehearsal->mails, identity);
}

int64_t rehearsal_next_serial(Rehearsal *rehearsal)
{
    return FIRST_SERIAL + rehearsal->serials++;
}

static void put_activation(Ledger *ledger, const Activation *from)
{
    Activation *to = ledger_find(ledger, from->id);
    if (to == NULL) {
        to = g_memdup2(from, sizeof *from);
        to->host = g_strdup(from->host);
        ledger_add(ledger, to);
        return;
    }
    g_free(to->host);
    *to = *from;
    to->host = g_strdup(from->host);
}

static void put_history(GArray *history, const HistoryRecord *from)
{
    HistoryRecord *to = batch_find_history(history, &from->digest);
    if (to != NULL) {
        *to = *from;
    } else {
        g_array_append_val(history, *from);
    }
}

/* ---- what a batch leaves ---- */

static void keep_mail(Rehearsal *rehearsal, const BatchItem *item)
{
    GArray *codes = g_hash_table_lookup(rehearsal->mails, &item->mail->identity);
    if (codes == NULL) {
        codes = g_array_new(FALSE, FALSE, sizeof(Digest));
        g_hash_table_insert(rehearsal->mails, g_memdup2(&item->mail->identity, sizeof(Digest)),
                            codes);
    }
    for (guint i = 0; i < item->matters->len; i++) {
        const Matter *matter = g_ptr_array_index(item->matters, i);
        if (matter->statement != NULL && matter->problem == NULL && !matter->known) {
            g_array_append_val(codes, matter->statement->digest);
        }
    }
}

static void keep_histories(Rehearsal *rehearsal, GHashTable *histories)
{
    GHashTableIter each;
    gpointer thumbprint = NULL;
    gpointer history = NULL;
    g_hash_table_iter_init(&each, histories);
    while (g_hash_table_iter_next(&each, &thumbprint, &history)) {
        g_hash_table_replace(rehearsal->histories, g_memdup2(thumbprint, sizeof(Digest)),
                             g_array_copy(history));
    }
}

static void keep_activations(Rehearsal *rehearsal, const Ledger *ledger)
{
    const GPtrArray *all = ledger_all(ledger);
    for (guint i = 0; i < all->len; i++) {
        const Activation *activation = g_ptr_array_index(all, i);
        if (activation->changed || !activation->stored) {
            put_activation(rehearsal->ledger, activation);
        }
    }
}

/* Who waits for a person's choice, and of which licenses a case is open. */
static void keep_licenses(Rehearsal *rehearsal, const Batch *batch)
{
    for (guint i = 0; i < batch->license_records->len; i++) {
        const LicenseRecord *license = g_ptr_array_index(batch->license_records, i);
        g_hash_table_replace(rehearsal->choosing, g_memdup2(&license->id, sizeof license->id),
                             g_array_new(FALSE, FALSE, sizeof(ChoosingRecord)));
        if (license->case_open) {
            g_hash_table_add(rehearsal->cases, g_memdup2(&license->id, sizeof license->id));
        }
    }
    for (guint i = 0; i < batch->choosing->len; i++) {
        const ChoosingRecord *record = &g_array_index(batch->choosing, ChoosingRecord, i);
        GArray *of_license = g_hash_table_lookup(rehearsal->choosing, &record->license_id);
        if (of_license != NULL) {
            g_array_append_val(of_license, *record);
        }
    }
}

void rehearsal_keep(const Batch *batch)
{
    if (batch->rehearsal == NULL) {
        return;
    }
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        if (item->mail != NULL && !item->mail->absent) {
            keep_mail(batch->rehearsal, item);
        }
    }
    keep_histories(batch->rehearsal, batch->histories);
    keep_activations(batch->rehearsal, batch->ledger);
    keep_licenses(batch->rehearsal, batch);
}

/* ---- what the next one finds ---- */

void rehearsal_add_licenses(const Batch *batch, GArray *licenses)
{
    for (guint i = 0; batch->rehearsal != NULL && i < batch->thumbprints->len; i++) {
        const GPtrArray *own = ledger_of_instance(batch->rehearsal->ledger,
                                                  &g_array_index(batch->thumbprints, Digest, i));
        for (guint j = 0; j < own->len; j++) {
            const Activation *activation = g_ptr_array_index(own, j);
            g_array_append_val(licenses, activation->license_id);
        }
    }
}

static void put_activations(Batch *batch, const GPtrArray *some)
{
    for (guint i = 0; i < some->len; i++) {
        put_activation(batch->ledger, g_ptr_array_index(some, i));
    }
}

static void find_instances(Batch *batch)
{
    const Rehearsal *rehearsal = batch->rehearsal;
    for (guint i = 0; i < batch->thumbprints->len; i++) {
        const Digest *thumbprint = &g_array_index(batch->thumbprints, Digest, i);
        put_activations(batch, ledger_of_instance(rehearsal->ledger, thumbprint));
        const GArray *kept = g_hash_table_lookup(rehearsal->histories, thumbprint);
        for (guint j = 0; kept != NULL && j < kept->len; j++) {
            put_history(batch_history(batch, thumbprint), &g_array_index(kept, HistoryRecord, j));
        }
    }
}

/* Those who wait for a license as an earlier batch has left them, instead of as they stand on
 * record. */
static void find_choosing(Batch *batch, int64_t license_id)
{
    const GArray *kept = g_hash_table_lookup(batch->rehearsal->choosing, &license_id);
    if (kept == NULL) {
        return;
    }
    for (guint i = batch->choosing->len; i > 0; i--) {
        if (g_array_index(batch->choosing, ChoosingRecord, i - 1).license_id == license_id) {
            g_array_remove_index(batch->choosing, i - 1);
        }
    }
    g_array_append_vals(batch->choosing, kept->data, kept->len);
}

void rehearsal_show(Batch *batch)
{
    if (batch->rehearsal == NULL) {
        return;
    }
    find_instances(batch);
    for (guint i = 0; i < batch->license_records->len; i++) {
        LicenseRecord *license = g_ptr_array_index(batch->license_records, i);
        put_activations(batch, ledger_of_license(batch->rehearsal->ledger, license->id));
        license->case_open |= g_hash_table_contains(batch->rehearsal->cases, &license->id);
        find_choosing(batch, license->id);
    }
}
