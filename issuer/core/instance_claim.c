#include "core/instance_claim.h"

#include "core/base64url.h"
#include "core/compact_json.h"

static bool read_part(Fingerprint *fingerprint, const StrictJson *parts, FingerprintPart part,
                      GError **error)
{
    const char *name = fingerprint_part_name(part);
    fingerprint->present[part] = strict_json_has(parts, name);
    return !fingerprint->present[part] ||
           strict_json_bytes(parts, name, fingerprint->value[part], FINGERPRINT_PART_SIZE, error);
}

bool instance_claim_read(Instance *instance, const StrictJson *payload, GError **error)
{
    const StrictJson *claim = strict_json_object(payload, "instance", error);
    const char *host = claim == NULL ? NULL : strict_json_text(claim, "host", error);
    const StrictJson *parts = host == NULL ? NULL : strict_json_object(claim, "fingerprint", error);
    if (parts == NULL) {
        return false;
    }
    for (FingerprintPart part = 0; part < FINGERPRINT_PARTS; part++) {
        if (!read_part(&instance->fingerprint, parts, part, error)) {
            return false;
        }
    }
    instance->host = g_strdup(host);
    return true;
}

void instance_claim_write(GString *json, const Instance *instance)
{
    bool first = true;
    g_string_append(json, "{\"fingerprint\":{");
    /* The enumeration has the parts in the order of their names, as sorted JSON wants them. */
    for (FingerprintPart part = 0; part < FINGERPRINT_PARTS; part++) {
        if (!instance->fingerprint.present[part]) {
            continue;
        }
        if (!first) {
            g_string_append_c(json, ',');
        }
        first = false;
        compact_json_name(json, fingerprint_part_name(part));
        compact_json_bytes(json, instance->fingerprint.value[part], FINGERPRINT_PART_SIZE);
    }
    g_string_append(json, "},\"host\":");
    compact_json_text(json, instance->host);
    g_string_append_c(json, '}');
}
