#include "core/rules.h"

static bool ends_with_it(const DeactivationFacts *facts, const Activation *activation)
{
    return activation->seq < facts->statement->seq;
}

static bool gives_something_back(const DeactivationFacts *facts)
{
    const GPtrArray *own = ledger_of_instance(facts->ledger, &facts->statement->thumbprint);
    for (guint i = 0; i < own->len; i++) {
        const Activation *activation = g_ptr_array_index(own, i);
        if (activation->counted && ends_with_it(facts, activation))
            return true;
    }
    return false;
}

static Decision answer(Outcome outcome, const char *code)
{
    return (Decision){.outcome = outcome, .code = code};
}

Decision rules_decide_deactivation(const DeactivationFacts *facts)
{
    if (facts->statement == NULL || !facts->signature_holds || !facts->proof_holds)
        return answer(OUTCOME_REFUSED, "forged-deactivation");
    if (!facts->serial_on_record)
        return answer(OUTCOME_REFUSED, "never-issued");
    if (!facts->serial_of_this_instance)
        return answer(OUTCOME_REFUSED, "foreign-deactivation");
    if (facts->seen_before)
        return answer(OUTCOME_ACCEPTED, "repeated-deactivation");
    return answer(OUTCOME_ACCEPTED,
                  gives_something_back(facts) ? "deactivated" : "nothing-to-give-back");
}

uint32_t rules_apply_deactivation(const Decision *decision, const DeactivationFacts *facts,
                                  Ledger *ledger)
{
    if (decision->outcome != OUTCOME_ACCEPTED || facts->seen_before)
        return 0;
    const GPtrArray *own = ledger_of_instance(ledger, &facts->statement->thumbprint);
    uint32_t given_back = 0;
    for (guint i = 0; i < own->len; i++) {
        const Activation *activation = g_ptr_array_index(own, i);
        if (ends_with_it(facts, activation))
            given_back += ledger_deactivate(ledger, activation->id, facts->now);
    }
    return given_back;
}
