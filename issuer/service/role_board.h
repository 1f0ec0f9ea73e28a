/* The board of a daemon: what each of its roles is and how it stands, in memory that its processes
 * share. A role's process alone writes where it stands, or the supervisor while none runs;
 * everybody reads at any time, and never waits for a writer that was stopped or killed while it
 * wrote. It is for looking on and for telling hung processes; nothing that is decided rests on it.
 */
#ifndef ISSUER_SERVICE_ROLE_BOARD_H
#define ISSUER_SERVICE_ROLE_BOARD_H

#include "core/rules.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define ROLE_BOARD_MOST 256 /* roles of one daemon */

/* How one role stands. Texts are UTF-8, cut where they are longer. */
typedef struct {
    bool used;          /* false: the rest says nothing */
    bool ready;         /* its process runs and has what it needs */
    char role[16];      /* "drop" */
    char instance[128]; /* of [drop inbox]: "inbox"; else empty */
    char watches[256];  /* in words: a folder, a mailbox, "replies to mail.example:25" */
    char problem[512];  /* one line, without license keys; empty: all is well */
    int64_t pid;        /* 0: no process runs */
    int64_t started_at; /* seconds; when its process was started */
    int64_t restarts;   /* how often since the daemon's start its process had to be started again */
    int64_t worked_at; /* seconds; when it last found all in order, whether there was work or not */
    int64_t had_at;    /* seconds; when it last had something to do; 0: never yet */
    int64_t done;      /* how many things it did since the daemon's start */
    int64_t problem_at; /* seconds; since when it has the problem */
} RoleStanding;

typedef struct RoleBoard RoleBoard;

/* An empty board. ISSUER_ERROR_FAILED without memory. The caller owns it, and so does each process
 * that is forked after. */
RoleBoard *role_board_new(GError **error);

/* How the role at `place` (0 to ROLE_BOARD_MOST - 1) stands now; `used` tells whether there is one.
 */
RoleStanding role_board_read(const RoleBoard *board, guint place);

/* Writes it: for one writer at a time. */
void role_board_write(RoleBoard *board, guint place, const RoleStanding *standing);

/* By when (clock_monotonic_us()) the role at `place` wants to be heard of again; 0: it has not been
 * heard of yet. */
int64_t role_board_due(const RoleBoard *board, guint place);
void role_board_set_due(RoleBoard *board, guint place, int64_t due);

/* When the board was made, and so the daemon started; seconds. */
int64_t role_board_started(const RoleBoard *board);

/* Whether the daemon is about to end for good, not only to start its processes anew. */
bool role_board_ends(const RoleBoard *board);
void role_board_set_ends(RoleBoard *board);

/* When (clock_monotonic_us()) the supervisor last looked after its processes; 0: not yet. */
int64_t role_board_seen(const RoleBoard *board);
void role_board_set_seen(RoleBoard *board, int64_t seen);

/* What is counted for the whole daemon, since its start and over all restarts of its processes. */
typedef enum {
    ROLE_COUNT_ANSWERED, /* mails, each once as `issuer ingest` counts them */
    ROLE_COUNT_HELD,
    ROLE_COUNT_CASES,
    ROLE_COUNT_KNOWN,
    ROLE_COUNT_UNRECOGNISED,
    ROLE_COUNT_IGNORED,
    ROLE_COUNT_QUARANTINED,
    ROLE_COUNT_UNREADABLE,
    ROLE_COUNT_OUTCOMES, /* of codes, by Outcome */
    ROLE_COUNTS = ROLE_COUNT_OUTCOMES + OUTCOME_ACCEPTED + 1,
} RoleCount;

/* Adds to a count, or reads it; any process at any time. */
void role_board_count(RoleBoard *board, RoleCount what, uint64_t more);
uint64_t role_board_counted(const RoleBoard *board, RoleCount what);

/* Puts `text` (NULL: empty) into one of a standing's texts of `size` bytes: safe, on one line, cut
 * between two characters. */
void role_board_set_text(char *place, gsize size, const char *text);

void role_board_free(RoleBoard *board);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RoleBoard, role_board_free)

#endif
