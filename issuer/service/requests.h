/* Looking up usage requests. */
#ifndef ISSUER_SERVICE_REQUESTS_H
#define ISSUER_SERVICE_REQUESTS_H

#include "db/request_query.h"
#include "service/context.h"

/* The requests that wait for a person, or all; see request_query_list(). `more`: there are more
 * than these. */
GPtrArray *requests_list(Context *context, bool all, unsigned most, bool *more, GError **error);

/* The request that a person means by `text`; see request_query_find() and _show(). */
RequestDetail *requests_show(Context *context, const char *text, GError **error);

#endif
