#include "delivery/curl_library.h"

#include "base/error.h"

#include <curl/curl.h>

bool curl_library_start(GError **error)
{
    static gsize started = 0;
    if (g_once_init_enter(&started)) {
        g_once_init_leave(&started, curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 1 : 2);
    }
    if (started == 1) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "libcurl does not start");
    return false;
}
