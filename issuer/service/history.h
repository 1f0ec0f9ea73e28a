/* What happened, what should be seen, and what people told the program to do. */
#ifndef ISSUER_SERVICE_HISTORY_H
#define ISSUER_SERVICE_HISTORY_H

#include "base/secret.h"
#include "db/history_query.h"
#include "service/context.h"
#include "service/listings.h"

#define HISTORY_MOST 200 /* rows of a list unless told otherwise */

/* See history_query_events(), _alerts(), _instructions(). */
Listing *history_events(Context *context, const EventFilter *filter, GError **error);
Listing *history_alerts(Context *context, bool all, GError **error);
Listing *history_instructions(Context *context, bool all, GError **error);

/* Closes the alert of this number, as a person typed it. ISSUER_ERROR_USAGE if it is none; else as
 * history_query_close_alert(). */
bool history_close_alert(Context *context, const Secret *token, const char *typed,
                         const char *reason, GError **error);

#endif
