#include "core/emergency.h"

#define SERVERS_SHARE 20 /* one a year for so many servers of a license, and one in any case */

static Decision refuse(uint16_t row, const char *code)
{
    return (Decision){.outcome = OUTCOME_REFUSED, .row = row, .code = code};
}

/* Rows 1, 2, 5 and 7, and a license that has ended, are passed by nobody: not even where a hold
 * comes before them, so it is asked what would follow if a person let every hold pass. */
static bool is_final(const Decision *decision)
{
    return decision->outcome == OUTCOME_REFUSED &&
           (decision->row == 1 || decision->row == 2 || decision->row == 5 || decision->row == 7 ||
            g_strcmp0(decision->code, "license-ended") == 0);
}

Decision emergency_decide(const RequestFacts *facts, const EmergencyCounts *counts)
{
    RequestFacts alone = *facts;
    alone.person = (PersonSays){0};
    const Decision as_it_is = rules_decide(&alone);
    alone.person.issues = true;
    const Decision passed = rules_decide(&alone);
    if (is_final(&as_it_is)) {
        return refuse(as_it_is.row, as_it_is.code);
    }
    if (is_final(&passed)) {
        return refuse(passed.row, passed.code);
    }
    if (as_it_is.outcome != OUTCOME_HELD && as_it_is.outcome != OUTCOME_REFUSED) {
        return refuse(0, "not-held");
    }
    if (counts->of_request) {
        return refuse(0, "emergency-again");
    }
    if (counts->of_instance > 0) {
        return refuse(0, "emergency-instance");
    }
    if (counts->of_license >= MAX(1, facts->license->servers / SERVERS_SHARE)) {
        return refuse(0, "emergency-license");
    }
    return (Decision){.outcome = OUTCOME_ISSUED, .code = EMERGENCY_CODE};
}

const char *emergency_refusal(const char *code)
{
    static const struct {
        const char *code;
        const char *words;
    } refusals[] = {
        {"not-held", "it is neither held nor refused: the regular one is issued by itself"},
        {"emergency-again", "it had an emergency usage license before"},
        {"emergency-instance",
         "its server had one within a year: no instance gets another, whatever license it names"},
        {"emergency-license",
         "its license had as many within a year as it may: one, or 5 % of its servers"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (g_strcmp0(refusals[i].code, code) == 0) {
            return refusals[i].words;
        }
    }
    return NULL;
}
