/* Mails that tell of a lost server: each opens a case where it names one license, of which its
 * sender is a contact. All others are for a person to look at. */
#include "service/batch_internal.h"

#include "core/license_reading.h"
#include "db/case_store.h"

#include <string.h>

static const LicenseReading *reading_at(const BatchItem *item, guint i)
{
    return &g_array_index(item->readings, LicenseReading, i);
}

/* A mail that is on record has opened its case, or has not. */
static bool may_open(const Batch *batch, const BatchItem *item)
{
    return batch_may_act_for(batch, item) && item->readings != NULL && item->mail != NULL &&
           !item->known && item->sender != NULL;
}

bool batch_losses_find(Batch *batch, GError **error)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        for (guint j = 0; may_open(batch, item) && j < item->readings->len; j++) {
            g_ptr_array_add(texts, reading_at(item, j)->text);
        }
    }
    batch->named = intake_find_named(batch->context->database, texts, error);
    return batch->named != NULL;
}

/* The licenses that fit a reading: ids. */
static void add_licenses(const Batch *batch, const char *reading, GArray *licenses)
{
    for (guint i = 0; i < batch->named->len; i++) {
        const NamedLicense *named = &g_array_index(batch->named, NamedLicense, i);
        if (strcmp(named->reading, reading) == 0) {
            batch_append_once(licenses, named->id);
        }
    }
}

/* The licenses on record that a mail names: in each place the longest reading that fits any. */
static GArray *licenses_of(const Batch *batch, const BatchItem *item)
{
    GArray *licenses = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < item->readings->len;) {
        const guint place = reading_at(item, i)->place;
        g_autoptr(GArray) here = g_array_new(FALSE, FALSE, sizeof(int64_t));
        for (; i < item->readings->len && reading_at(item, i)->place == place; i++) {
            if (here->len == 0) {
                add_licenses(batch, reading_at(item, i)->text, here);
            }
        }
        for (guint j = 0; j < here->len; j++) {
            batch_append_once(licenses, g_array_index(here, int64_t, j));
        }
    }
    return licenses;
}

void batch_losses_add_checks(const Batch *batch, const BatchItem *item, GArray *checks)
{
    if (!may_open(batch, item) || batch->named->len == 0) {
        return;
    }
    g_autoptr(GArray) licenses = licenses_of(batch, item);
    for (guint i = 0; i < licenses->len; i++) {
        batch_add_check(batch, checks, g_array_index(licenses, int64_t, i), item->sender);
    }
}

/* Of several licenses a person says which is meant. */
static int64_t license_meant(const Batch *batch, const BatchItem *item)
{
    g_autoptr(GArray) licenses = licenses_of(batch, item);
    int64_t meant = 0;
    for (guint i = 0; i < licenses->len; i++) {
        const int64_t license_id = g_array_index(licenses, int64_t, i);
        if (!batch_knows_contact(batch, license_id, item->sender)) {
            continue;
        }
        if (meant != 0) {
            return 0;
        }
        meant = license_id;
    }
    return meant;
}

/* It tells more of a case that is open. What comes when that is over tells of another loss. */
static bool belongs_to_one(const Batch *batch, const BatchItem *item)
{
    for (guint i = 0; i < batch->joins->len; i++) {
        const CaseJoin *join = &g_array_index(batch->joins, CaseJoin, i);
        if (join->may_speak && join->open_loss &&
            g_ptr_array_index(batch->items, join->mail) == item) {
            return true;
        }
    }
    return false;
}

void batch_losses_choose(Batch *batch)
{
    for (guint i = 0; i < batch->items->len; i++) {
        BatchItem *item = g_ptr_array_index(batch->items, i);
        if (may_open(batch, item) && batch->named->len > 0 && !belongs_to_one(batch, item)) {
            item->lost_of = license_meant(batch, item);
        }
    }
}

bool batch_losses_open(Batch *batch, GError **error)
{
    g_autoptr(GArray) losses = g_array_new(FALSE, FALSE, sizeof(LossRow));
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    for (guint i = 0; i < batch->items->len; i++) {
        BatchItem *item = g_ptr_array_index(batch->items, i);
        if (item->lost_of != 0) {
            const LossRow row = {.message_id = item->message_id, .license_id = item->lost_of};
            g_array_append_val(losses, row);
            g_ptr_array_add(items, item);
        }
    }
    if (!intake_open_cases(batch->context->database, losses, batch->now, error)) {
        return false;
    }
    for (guint i = 0; i < items->len; i++) {
        BatchItem *item = g_ptr_array_index(items, i);
        item->case_number = g_array_index(losses, LossRow, i).case_number;
    }
    return true;
}
