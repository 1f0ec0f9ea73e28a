/* How a daemon does, by its board and by what a look at the records has found. */
#ifndef ISSUER_SERVICE_HEALTH_H
#define ISSUER_SERVICE_HEALTH_H

#include "service/record_look.h"
#include "service/role_board.h"

/* Seconds without which the supervisor has never been for a second time: it looks each second. */
#define HEALTH_SUPERVISOR_MOST 10

typedef enum {
    HEALTH_RUNS,
    HEALTH_AWAY,  /* no process of it runs; it is started again */
    HEALTH_HANGS, /* it was not heard of in time */
} HealthOfRole;

/* Whether the role at `place`, which stands as `standing`, lives. */
HealthOfRole health_of_role(const RoleBoard *board, guint place, const RoleStanding *standing);

/* What keeps the daemon from being alive: its supervisor or one of its roles is not; one line, new
 * string. NULL: nothing. */
char *health_not_live(const RoleBoard *board);

/* What keeps it from issuing: it is not alive, or about to end, or has no records in reach that are
 * this program's, or a role that signs or has signed is in trouble; one line, new string. NULL:
 * nothing. `facts` may be NULL. */
char *health_not_ready(const RoleBoard *board, const RecordFacts *facts);

/* The same of the records alone. */
char *health_of_records(const RecordFacts *facts);

#endif
