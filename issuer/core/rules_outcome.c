/* The outcomes by name, as they stand on record and in what is printed. */
#include "core/rules.h"

static const char *const names[] = {
    [OUTCOME_ISSUED] = "issued", [OUTCOME_RESENT] = "resent",     [OUTCOME_REFUSED] = "refused",
    [OUTCOME_HELD] = "held",     [OUTCOME_ACCEPTED] = "accepted",
};

const char *rules_outcome_name(Outcome outcome)
{
    return names[outcome];
}

Outcome rules_outcome_read(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_strcmp0(names[i], name) == 0) {
            return (Outcome)i;
        }
    }
    g_assert_not_reached();
}
