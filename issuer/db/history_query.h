/* What happened, what should be seen, and what people told the program to do. */
#ifndef ISSUER_DB_HISTORY_QUERY_H
#define ISSUER_DB_HISTORY_QUERY_H

#include "core/digest.h"
#include "db/database.h"
#include "db/listing.h"

#include <stdint.h>

/* Which events; all of them together. NULL and 0: any. */
typedef struct {
    const char *license_id;
    const char *operator_name;
    const char *kind;
    int64_t from;   /* recorded at this second or later */
    int64_t until;  /* and before this one */
    int64_t before; /* older than this event: where an earlier list ended */
    unsigned most;
} EventFilter;

/* Events, newest first by when they were recorded. ISSUER_ERROR_NOT_FOUND if license, operator or
 * the event `before` is not on record, or no event of the kind is. */
Listing *history_query_events(Database *db, const EventFilter *filter, GError **error);

/* Alerts that are open at `now`, oldest first; `all`: those too that were closed, newest first. One
 * whose time lies ahead is not shown. */
Listing *history_query_alerts(Database *db, bool all, int64_t now, unsigned most, GError **error);

/* Instructions that are open, oldest first; or all, newest first. */
Listing *history_query_instructions(Database *db, bool all, unsigned most, GError **error);

/* Closes an alert, by the operator with this token. ISSUER_ERROR_DENIED, _NOT_FOUND, _STALE (it is
 * closed). */
bool history_query_close_alert(Database *db, const Digest *token, int64_t alert, const char *reason,
                               int64_t now, GError **error);

#endif
