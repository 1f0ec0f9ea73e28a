/* Emptying what the records need not keep, as schema/repeat/retention.sql says it. */
#ifndef ISSUER_DB_RETENTION_STORE_H
#define ISSUER_DB_RETENTION_STORE_H

#include "db/database.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t days;  /* since all about it is over */
    int64_t now;   /* seconds */
    unsigned most; /* mails and replies to be looked at */
    int64_t after; /* the mail that the step before came to; 0: this is the first */
} RetentionStep;

typedef struct {
    int64_t emptied; /* mails and replies */
    int64_t last;    /* the mail that it came to */
    bool more;       /* another step is due */
} RetentionDone;

/* Empties some of what is over, unless that was done within a day: in one statement. Errors of
 * db/database.h. */
bool retention_store_step(Database *database, const RetentionStep *step, RetentionDone *done,
                          GError **error);

#endif
