/* A look at the records now and then, by a thread with a session of its own, for whoever wants to
 * know how they stand without ever waiting for the database. However often its findings are read,
 * the database is asked no more often. */
#ifndef ISSUER_SERVICE_RECORD_LOOK_H
#define ISSUER_SERVICE_RECORD_LOOK_H

#include "db/status_store.h"
#include "service/settings.h"

#define RECORD_LOOK_SECONDS 10 /* from the end of a look to the next */
#define RECORD_LOOK_MOST    5  /* seconds that a statement of it may take */
#define RECORD_LOOK_OLD     40 /* seconds past which it says nothing any more about now */

/* What one look has found. */
typedef struct {
    gatomicrefcount references;
    char *problem;       /* one line: why nothing was found; NULL: all that follows was */
    int64_t looked_at;   /* seconds; when it ended */
    int64_t looked_us;   /* the same by clock_monotonic_us() */
    int64_t took_us;     /* from its begin to its end */
    GPtrArray *waiting;  /* of StatusWaiting; NULL with a problem */
    StatusTotals totals; /* empty with a problem */
} RecordFacts;

typedef struct RecordLook RecordLook;

/* Starts to look, with the login of `settings`; the schema must be the program's own. The caller
 * owns it. */
RecordLook *record_look_new(Settings *settings);

/* What the last look has found, to be given back by record_facts_free(); NULL: none has ended
 * yet. */
RecordFacts *record_look_facts(RecordLook *look);
void record_facts_free(RecordFacts *facts);

/* Ends it: true if its thread has ended within a second and all is freed. False while the database
 * does not answer: it is left as it is, and the process ends by _exit(). */
bool record_look_end(RecordLook *look);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordFacts, record_facts_free)

#endif
