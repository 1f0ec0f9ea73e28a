#include "service/usage_licenses.h"

#include "base/error.h"
#include "core/armor.h"
#include "core/armor_text.h"

#include <string.h>

/* Puts the serial before what is wrong with the record itself. */
static void name_record(const UsageLicenseShown *shown, GError **error)
{
    g_autofree char *serial = usage_license_serial_text(shown->detail->serial);
    g_prefix_error(error, "%s on record cannot be read: ", serial);
}

bool usage_licenses_serial(const char *text, int64_t *serial, GError **error)
{
    if (usage_license_serial_typed(text, serial)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                "'%s' is no serial: one looks like UL-00000042", text);
    return false;
}

UsageLicenseShown *usage_licenses_show(Context *context, int64_t serial, GError **error)
{
    UsageLicenseDetail *detail = usage_license_query_show(context->database, serial, error);
    if (detail == NULL) {
        return NULL;
    }
    UsageLicenseShown *shown = g_new0(UsageLicenseShown, 1);
    shown->detail = detail;
    shown->license = usage_license_read(detail->jws, strlen(detail->jws), error);
    if (shown->license == NULL) {
        name_record(shown, error);
        usage_license_shown_free(shown);
        return NULL;
    }
    return shown;
}

char *usage_licenses_armored(const UsageLicenseShown *shown, GError **error)
{
    const char *jws = shown->detail->jws;
    g_autoptr(GBytes) body = armor_body_from_jws(jws, strlen(jws), error);
    if (body == NULL) {
        name_record(shown, error);
        return NULL;
    }
    return armor_text_write(ARMOR_USAGE_LICENSE, body);
}

void usage_license_shown_free(UsageLicenseShown *shown)
{
    if (shown == NULL) {
        return;
    }
    usage_license_detail_free(shown->detail);
    usage_license_free(shown->license);
    g_free(shown);
}
