/* What became of the mails of one run: each counts once, by the gravest that befell it, and the sum
 * is held against what was read. */
#ifndef ISSUER_SERVICE_INGEST_TOTALS_H
#define ISSUER_SERVICE_INGEST_TOTALS_H

#include "service/batch.h"
#include "service/redecide.h"

typedef struct {
    guint64 read;     /* what the reader gave: mails, and paths that gave none */
    guint64 messages; /* mails; each is one of the following */
    guint64 quarantined;
    guint64 held;         /* a code of it waits for a person */
    guint64 cases;        /* opened a case; or, without a code, belongs to one */
    guint64 answered;     /* its codes were decided now, and none of them is held */
    guint64 known;        /* on record before, and nothing more was decided */
    guint64 unrecognised; /* listed for a person, about-license included */
    guint64 ignored;      /* bounces included */

    guint64 unreadable;                     /* paths that gave no mail; none of the messages */
    guint64 outcomes[OUTCOME_ACCEPTED + 1]; /* of codes, by Outcome */
    RedecideTotals again;                   /* earlier requests that were decided again */
} IngestTotals;

/* Counts a mail whose batch is on record, all but `read`. */
void ingest_totals_count(IngestTotals *totals, const BatchItem *item);

/* How many were read of which nothing is on record: none, unless the run was broken off. */
guint64 ingest_totals_broken_off(const IngestTotals *totals);

/* Whether every mail that was read has been counted, and counted as something; else an error that
 * says how many are missing (ISSUER_ERROR_FAILED). */
bool ingest_totals_check(const IngestTotals *totals, GError **error);

#endif
