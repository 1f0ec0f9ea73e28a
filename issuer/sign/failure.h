/* OpenSSL keeps its errors in a queue of its own; here they become the house's. */
#ifndef ISSUER_SIGN_FAILURE_H
#define ISSUER_SIGN_FAILURE_H

#include "base/error.h"

/* Sets `error` to `code` with "WHAT: OpenSSL's newest reason" and empties OpenSSL's queue of this
 * thread. */
void failure_set(GError **error, IssuerErrorCode code, const char *what);

#endif
