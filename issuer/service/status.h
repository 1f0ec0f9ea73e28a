/* What waits for a person or for delivery, and what has been so far. */
#ifndef ISSUER_SERVICE_STATUS_H
#define ISSUER_SERVICE_STATUS_H

#include "db/status_store.h"
#include "db/watch_store.h"
#include "service/context.h"

typedef struct {
    GPtrArray *waiting; /* of StatusWaiting, in a fixed order of kinds; a kind of which nothing
                           waits has a count of 0 */
    StatusTotals totals;
    GPtrArray *watched;  /* of Watched: what the daemons watch, or did a short while ago */
    char *signing_key;   /* that signs now: by the key folder, and where there is none by the
                            records, the newest in force; NULL: none can */
    int64_t signs_until; /* seconds */
} Status;

/* How it stands with what a daemon watches, at `now` (seconds): "ended", "silent" (its daemon was
 * not heard of for a minute), "trouble", "starts" or "works". Static. */
const char *status_of_watched(const Watched *watched, int64_t now);

/* Errors of the database. The caller owns the result. */
Status *status_read(Context *context, GError **error);

void status_free(Status *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Status, status_free)

#endif
