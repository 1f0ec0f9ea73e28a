/* What staff is told of: found on record, and told as schema/repeat/staff_notices.sql says. Errors
 * are those of db/database.h. */
#ifndef ISSUER_DB_STAFF_NOTICE_STORE_H
#define ISSUER_DB_STAFF_NOTICE_STORE_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A mailbox of which silence is told. */
typedef struct {
    int64_t id;       /* on record; 0: it never was opened */
    const char *name; /* in the settings */
    int64_t hours;    /* without a mail */
} NoticeMailbox;

/* One thing of which staff is told. */
typedef struct {
    int64_t id;
    char *kind;      /* "hold", "alert", … */
    char *says;      /* one line */
    int64_t noticed; /* seconds */
} StaffNotice;

/* Takes what daemons do one at a time for the daemon `who` (a UUID), for so many `seconds` by the
 * database's clock: `ours` tells whether no other has it. Asked again by who has it, it stays. */
bool staff_notice_store_claim(Database *database, const char *who, unsigned seconds, bool *ours,
                              GError **error);

/* Leaves it to others at once, if `who` has it. */
bool staff_notice_store_release(Database *database, const char *who, GError **error);

/* Puts on record what is new at `now` (seconds), of `mailboxes` (of NoticeMailbox) too, and holds
 * that have waited for so many `hold_days` (of int64_t); `count`: how many things. In one
 * statement. */
bool staff_notice_store_find(Database *database, const GArray *mailboxes, const GArray *hold_days,
                             int64_t now, int64_t *count, GError **error);

/* Begins to tell of at most `most` things, or again of those that could not be told: `telling` is
 * its number, 0: there is nothing to tell now. `how`: "mail" or "command". In one statement. */
bool staff_notice_store_begin(Database *database, const char *how, int64_t now, unsigned most,
                              int64_t *telling, GError **error);

/* What is told by it, in the order in which it was noticed: of StaffNotice *. The caller owns it.
 */
GPtrArray *staff_notice_store_load(Database *database, int64_t telling, GError **error);

/* What became of a try. */
typedef struct {
    int64_t telling;
    int exit_code;       /* of a command; -1: there was none */
    const char *problem; /* NULL: it is done */
    int64_t now;         /* seconds */
} NoticeOutcome;

bool staff_notice_store_end(Database *database, const NoticeOutcome *outcome, GError **error);

#endif
