/* Takes in the mails of mailboxes: each is read by IMAP, goes the way of `ingest`, and is marked or
 * moved there once its outcome is on record. Broken off at any point and run again, it ends as if
 * never broken off. */
#ifndef ISSUER_SERVICE_FETCH_H
#define ISSUER_SERVICE_FETCH_H

#include "service/fetch_box.h"
#include "service/ingest.h"

typedef struct {
    Settings *settings;           /* shared; NULL: those that config_path names */
    const char *config_path;      /* or NULL */
    const char *const *mailboxes; /* names, NULL-terminated; none: all that are set */
    guint64 limit;                /* mails; 0: all */
    bool dry_run;                 /* decide, write nothing, leave the mails as they are */
    bool allow_development_keys;  /* in addition to the setting of that name */
} FetchOptions;

/* Is called for each mailbox at the end. */
typedef void (*FetchReport)(const FetchBox *box, gpointer data);

/* What is told while it runs, and to whom. */
typedef struct {
    IntakeReport mail;
    FetchReport mailbox;
    gpointer data;
} FetchReports;

/* Reads until there is nothing new in any of them. False with ISSUER_ERROR_USAGE: no mailbox of
 * that name is set; _INPUT: none is set; _UNAVAILABLE and others: as ingest_run(). What ended a
 * mailbox, be it that it is set wrongly, is told by its report and costs no other one. */
bool fetch_run(const FetchOptions *options, const FetchReports *reports, IngestTotals *totals,
               GError **error);

#endif
