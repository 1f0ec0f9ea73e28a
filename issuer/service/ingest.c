/* Two threads: one reads, has mails parsed and verifies their codes; the other decides and writes.
 * So while the database writes one batch, the next is being read. */
#include "service/ingest.h"

#include "base/clock.h"
#include "base/error.h"
#include "db/serial_store.h"
#include "service/work_queue.h"

#define BATCH_MESSAGES 500
#define BATCH_BYTES    ((gsize)8 * 1024 * 1024)
#define BATCH_US       50000 /* microseconds from the first message on */

typedef struct {
    MailReader *reader;
    const Settings *settings;
    WorkQueue *queue;
    guint64 read; /* mails, and paths that gave none */
} Reading;

/* Some of a batch's items, `end` one past the last. */
typedef struct {
    guint from;
    guint end;
} Span;

typedef struct {
    const IngestOptions *options;
    Settings *settings;
    Context *context;
    Serials *serials;
    WorkQueue *queue;
    IngestReport report;
    gpointer data;
    IngestTotals *totals;
    GArray *given_back; /* of int64_t: licenses to which uses came back since the last look */
    guint most;         /* messages to try in one batch */
} Ingest;

static gpointer read_all(gpointer data)
{
    Reading *reading = data;
    g_autoptr(GError) error = NULL;
    ParsedMail *mail = NULL;
    while ((mail = mail_reader_next(reading->reader, &error)) != NULL) {
        reading->read++;
        if (!work_queue_push(reading->queue, intake_item_new(mail, reading->settings))) {
            break;
        }
    }
    work_queue_finish(reading->queue, g_steal_pointer(&error));
    return NULL;
}

/* A batch ends at a number of messages, at a number of bytes, or when its first message has waited
 * long enough, whichever comes first. An empty one: the end. */
static GPtrArray *next_items(WorkQueue *queue)
{
    GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)intake_item_free);
    gint64 deadline = -1;
    gsize bytes = 0;
    while (items->len < BATCH_MESSAGES && bytes < BATCH_BYTES) {
        IntakeItem *item = work_queue_pop(queue, deadline);
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
static bool try_batch(Ingest *ingest, const GPtrArray *items, Span *span, GError **error)
{
    g_autoptr(Batch) batch =
        batch_new(ingest->context, ingest->serials, clock_now(), ingest->options->dry_run);
    for (guint i = span->from; i < span->end; i++) {
        IntakeItem *item = g_ptr_array_index(items, i);
        batch_add(batch, &item->item);
    }
    if (ingest->options->feed != NULL) {
        batch_set_record(batch, ingest->options->feed->record, ingest->options->feed->data);
    }
    if (!batch_run(batch, error)) {
        return false;
    }
    span->end = span->from + batch_done(batch);
    const GArray *given_back = batch_given_back(batch);
    g_array_append_vals(ingest->given_back, given_back->data, given_back->len);
    return true;
}

/* What was refused or held before may pass by now: after a batch that gave back uses, for those
 * licenses; at the start (`licenses` NULL) for all that was changed by orders and admins. */
static bool decide_again(const Ingest *ingest, const GArray *licenses, GError **error)
{
    return ingest->options->dry_run ||
           redecide_run(ingest->context, ingest->serials, licenses, &ingest->totals->again, error);
}

static bool decide_freed(Ingest *ingest, GError **error)
{
    bool done = ingest->given_back->len == 0 || decide_again(ingest, ingest->given_back, error);
    g_array_set_size(ingest->given_back, 0);
    return done;
}

static bool is_hopeless(const GError *error)
{
    return g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE) ||
           g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_DENIED);
}

/* The one message at fault goes into quarantine with the error; the others go through. What it says
 * of itself is kept for a person, unless it is that which the records cannot take. */
static bool quarantine_item(Ingest *ingest, const GPtrArray *items, guint at, const GError *cause,
                            GError **error)
{
    g_autofree char *why = g_strdup_printf("could not be processed: %s", cause->message);
    IntakeItem *item = g_ptr_array_index(items, at);
    Span alone = {at, at + 1};
    g_autoptr(GError) failure = NULL;
    intake_item_quarantine(item, why);
    if (try_batch(ingest, items, &alone, &failure)) {
        return true;
    }
    if (is_hopeless(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    intake_item_empty(item);
    return try_batch(ingest, items, &alone, error);
}

/* Does the items from `at` on, as many as seems wise, and moves `at` behind what is done. What
 * cannot be done together is tried by halves, down to the one message at fault. Where messages end
 * batches, as those that give uses back do, batches stay small: else all that is behind would be
 * read anew for each. */
static bool run_some(Ingest *ingest, const GPtrArray *items, guint *at, GError **error)
{
    g_autoptr(GError) failure = NULL;
    const guint wanted = MIN(ingest->most, items->len - *at);
    Span span = {*at, *at + wanted};
    if (try_batch(ingest, items, &span, &failure)) {
        const guint done = span.end - *at;
        ingest->most = done == wanted ? MIN(BATCH_MESSAGES, 2 * ingest->most) : done;
        *at = span.end;
        return decide_freed(ingest, error);
    }
    if (is_hopeless(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (wanted > 1) {
        ingest->most = wanted / 2;
        return true;
    }
    return quarantine_item(ingest, items, (*at)++, failure, error);
}

static bool run_items(Ingest *ingest, const GPtrArray *items, GError **error)
{
    for (guint at = 0; at < items->len;) {
        if (!run_some(ingest, items, &at, error)) {
            return false;
        }
    }
    return true;
}

/* Each time the work done has doubled, the tables may have outgrown the plans. */
static bool replan_as_tables_grow(Ingest *ingest, guint64 batches, GError **error)
{
    return (batches & (batches - 1)) != 0 || database_replan(ingest->context->database, error);
}

static bool settle(const Ingest *ingest, const GPtrArray *items, GError **error)
{
    const IngestFeed *feed = ingest->options->feed;
    return feed == NULL || feed->settle(ingest->context, items, feed->data, error);
}

static bool run_batches(Ingest *ingest, GError **error)
{
    if (!decide_again(ingest, NULL, error)) {
        return false;
    }
    for (guint64 batches = 1;; batches++) {
        g_autoptr(GPtrArray) items = next_items(ingest->queue);
        if (items->len == 0) {
            break;
        }
        if (!run_items(ingest, items, error) || !replan_as_tables_grow(ingest, batches, error)) {
            return false;
        }
        for (guint i = 0; i < items->len; i++) {
            const IntakeItem *item = g_ptr_array_index(items, i);
            ingest_totals_count(ingest->totals, &item->item);
            ingest->report(item, ingest->data);
        }
        if (!settle(ingest, items, error)) {
            return false;
        }
    }
    GError *reading = work_queue_steal_error(ingest->queue);
    if (reading != NULL) {
        g_propagate_error(error, reading);
        return false;
    }
    return true;
}

static bool open_context(Ingest *ingest, GError **error)
{
    unsigned needs = CONTEXT_DATABASE | (ingest->options->dry_run ? 0U : CONTEXT_SIGNER) |
                     (ingest->options->allow_development_keys ? CONTEXT_DEVELOPMENT_KEYS : 0U);
    ingest->context = context_open_with(ingest->settings, needs, ingest->options->purpose, error);
    if (ingest->context == NULL) {
        return false;
    }
    ingest->serials = serials_new(ingest->context->database);
    if (!intake_may(ingest->context->database, error) ||
        !database_prefer_indexes(ingest->context->database, error)) {
        return false;
    }
    if (!ingest->options->dry_run && !context_record_signer(ingest->context, error)) {
        return false;
    }
    const IngestFeed *feed = ingest->options->feed;
    return feed == NULL || feed->begin(ingest->context, feed->data, error);
}

static bool prepare(const IngestOptions *options, GError **error)
{
    const IngestFeed *feed = options->feed;
    return feed == NULL || feed->prepare(feed->data, error);
}

static MailReader *new_reader(const IngestOptions *options, const Settings *settings)
{
    const IngestFeed *feed = options->feed;
    return feed != NULL ? mail_reader_new_feed(feed->next, feed->data, settings_mail(settings))
                        : mail_reader_new(options->paths, settings_mail(settings));
}

/* Numbers that were not used are put on record as void, also those of runs that were killed: this
 * one may be the one that ends their work, and draw none itself. */
static bool close_serials(const Ingest *ingest, GError **error)
{
    return ingest->options->dry_run || (serials_close(ingest->serials, error) &&
                                        serial_close(ingest->context->database, error));
}

static bool read_and_run(Ingest *ingest, MailReader *reader, GError **error)
{
    g_autoptr(WorkQueue) queue = work_queue_new(BATCH_MESSAGES + BATCH_MESSAGES, BATCH_BYTES);
    Reading reading = {.reader = reader, .settings = ingest->context->settings, .queue = queue};
    ingest->queue = queue;
    GThread *thread = g_thread_new("read mail", read_all, &reading);
    bool done = run_batches(ingest, error);
    work_queue_stop(queue);
    g_thread_join(thread);
    ingest->totals->read = reading.read;
    g_autoptr(GError) closing = NULL;
    if (!close_serials(ingest, &closing) && done) {
        g_propagate_error(error, g_steal_pointer(&closing));
        return false;
    }
    return done && ingest_totals_check(ingest->totals, error);
}

bool ingest_run(const IngestOptions *options, IngestReport report, gpointer data,
                IngestTotals *totals, GError **error)
{
    Ingest ingest = {.options = options, .report = report, .data = data, .totals = totals};
    *totals = (IngestTotals){0};
    g_autoptr(GArray) given_back = g_array_new(FALSE, FALSE, sizeof(int64_t));
    ingest.given_back = given_back;
    ingest.most = BATCH_MESSAGES;
    /* The parsers are forked first, so that they hold neither a connection nor a key. */
    g_autoptr(Settings) settings = settings_given(options->settings, options->config_path, error);
    if (settings == NULL) {
        return false;
    }
    ingest.settings = settings;
    g_autoptr(MailReader) reader = new_reader(options, settings);
    bool done = prepare(options, error) && open_context(&ingest, error) &&
                read_and_run(&ingest, reader, error);
    serials_free(ingest.serials);
    context_free(ingest.context);
    return done;
}
