/* The report of what became of a file that was dropped: what `issuer ingest --json` prints of its
 * mails, an object a line, and a last line with "part": "totals". It is written beside the file
 * that is being read, so it is bounded by no memory. */
#ifndef ISSUER_SERVICE_DROP_REPORT_H
#define ISSUER_SERVICE_DROP_REPORT_H

#include "service/drop_item.h"
#include "service/ingest_totals.h"
#include "service/intake_item.h"

typedef struct DropReport DropReport;

/* An empty report on `item`, which must outlive it. The caller owns it. */
DropReport *drop_report_new(const DropItem *item);

/* Begins anew: nothing was told yet. */
void drop_report_restart(DropReport *report);

/* The next mail, which is on record. Where there is no room for it on the disk it is kept in
 * memory, and tried again; past some 64 MiB mails are only counted then. */
void drop_report_mail(DropReport *report, const IntakeItem *item);

/* What stands in the last line. */
typedef struct {
    const IngestTotals *totals;
    bool failed;
    const char *why; /* it failed; NULL: its mails say so, or it did not */
} DropResult;

/* Writes the last line and brings all to the disk, as drop_item_draft() of the item.
 * ISSUER_ERROR_UNAVAILABLE while there is no room: nothing is lost by trying again. */
bool drop_report_end(DropReport *report, const DropResult *result, GError **error);

void drop_report_free(DropReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DropReport, drop_report_free)

#endif
