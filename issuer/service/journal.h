/* The journal of usage licenses: before a batch is committed, what it issued goes to the end of a
 * file in a folder of its own, best on another disk, with all that puts it on record again where an
 * older copy of the records has to do. JOURNAL.md is its format. This half writes it. */
#ifndef ISSUER_SERVICE_JOURNAL_H
#define ISSUER_SERVICE_JOURNAL_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Journal Journal;

/* The journal in `folder`; not within a transaction. ISSUER_ERROR_UNAVAILABLE where the folder
 * cannot be used, and where the journal has numbers that the records have not drawn yet: they are
 * an older copy, and what is issued would have numbers a second time. The caller owns it. */
Journal *journal_open(const char *folder, Database *database, GError **error);

/* Brings the usage licenses of these numbers (of int64_t), which the open transaction has written,
 * to the disk. ISSUER_ERROR_UNAVAILABLE where that cannot be done: nothing of it stays, and nothing
 * is to be committed. */
bool journal_write(Journal *journal, Database *database, const GArray *serials, GError **error);

/* Notes what became of the batch that was written last: committed, or given up. Where this cannot
 * be written the batch stays one of which nobody knows. */
void journal_settle(Journal *journal, bool committed);

void journal_free(Journal *journal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)

#endif
