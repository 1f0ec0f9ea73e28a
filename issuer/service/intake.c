/* Two threads: one reads, has mails parsed and verifies their codes; the other decides and writes.
 * So while the database writes one batch, the next is being read. */
#include "service/intake_internal.h"

#include "base/clock.h"
#include "db/serial_store.h"
#include "db/waiting_store.h"

#define QUEUE_BYTES ((gsize)8 * 1024 * 1024)
#define LOOK_US     ((int64_t)10 * G_USEC_PER_SEC)  /* a change may be passed over for so long */
#define NUMBERS_US  ((int64_t)600 * G_USEC_PER_SEC) /* numbers are kept ready for so long */

typedef struct {
    Intake *intake;
    guint64 read; /* mails, and paths that gave none */
} Reading;

Intake *intake_new(const IntakeOptions *options)
{
    static const char *const nothing[] = {NULL};
    const MailSettings *mail = settings_mail(options->settings);
    const IntakeFeed *feed = options->feed;
    Intake *intake = g_new0(Intake, 1);
    intake->options = options;
    intake->reader = feed != NULL ? mail_reader_new_feed(feed->next, feed->data, mail)
                                  : mail_reader_new(nothing, mail);
    intake->given_back = g_array_new(FALSE, FALSE, sizeof(int64_t));
    return intake;
}

/* ---- opening and closing ---- */

static void drop_connection(Intake *intake)
{
    g_clear_pointer(&intake->serials, serials_free);
    g_clear_pointer(&intake->context, context_free);
    intake->batches = 0;
    intake->mark = intake->looked_us = intake->drawn_us = 0;
}

static bool prepare_session(Intake *intake, GError **error)
{
    Database *database = intake->context->database;
    intake->serials = serials_new(database);
    return intake_may(database, error) && database_prefer_indexes(database, error) &&
           (intake->options->dry_run || context_record_signer(intake->context, error));
}

bool intake_open(Intake *intake, GError **error)
{
    if (intake->context != NULL) {
        return true;
    }
    const IntakeOptions *options = intake->options;
    const unsigned needs = CONTEXT_DATABASE | (options->dry_run ? 0U : CONTEXT_SIGNER) |
                           (options->allow_development_keys ? CONTEXT_DEVELOPMENT_KEYS : 0U);
    intake->context =
        context_open_asking(options->settings, options->signer, needs, options->purpose, error);
    if (intake->context == NULL || !prepare_session(intake, error)) {
        drop_connection(intake);
        return false;
    }
    return true;
}

/* Numbers that were not used are put on record as void, also those of runs that were killed: this
 * one may be the one that ends their work, and draw none itself. */
static bool settle_numbers(Intake *intake, GError **error)
{
    intake->drawn_us = 0;
    return intake->options->dry_run || (serials_close(intake->serials, error) &&
                                        serial_close(intake->context->database, error));
}

bool intake_close(Intake *intake, GError **error)
{
    const bool done = intake->context == NULL || settle_numbers(intake, error);
    drop_connection(intake);
    return done;
}

void intake_free(Intake *intake)
{
    if (intake == NULL) {
        return;
    }
    drop_connection(intake);
    mail_reader_free(intake->reader);
    g_array_unref(intake->given_back);
    rehearsal_free(intake->rehearsal);
    g_free(intake);
}

/* ---- what was decided before ---- */

/* Looks at all that was changed by orders and admins, where something was or it is time to. */
static bool decide_changed(Intake *intake, RedecideTotals *again, GError **error)
{
    bool changed = false;
    if (intake->options->dry_run) {
        return true;
    }
    if (!waiting_mark(intake->context->database, &intake->mark, &changed, error)) {
        return false;
    }
    const int64_t now = clock_monotonic_us();
    if (!changed && intake->looked_us != 0 && now - intake->looked_us < LOOK_US) {
        return true;
    }
    intake->looked_us = now;
    return redecide_run(intake->context, intake->serials, NULL, again, error);
}

/* ---- runs ---- */

static gpointer read_all(gpointer data)
{
    Reading *reading = data;
    Intake *intake = reading->intake;
    g_autoptr(GError) error = NULL;
    ParsedMail *mail = NULL;
    while ((mail = mail_reader_next(intake->reader, &error)) != NULL) {
        reading->read++;
        if (!work_queue_push(intake->queue, intake_item_new(mail, intake->options->settings))) {
            break;
        }
    }
    work_queue_finish(intake->queue, g_steal_pointer(&error));
    return NULL;
}

static bool read_and_run(Intake *intake, GError **error)
{
    g_autoptr(WorkQueue) queue = work_queue_new(INTAKE_MESSAGES + INTAKE_MESSAGES, QUEUE_BYTES);
    Reading reading = {.intake = intake};
    intake->queue = queue;
    GThread *thread = g_thread_new("read mail", read_all, &reading);
    const bool done =
        decide_changed(intake, &intake->totals->again, error) && intake_run_batches(intake, error);
    work_queue_stop(queue);
    g_thread_join(thread);
    intake->queue = NULL;
    intake->totals->read = reading.read;
    return done && ingest_totals_check(intake->totals, error);
}

static bool begin_feed(Intake *intake, GError **error)
{
    const IntakeFeed *feed = intake->options->feed;
    return feed == NULL || feed->begin(intake->context, feed->data, error);
}

static bool run_open(Intake *intake, const IntakeRun *run, GError **error)
{
    mail_reader_restart(intake->reader, run->paths, run->place);
    intake->run = run;
    intake->ran = true;
    intake->most = INTAKE_MESSAGES;
    g_array_set_size(intake->given_back, 0);
    g_clear_pointer(&intake->rehearsal, rehearsal_free);
    intake->rehearsal = intake->options->dry_run ? rehearsal_new() : NULL;
    return begin_feed(intake, error) && read_and_run(intake, error);
}

bool intake_run(Intake *intake, const IntakeRun *run, IngestTotals *totals, GError **error)
{
    *totals = (IngestTotals){0};
    intake->totals = totals;
    if (!intake_open(intake, error)) {
        return false;
    }
    if (!run_open(intake, run, error)) {
        (void)intake_close(intake, NULL);
        return false;
    }
    return true;
}

/* So that the next mail need not wait for a number to be drawn. */
static bool have_number(Intake *intake, GError **error)
{
    const int64_t now = clock_monotonic_us();
    if (intake->drawn_us != 0 && now - intake->drawn_us >= NUMBERS_US) {
        return settle_numbers(intake, error);
    }
    if (!intake->ran || intake->options->dry_run || !serials_in_use(intake->serials)) {
        return true;
    }
    intake->ran = false;
    intake->drawn_us = intake->drawn_us == 0 ? now : intake->drawn_us;
    return serials_reserve(intake->serials, 1, error);
}

bool intake_rest(Intake *intake, RedecideTotals *again, GError **error)
{
    *again = (RedecideTotals){0};
    if (intake->context == NULL ||
        (decide_changed(intake, again, error) && have_number(intake, error))) {
        return true;
    }
    (void)intake_close(intake, NULL);
    return false;
}
