/* The main job: from a mail export to committed decisions, signed usage licenses and queued
 * replies. Over the same export again nothing changes; killed at any point and run again, it ends
 * as if never killed. */
#ifndef ISSUER_SERVICE_INGEST_H
#define ISSUER_SERVICE_INGEST_H

#include "service/ingest_totals.h"
#include "service/intake_item.h"

/* Mails that come by another way than by paths, each from memory. */
typedef struct {
    MailFeed next; /* is called on a thread of its own */
    gpointer data; /* for all of them */
    /* Is called when the parsers have been forked, before anything is opened that no other process
     * should see. */
    bool (*prepare)(gpointer data, GError **error);
    /* Is called when the database is open, before the first mail is asked for. */
    bool (*begin)(Context *context, gpointer data, GError **error);
    BatchRecord record; /* what is written with the mails; not in a dry run */
    /* Is called when the mails of `items` (of IntakeItem *) are on record, in their order. */
    bool (*settle)(Context *context, const GPtrArray *items, gpointer data, GError **error);
} IngestFeed;

typedef struct {
    Settings *settings;          /* shared; NULL: those that config_path names */
    const char *config_path;     /* or NULL */
    const char *const *paths;    /* NULL-terminated; "-": standard input; NULL with a feed */
    const IngestFeed *feed;      /* or NULL */
    const char *purpose;         /* the command, as the database is told */
    bool dry_run;                /* decide, write nothing */
    bool allow_development_keys; /* in addition to the setting of that name */
} IngestOptions;

/* Is called for each mail once its batch is committed, in the order of the source. */
typedef void (*IngestReport)(const IntakeItem *item, gpointer data);

/* Runs to the end of the paths, or of the feed. False when going on is impossible
 * (ISSUER_ERROR_UNAVAILABLE: the database is out of reach); what was reported until then is
 * committed. True only if every mail that was read is accounted for. */
bool ingest_run(const IngestOptions *options, IngestReport report, gpointer data,
                IngestTotals *totals, GError **error);

#endif
