/* What the daemons watch, and when each was started, took new settings and stopped. */
#ifndef ISSUER_DB_WATCH_STORE_H
#define ISSUER_DB_WATCH_STORE_H

#include "core/digest.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* One thing that a daemon watches. Times in seconds, 0: never. */
typedef struct {
    const char *role;
    const char *instance; /* "" without one */
    const char *watches;  /* in words */
    const char *problem;  /* one line; NULL: all is well */
    int64_t problem_at;
    int64_t started_at; /* its process; 0: none runs */
    int64_t worked_at;  /* it last found all in order */
    int64_t had_at;     /* it last had something to do */
    int64_t done;       /* things, since the daemon's start */
    int64_t restarts;   /* of its process */
} WatchRow;

/* Takes the name of a daemon for this session: `ours` tells whether another session has it. */
bool watch_store_claim(Database *database, const char *daemon, bool *ours, GError **error);

/* Writes down what `daemon` watches at `now`: `rows` (of WatchRow) and nothing else. In one
 * statement. */
bool watch_store_write(Database *database, const char *daemon, const GArray *rows, int64_t now,
                       GError **error);

typedef enum { WATCH_STARTED, WATCH_RELOADED, WATCH_STOPPED } WatchChangeKind;

typedef struct {
    WatchChangeKind kind;
    const char *run; /* UUID: the daemon with these settings */
    const char *daemon;
    const char *version;
    Digest policy;
    int64_t now; /* seconds */
} WatchChange;

/* Puts it on record, with its event, unless it is there already. In one statement. */
bool watch_store_change(Database *database, const WatchChange *change, GError **error);

/* One row of the list for people. Times as above. */
typedef struct {
    char *daemon;
    char *role;
    char *instance;
    char *watches;
    char *problem; /* NULL: none */
    int64_t problem_at;
    int64_t started_at;
    int64_t worked_at;
    int64_t had_at;
    int64_t done;
    int64_t restarts;
    int64_t seen_at;  /* its daemon last said so */
    int64_t ended_at; /* 0: it is watched, if its daemon lives */
} Watched;

/* What is watched, or was after `since` (seconds), whether it has ended or nothing was heard of it
 * then: of Watched *, by daemon, itself first. The caller owns it. */
GPtrArray *watch_store_list(Database *database, int64_t since, GError **error);

#endif
