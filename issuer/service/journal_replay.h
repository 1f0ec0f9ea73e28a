/* `issuer journal replay`: puts on record what the journal of usage licenses has and an older copy
 * of the records lacks, so that no number is used twice and no usage license is unknown. */
#ifndef ISSUER_SERVICE_JOURNAL_REPLAY_H
#define ISSUER_SERVICE_JOURNAL_REPLAY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t put;         /* usage licenses put on record */
    int64_t on_record;   /* that were there */
    int64_t voids;       /* numbers that became void */
    int64_t unsettled;   /* in batches of which nobody knows whether they were committed: not put */
    GPtrArray *problems; /* of char *: one line each; nothing is changed where there are any */
} JournalReplay;

/* All or nothing, as the database's owner; with `dry_run` nothing. What is wrong with the journal
 * or lacks in the records is no error but in `problems`. The caller frees it. NULL with the errors
 * of context_open(), ISSUER_ERROR_UNAVAILABLE where the journal cannot be read, ISSUER_ERROR_INPUT
 * where no journal is kept. */
JournalReplay *journal_replay(const char *config_path, bool dry_run, GError **error);
void journal_replay_free(JournalReplay *replay);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JournalReplay, journal_replay_free)

#endif
