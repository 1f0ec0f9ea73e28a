/* Taking mails in, again and again: what is made ready once (parsers, the connection, the key,
 * plans, numbers) serves run after run. A command has one run, a role of the daemon as many as
 * files and mails come. Over the same mails again nothing changes; killed at any point and run
 * again, it ends as if never killed. */
#ifndef ISSUER_SERVICE_INTAKE_H
#define ISSUER_SERVICE_INTAKE_H

#include "service/ingest_totals.h"
#include "service/intake_item.h"

/* Mails that come by another way than by paths, each from memory. */
typedef struct {
    MailFeed next; /* is called on a thread of its own */
    gpointer data; /* for all of them */
    /* Is called in each run when the database is open, before the first mail is asked for. */
    bool (*begin)(Context *context, gpointer data, GError **error);
    BatchRecord record; /* what is written with the mails; not in a dry run */
    /* Is called when the mails of `items` (of IntakeItem *) are on record, in their order. */
    bool (*settle)(Context *context, const GPtrArray *items, gpointer data, GError **error);
} IntakeFeed;

typedef struct {
    Settings *settings;          /* shared */
    const IntakeFeed *feed;      /* NULL: mails come by paths */
    const char *signer;          /* the socket on which it is asked; NULL: the key is opened here */
    const char *purpose;         /* as the database is told: "issuer ingest" */
    bool dry_run;                /* decide, write nothing */
    bool allow_development_keys; /* in addition to the setting of that name */
} IntakeOptions;

/* Is called for each mail once its batch is committed, in the order of the source. */
typedef void (*IntakeReport)(const IntakeItem *item, gpointer data);

/* One run. */
typedef struct {
    const char *const *paths; /* NULL-terminated; "-": standard input; NULL with a feed */
    const MailPlace *place;   /* what one of them is called; or NULL */
    IntakeReport report;
    /* Is asked before each batch, and now and then while none is there: whether it is to end; or
     * NULL. */
    bool (*stops)(gpointer data);
    gpointer data; /* for both */
} IntakeRun;

typedef struct Intake Intake;

/* Forks the parsers, so it comes before anything that they should not see is opened and before
 * there are threads. `options` and what they point to must outlive the result, which the caller
 * owns. */
Intake *intake_new(const IntakeOptions *options);

/* Opens database and key, unless they are open. The first run does it where nobody has. Errors of
 * context_open(); ISSUER_ERROR_DENIED if the login may not take mails in, or the key is revoked. */
bool intake_open(Intake *intake, GError **error);

/* Runs to the end of the paths, or of the feed. False when going on is impossible
 * (ISSUER_ERROR_UNAVAILABLE: the database is out of reach, or it was to end early): what was
 * reported until then is committed, the connection is closed, and another run opens it again. True
 * only if every mail that was read is accounted for. What orders and admins have changed since the
 * last run is seen first: earlier requests are decided again for it. */
bool intake_run(Intake *intake, const IntakeRun *run, IngestTotals *totals, GError **error);

/* What has time until nothing waits, to be called every few seconds then: earlier requests are
 * decided again where something has changed for them, numbers that nobody needs go on record as
 * void. `again` tells what was decided. As intake_run() where it fails; opens nothing. */
bool intake_rest(Intake *intake, RedecideTotals *again, GError **error);

/* Puts on record the numbers that were drawn and not used, also those of runs that were killed, and
 * closes database and key. */
bool intake_close(Intake *intake, GError **error);

/* Ends the parsers too; without intake_close() the numbers are left to the next one. */
void intake_free(Intake *intake);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Intake, intake_free)

#endif
