#include "service/typed_text.h"

#include "base/error.h"
#include "core/license_key_scan.h"

#include <string.h>

bool typed_text_has_no_key(const char *text, const char *what, GError **error)
{
    if (text == NULL || !license_key_scan_has(text, strlen(text))) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                "%s holds what reads as a license key, which stands nowhere on record", what);
    return false;
}
