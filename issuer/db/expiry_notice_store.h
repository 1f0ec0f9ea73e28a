/* What a license's contacts are told before it expires (schema/repeat/expiry_notices.sql). Errors
 * are those of db/database.h. */
#ifndef ISSUER_DB_EXPIRY_NOTICE_STORE_H
#define ISSUER_DB_EXPIRY_NOTICE_STORE_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Queues the replies of what is to be told at `now` (seconds), once an hour; `queued`: how many.
 * `days` (of int64_t): so many before the end. In one statement. */
bool expiry_notice_store_queue(Database *database, const GArray *days, int64_t now, int64_t *queued,
                               GError **error);

#endif
