/* libcurl as a whole, which all connections of the process share. */
#ifndef ISSUER_DELIVERY_CURL_LIBRARY_H
#define ISSUER_DELIVERY_CURL_LIBRARY_H

#include <glib.h>
#include <stdbool.h>

/* Starts it, once, whoever asks and how often. To be called before there are threads that use it,
 * for it counts its callers. ISSUER_ERROR_FAILED. */
bool curl_library_start(GError **error);

#endif
