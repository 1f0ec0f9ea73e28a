/* The main job: from a mail export to committed decisions, signed usage licenses and queued
 * replies, in one run of an intake (service/intake.h). */
#ifndef ISSUER_SERVICE_INGEST_H
#define ISSUER_SERVICE_INGEST_H

#include "service/intake.h"

typedef struct {
    Settings *settings;       /* shared; NULL: those that config_path names */
    const char *config_path;  /* or NULL */
    const char *const *paths; /* NULL-terminated; "-": standard input; NULL with a feed */
    const IntakeFeed *feed;   /* or NULL */
    /* Is called with the feed's data when the parsers have been forked, before anything is opened
     * that no other process should see; or NULL. */
    void (*prepare)(gpointer data);
    const char *purpose;         /* the command, as the database is told */
    bool dry_run;                /* decide, write nothing */
    bool allow_development_keys; /* in addition to the setting of that name */
} IngestOptions;

/* Runs to the end of the paths, or of the feed. False when going on is impossible
 * (ISSUER_ERROR_UNAVAILABLE: the database is out of reach); what was reported until then is
 * committed. True only if every mail that was read is accounted for. */
bool ingest_run(const IngestOptions *options, IntakeReport report, gpointer data,
                IngestTotals *totals, GError **error);

#endif
