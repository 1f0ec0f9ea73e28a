#include "service/ingest_totals.h"

#include "base/error.h"

static bool is_of_class(const BatchItem *item, const char *one, const char *other)
{
    const char *class_name = batch_item_class(item);
    return g_strcmp0(class_name, one) == 0 || g_strcmp0(class_name, other) == 0;
}

/* Where a mail counts, the gravest first; NULL: nowhere, which ingest_totals_check() finds. */
static guint64 *place_of(IngestTotals *totals, const BatchItem *item, guint decided, guint held)
{
    const bool for_person = is_of_class(item, "unrecognised", "about-license");
    const bool in_case = item->lost_of != 0 || (for_person && item->case_number != 0);
    const struct {
        bool fits;
        guint64 *count;
    } places[] = {
        {is_of_class(item, "quarantined", "quarantined"), &totals->quarantined},
        {held > 0, &totals->held},
        {in_case, &totals->cases},
        {decided > 0, &totals->answered},
        {item->known, &totals->known},
        {for_person, &totals->unrecognised},
        {is_of_class(item, "ignored", "bounce"), &totals->ignored},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        if (places[i].fits) {
            return places[i].count;
        }
    }
    return NULL;
}

void ingest_totals_count(IngestTotals *totals, const BatchItem *item)
{
    if (item->mail->absent) {
        totals->unreadable++;
        return;
    }
    totals->messages++;
    guint decided = 0;
    guint held = 0;
    for (guint i = 0; i < item->matters->len; i++) {
        const Matter *matter = g_ptr_array_index(item->matters, i);
        if (matter->decided) {
            totals->outcomes[matter->decision.outcome]++;
            decided++;
            held += matter->decision.outcome == OUTCOME_HELD;
        }
    }
    guint64 *place = place_of(totals, item, decided, held);
    if (place != NULL) {
        ++*place;
    }
}

guint64 ingest_totals_broken_off(const IngestTotals *totals)
{
    const guint64 counted = totals->messages + totals->unreadable;
    return totals->read > counted ? totals->read - counted : 0;
}

bool ingest_totals_check(const IngestTotals *totals, GError **error)
{
    const guint64 counted = totals->messages + totals->unreadable;
    const guint64 placed = totals->quarantined + totals->held + totals->cases + totals->answered +
                           totals->known + totals->unrecognised + totals->ignored;
    if (totals->read == counted && totals->messages == placed) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                "not every mail is accounted for: %" G_GUINT64_FORMAT
                " were read, %" G_GUINT64_FORMAT " are on record or told of, %" G_GUINT64_FORMAT
                " of them with an outcome; run it again, and report this fault",
                totals->read, counted, placed + totals->unreadable);
    return false;
}
