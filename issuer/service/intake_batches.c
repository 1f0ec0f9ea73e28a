/* Batches of mails, decided and written while the next are being read. */
#include "service/intake_internal.h"

#include "base/clock.h"
#include "base/error.h"

#define BATCH_BYTES ((gsize)8 * 1024 * 1024)
#define BATCH_US    50000 /* microseconds from the first message on */
#define ALONE_TRIES 20    /* of a single message to which other writers come first */
#define WAIT_US     ((int64_t)G_USEC_PER_SEC)

/* Some of a batch's items, `end` one past the last. */
typedef struct {
    guint from;
    guint end;
} Span;

static bool is_to_stop(const Intake *intake)
{
    return intake->run->stops != NULL && intake->run->stops(intake->run->data);
}

/* Waits for as long as it takes, but asks meanwhile whether it is to stop. */
static IntakeItem *first_item(const Intake *intake)
{
    IntakeItem *item = NULL;
    while (item == NULL && !work_queue_is_over(intake->queue) && !is_to_stop(intake)) {
        item = work_queue_pop(intake->queue, clock_monotonic_us() + WAIT_US);
    }
    return item;
}

/* A batch ends at a number of messages, at a number of bytes, or when its first message has waited
 * long enough, whichever comes first. An empty one: the end. */
static GPtrArray *next_items(const Intake *intake)
{
    GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)intake_item_free);
    gint64 deadline = -1;
    gsize bytes = 0;
    while (items->len < INTAKE_MESSAGES && bytes < BATCH_BYTES) {
        IntakeItem *item =
            items->len == 0 ? first_item(intake) : work_queue_pop(intake->queue, deadline);
        if (item == NULL) {
            break;
        }
        if (items->len == 0) {
            deadline = clock_monotonic_us() + BATCH_US;
        }
        bytes += item->mail->raw != NULL ? g_bytes_get_size(item->mail->raw) : 0;
        g_ptr_array_add(items, item);
    }
    return items;
}

/* Does the items of a span, or the first of them up to where the batch had to end
 * (service/batch.h): span->end is set to the end of what was done. */
static bool try_batch(Intake *intake, const GPtrArray *items, Span *span, GError **error)
{
    g_autoptr(Batch) batch =
        batch_new(intake->context, intake->serials, clock_now(), intake->options->dry_run);
    for (guint i = span->from; i < span->end; i++) {
        IntakeItem *item = g_ptr_array_index(items, i);
        batch_add(batch, &item->item);
    }
    batch_set_rehearsal(batch, intake->rehearsal);
    if (intake->options->feed != NULL) {
        batch_set_record(batch, intake->options->feed->record, intake->options->feed->data);
    }
    if (!batch_run(batch, error)) {
        return false;
    }
    span->end = span->from + batch_done(batch);
    const GArray *given_back = batch_given_back(batch);
    g_array_append_vals(intake->given_back, given_back->data, given_back->len);
    return true;
}

/* What was refused or held before may pass now that a batch has given back uses. */
static bool decide_freed(Intake *intake, GError **error)
{
    const bool done = intake->given_back->len == 0 || intake->options->dry_run ||
                      redecide_run(intake->context, intake->serials, intake->given_back,
                                   &intake->totals->again, error);
    g_array_set_size(intake->given_back, 0);
    return done;
}

static bool is_hopeless(const GError *error)
{
    return g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE) ||
           g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_DENIED);
}

/* The one message at fault goes into quarantine with the error; the others go through. What it says
 * of itself is kept for a person, unless it is that which the records cannot take. */
static bool quarantine_item(Intake *intake, const GPtrArray *items, guint at, const GError *cause,
                            GError **error)
{
    g_autofree char *why = g_strdup_printf("could not be processed: %s", cause->message);
    IntakeItem *item = g_ptr_array_index(items, at);
    Span alone = {at, at + 1};
    g_autoptr(GError) failure = NULL;
    intake_item_quarantine(item, why);
    if (try_batch(intake, items, &alone, &failure)) {
        return true;
    }
    if (is_hopeless(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    intake_item_empty(item);
    return try_batch(intake, items, &alone, error);
}

/* Does the items from `at` on, as many as seems wise, and moves `at` behind what is done. What
 * cannot be done together is tried by halves, down to the one message at fault. Where messages end
 * batches, as those that give uses back do, batches stay small: else all that is behind would be
 * read anew for each. One alone to which others come first is no fault of its own for long: `tries`
 * counts. */
static bool run_some(Intake *intake, const GPtrArray *items, guint *at, guint *tries,
                     GError **error)
{
    g_autoptr(GError) failure = NULL;
    const guint wanted = MIN(intake->most, items->len - *at);
    Span span = {*at, *at + wanted};
    if (try_batch(intake, items, &span, &failure)) {
        const guint done = span.end - *at;
        intake->most = done == wanted ? MIN(INTAKE_MESSAGES, 2 * intake->most) : done;
        *at = span.end;
        *tries = 0;
        return decide_freed(intake, error);
    }
    if (is_hopeless(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (wanted > 1) {
        intake->most = wanted / 2;
        return true;
    }
    if (g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_CONFLICT) && ++(*tries) < ALONE_TRIES) {
        g_usleep((gulong)g_random_int_range(10000, 100000));
        return true;
    }
    *tries = 0;
    return quarantine_item(intake, items, (*at)++, failure, error);
}

static bool run_items(Intake *intake, const GPtrArray *items, GError **error)
{
    guint tries = 0;
    for (guint at = 0; at < items->len;) {
        if (!run_some(intake, items, &at, &tries, error)) {
            return false;
        }
    }
    return true;
}

/* Each time the work done has doubled, the tables may have outgrown the plans. */
static bool replan_as_tables_grow(Intake *intake, GError **error)
{
    const guint64 batches = ++intake->batches;
    return (batches & (batches - 1)) != 0 || database_replan(intake->context->database, error);
}

static bool settle(const Intake *intake, const GPtrArray *items, GError **error)
{
    const IntakeFeed *feed = intake->options->feed;
    return feed == NULL || feed->settle(intake->context, items, feed->data, error);
}

bool intake_run_batches(Intake *intake, GError **error)
{
    for (;;) {
        g_autoptr(GPtrArray) items = next_items(intake);
        if (items->len == 0) {
            break;
        }
        if (!run_items(intake, items, error) || !replan_as_tables_grow(intake, error)) {
            return false;
        }
        for (guint i = 0; i < items->len; i++) {
            const IntakeItem *item = g_ptr_array_index(items, i);
            ingest_totals_count(intake->totals, &item->item);
            intake->run->report(item, intake->run->data);
        }
        if (!settle(intake, items, error)) {
            return false;
        }
    }
    if (!work_queue_is_over(intake->queue)) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                            "it was to end before all mails were read");
        return false;
    }
    GError *reading = work_queue_steal_error(intake->queue);
    if (reading != NULL) {
        g_propagate_error(error, reading);
        return false;
    }
    return true;
}
