#include "service/licenses.h"

#include "base/error.h"

LicenseDetail *licenses_show(Context *context, const char *license_id, GError **error)
{
    return license_query_show(context->database, license_id, error);
}

GPtrArray *licenses_find(Context *context, const char *text, bool *more, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(text));
    if (bare[0] == '\0') {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "say what to look for: a License ID, customer, contact, order, host, request, "
                    "serial or the key's last symbols");
        return NULL;
    }
    GPtrArray *found = license_query_find(context->database, bare, LICENSES_MOST_FOUND + 1, error);
    *more = found != NULL && found->len > LICENSES_MOST_FOUND;
    if (*more) {
        g_ptr_array_set_size(found, LICENSES_MOST_FOUND);
    }
    return found;
}
