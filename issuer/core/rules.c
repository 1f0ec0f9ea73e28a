#include "core/rules_facts.h"

/* Goes down the table from `index` to the first row that fits and that no person's word passes, and
 * notes the holds that it passes on the way in `decision`. */
static const RuleText *walk(gsize index, const RulesFacts *facts, Decision *decision)
{
    gsize rows = 0;
    const RuleText *table = rules_table(&rows);
    gsize passed = 0;
    for (;; index++) {
        g_assert(index < rows); /* the last row always fits */
        const RuleText *row = &table[index];
        if (!row->fits(facts))
            continue;
        if (row->passed == NULL || !row->passed(facts))
            return row;
        g_assert(passed < RULES_MAX_PASSED);
        decision->passed[passed++] = row->code;
    }
}

/* The code of what would be decided if the sender were known: of the rest of the table. */
static const char *what_would_follow(const RuleText *held, const RulesFacts *facts)
{
    gsize rows = 0;
    const RuleText *table = rules_table(&rows);
    Decision rest = {0};
    return walk((gsize)(held - table) + 1, facts, &rest)->code;
}

static UseOrigin origin_of(const RulesFacts *facts)
{
    if (facts->carries == NULL)
        return USE_TAKEN;
    const bool own = digest_equal(&facts->carries->thumbprint, &facts->request->thumbprint);
    return own ? USE_CONTINUED_BY_INSTANCE : USE_CONTINUED_BY_HOST;
}

static int64_t id_of(const Activation *activation)
{
    return activation != NULL ? activation->id : 0;
}

static void tell_what_is_issued(const RulesFacts *facts, Decision *decision)
{
    decision->supersedes = id_of(facts->follows != NULL ? facts->follows : facts->replaces);
    decision->replaces = id_of(facts->replaces);
    decision->continues = id_of(facts->carries);
    decision->moves_from = id_of(facts->moves_from);
    decision->origin = origin_of(facts);
    decision->use_no = facts->use_no;
    decision->slot = facts->slot;
    if (facts->replaces != NULL)
        decision->note = "replaced";
    else if (decision->origin == USE_CONTINUED_BY_HOST)
        decision->note = "reinstalled";
}

static bool entitlement_has_grown(const RulesFacts *facts)
{
    return facts->answer != NULL &&
           facts->answer->entitlement_version < facts->license->entitlement_version;
}

Decision rules_decide(const RequestFacts *facts)
{
    /* Without a license there is nothing to derive, and row 1 or 2 decides. */
    const bool bare = facts->damage != NULL || facts->license == NULL;
    const RulesFacts derived = bare ? (RulesFacts){.given = facts} : rules_facts_derive(facts);
    Decision decision = {0};
    const RuleText *row = walk(0, &derived, &decision);
    decision.outcome = row->outcome;
    decision.row = row->number;
    decision.code = row->code;
    decision.alert = row->alert;
    const bool held_for_sender = !facts->sender_known || rules_sender_is_unproven(facts);
    if (!bare && held_for_sender && !facts->person.issues)
        decision.would = what_would_follow(row, &derived);
    if (decision.outcome == OUTCOME_ISSUED)
        tell_what_is_issued(&derived, &decision);
    if (decision.outcome == OUTCOME_RESENT && entitlement_has_grown(&derived))
        decision.note = "entitlement-grown";
    return decision;
}
