/* Tells the contacts of licenses that these expire soon, through the queue of replies. */
#ifndef ISSUER_SERVICE_EXPIRY_NOTICES_H
#define ISSUER_SERVICE_EXPIRY_NOTICES_H

#include "service/context.h"

#define EXPIRY_DAYS_MOST 3650 /* before the end */

/* Whether the setting expiry-notice-days names any. */
bool expiry_notices_wanted(const Settings *settings);

/* Queues, once an hour whoever asks, what is to be told now; `queued`: how many replies. `context`
 * has the database. */
bool expiry_notices_queue(Context *context, int64_t *queued, GError **error);

#endif
