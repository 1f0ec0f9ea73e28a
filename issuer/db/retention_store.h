/* Emptying what the records need not keep, as schema/repeat/retention.sql says it. */
#ifndef ISSUER_DB_RETENTION_STORE_H
#define ISSUER_DB_RETENTION_STORE_H

#include "db/database.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t days;  /* since all about it is over */
    int64_t now;   /* seconds */
    unsigned most; /* mails and replies */
} RetentionStep;

/* Empties some of what is over, unless that was done within a day: in one statement. `emptied`: how
 * many; `most` of them: there may be more. Errors of db/database.h. */
bool retention_store_step(Database *database, const RetentionStep *step, int64_t *emptied,
                          GError **error);

#endif
