#include "core/instance.h"

#include <string.h>

const char *fingerprint_part_name(FingerprintPart part)
{
    switch (part) {
    case FINGERPRINT_BOARD:
        return "board";
    case FINGERPRINT_CPU:
        return "cpu";
    case FINGERPRINT_MAC:
        return "mac";
    case FINGERPRINT_PARTS:
        break;
    }
    g_assert_not_reached();
}

static bool in_both(const Fingerprint *a, const Fingerprint *b, FingerprintPart part)
{
    return a->present[part] && b->present[part];
}

static bool same_value(const Fingerprint *a, const Fingerprint *b, FingerprintPart part)
{
    return memcmp(a->value[part], b->value[part], FINGERPRINT_PART_SIZE) == 0;
}

bool fingerprint_part_equal(const Fingerprint *a, const Fingerprint *b, FingerprintPart part)
{
    return in_both(a, b, part) && same_value(a, b, part);
}

bool fingerprint_part_differs(const Fingerprint *a, const Fingerprint *b, FingerprintPart part)
{
    return in_both(a, b, part) && !same_value(a, b, part);
}
