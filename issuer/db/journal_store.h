/* What the journal of usage licenses asks of the records (service/journal.h): the rows of what a
 * batch issued, how far numbers were drawn, whether what it has is on record, and putting on record
 * what an older copy of the records lacks. Errors are those of db/database.h. */
#ifndef ISSUER_DB_JOURNAL_STORE_H
#define ISSUER_DB_JOURNAL_STORE_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What stands at the head of a batch. */
typedef struct {
    int64_t at_us;   /* the database's clock, microseconds */
    char *sequences; /* JSON object: how far the numbers of replies, cases … were given out */
    char *keys;      /* JSON array: the signing keys' rows */
} JournalHead;

/* Of the batch that issued `serials` (of int64_t), within its transaction. The caller clears it. */
bool journal_store_head(Database *database, const GArray *serials, JournalHead *head,
                        GError **error);
void journal_head_clear(JournalHead *head);

/* One usage license with all that belongs to it. */
typedef struct {
    int64_t serial;
    char *digest; /* SHA-256 of its bytes, in hex */
    char *record; /* JSON object: its rows as journal_replay() (schema/repeat/journal.sql) takes
                     them */
} JournalRecord;

/* Those of `serials` (of int64_t), in their order, within the transaction that has written them:
 * array of JournalRecord. NULL on error; the caller owns it. */
GArray *journal_store_records(Database *database, const GArray *serials, GError **error);

/* The highest number that was ever drawn; 0: none. */
bool journal_store_drawn(Database *database, int64_t *last, GError **error);

/* Digests in hex of what is on record under `serials` (of int64_t): a table of int64_t * →
 * char *, without those that are not. NULL on error; the caller owns it. */
GHashTable *journal_store_digests(Database *database, const GArray *serials, GError **error);

/* The numbers of all usage licenses recorded at or after that time (microseconds), as an array of
 * int64_t. NULL on error; the caller owns it. */
GArray *journal_store_since(Database *database, int64_t at_us, GError **error);

/* Puts the signing keys of a batch's first line (JSON) on record, where they are not, and has the
 * numbers of replies, cases … go on behind those that it names. */
bool journal_store_replay_head(Database *database, const char *head, GError **error);

/* Puts one usage license on record, if it is not. `said` (new string): "put", "on record", or what
 * keeps it from that. */
bool journal_store_replay(Database *database, const char *record, char **said, GError **error);

/* Has numbers be drawn behind `highest`; those up to it that no usage license has are void. `voids`
 * says how many became so. */
bool journal_store_close(Database *database, int64_t highest, int64_t *voids, GError **error);

#endif
