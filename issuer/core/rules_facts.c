#include "core/rules_facts.h"

/* Newer by the time of issue; serials are drawn in blocks, so they order within one second only. */
static const Activation *newer(const Activation *a, const Activation *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    if (a->issued_at != b->issued_at)
        return a->issued_at > b->issued_at ? a : b;
    return a->id > b->id ? a : b;
}

static bool is_own(const RulesFacts *facts, const Activation *activation)
{
    return digest_equal(&activation->thumbprint, &facts->request->thumbprint);
}

static bool is_earlier(const Activation *activation)
{
    return activation->state == ACTIVATION_SUPERSEDED && activation->counted;
}

static bool is_named(const RulesFacts *facts, const Activation *activation)
{
    const PersonSays *person = &facts->given->person;
    return person->issues && person->continues == activation->id;
}

static void see_own(RulesFacts *facts, const Activation *activation)
{
    facts->own_known = facts->own_known || activation->counted ||
                       activation->state == ACTIVATION_ACTIVE ||
                       activation->state == ACTIVATION_LOST;
    if (activation->state == ACTIVATION_ACTIVE)
        facts->own_active = activation;
    if (is_earlier(activation))
        facts->own_earlier = newer(facts->own_earlier, activation);
    if (activation->counted && is_named(facts, activation))
        facts->own_named = activation;
}

static void see_neighbour(RulesFacts *facts, const Activation *activation)
{
    const bool active = activation->state == ACTIVATION_ACTIVE;
    const bool earlier = is_earlier(activation);
    if (active) {
        facts->host_active = newer(facts->host_active, activation);
        facts->host_actives++;
    }
    if (earlier)
        facts->host_earlier = newer(facts->host_earlier, activation);
    if ((active || earlier) && is_named(facts, activation))
        facts->host_named = activation;
}

static bool is_recent_reinstall(const RulesFacts *facts, const Activation *activation)
{
    return activation->origin == USE_CONTINUED_BY_HOST &&
           facts->given->now - activation->issued_at < RULES_YEAR;
}

static bool is_lost_unpassed(const RulesFacts *facts, const Activation *activation)
{
    return activation->state == ACTIVATION_LOST && activation->lost_at >= facts->given->passed_at;
}

/* All activations of the license, those of the instance and those of its host picked out. */
static void look_at_license(RulesFacts *facts)
{
    const Ledger *ledger = facts->given->ledger;
    const int64_t license_id = facts->license->id;
    const RulesHost host = rules_host_of(ledger, license_id, facts->request);
    const GPtrArray *here = ledger_of_license(ledger, license_id);
    for (guint i = 0; i < here->len; i++) {
        const Activation *activation = g_ptr_array_index(here, i);
        const bool own = is_own(facts, activation);
        const bool same_host = rules_host_same(&host, activation);
        if (own)
            see_own(facts, activation);
        if (!own && same_host)
            see_neighbour(facts, activation);
        if (same_host && is_recent_reinstall(facts, activation))
            facts->reinstalls++;
        if ((own || same_host) && is_lost_unpassed(facts, activation))
            facts->lost_returned = true;
    }
    const Activation *current = facts->own_active != NULL ? facts->own_active : facts->own_earlier;
    facts->on_another_host = current != NULL && rules_host_other(&host, current);
}

static void look_at_other_licenses(RulesFacts *facts)
{
    const GPtrArray *own = ledger_of_instance(facts->given->ledger, &facts->request->thumbprint);
    for (guint i = 0; i < own->len; i++) {
        const Activation *activation = g_ptr_array_index(own, i);
        if (activation->license_id == facts->license->id)
            continue;
        if (activation->state == ACTIVATION_ACTIVE)
            facts->moves_from = activation;
        if (is_lost_unpassed(facts, activation))
            facts->lost_returned = true;
    }
}

static bool says_new_use(const RulesFacts *facts)
{
    const PersonSays *person = &facts->given->person;
    return person->issues && person->new_use && person->continues == 0;
}

/* A server that returns after it was declared lost had its use given back: should a person let it
 * pass, it takes a new one, and nothing of its host goes on. */
static UseSource find_source(const RulesFacts *facts)
{
    if (facts->on_another_host && says_new_use(facts))
        return USE_NEW;
    if (facts->own_active != NULL)
        return USE_OF_OWN_ACTIVE;
    const bool host_counts = !facts->lost_returned;
    if (host_counts && facts->host_actives == 1 && facts->own_earlier == NULL)
        return USE_OF_REINSTALLED;
    if (host_counts && facts->host_actives > 1)
        return USE_UNCLEAR;
    if (facts->own_earlier != NULL)
        return USE_OF_OWN_EARLIER;
    return host_counts && facts->host_earlier != NULL ? USE_OF_HOSTS_EARLIER : USE_NEW;
}

/* What becomes of it once a person has said which server it is, where the rows ask. */
static UseSource hear_person(const RulesFacts *facts)
{
    const bool limited = facts->found == USE_OF_REINSTALLED || facts->found == USE_OF_HOSTS_EARLIER;
    if (facts->found != USE_UNCLEAR)
        return limited && facts->too_often && says_new_use(facts) ? USE_NEW : facts->found;
    if (says_new_use(facts))
        return USE_NEW;
    if (facts->own_named != NULL)
        return USE_OF_OWN_EARLIER;
    const bool named = facts->host_named != NULL && facts->host_named->state == ACTIVATION_ACTIVE;
    return named ? USE_OF_NAMED : USE_UNCLEAR;
}

static const Activation *named_or(bool asked, const Activation *named, const Activation *found)
{
    return asked && named != NULL ? named : found;
}

static void choose_use(RulesFacts *facts)
{
    const bool asked = facts->on_another_host || facts->found == USE_UNCLEAR;
    switch (facts->source) {
    case USE_OF_OWN_ACTIVE:
        facts->carries = named_or(asked, facts->own_named, facts->own_active);
        break;
    case USE_OF_OWN_EARLIER:
        facts->carries = named_or(asked, facts->own_named, facts->own_earlier);
        break;
    case USE_OF_REINSTALLED:
        facts->carries = facts->follows = facts->host_active;
        break;
    case USE_OF_NAMED:
        facts->carries = facts->follows = facts->host_named;
        break;
    case USE_OF_HOSTS_EARLIER:
        facts->carries = named_or(facts->too_often, facts->host_named, facts->host_earlier);
        break;
    case USE_NEW:
    case USE_UNCLEAR:
        break;
    }
    /* An instance has one active activation at most, so its own one always makes way. */
    if (facts->own_active != NULL)
        facts->follows = facts->own_active;
}

/* A use taken must leave the license within its count; one that goes on keeps its number while
 * this lies within a limit that may have been lowered. */
static uint32_t use_number(const RulesFacts *facts)
{
    const LicenseFacts *license = facts->license;
    const Ledger *ledger = facts->given->ledger;
    const Activation *carries = facts->carries;
    if (carries != NULL && carries->use_no <= license->activations)
        return carries->use_no;
    if (carries != NULL)
        return ledger_free_use(ledger, license->id, license->activations, carries->id);
    if (ledger_used(ledger, license->id) >= license->activations)
        return 0;
    return ledger_free_use(ledger, license->id, license->activations, 0);
}

static const Activation *any_active(const Ledger *ledger, int64_t license_id)
{
    const GPtrArray *here = ledger_of_license(ledger, license_id);
    for (guint i = 0; i < here->len; i++) {
        const Activation *activation = g_ptr_array_index(here, i);
        if (activation->state == ACTIVATION_ACTIVE)
            return activation;
    }
    return NULL;
}

/* The active activation of another server whose place a person said it takes, or NULL. */
static const Activation *named_to_replace(const RulesFacts *facts)
{
    const PersonSays *person = &facts->given->person;
    if (!person->issues || person->replaces == 0)
        return NULL;
    const Activation *named = ledger_find(facts->given->ledger, person->replaces);
    const bool fits = named != NULL && named->license_id == facts->license->id &&
                      named->state == ACTIVATION_ACTIVE && named != facts->follows &&
                      !is_own(facts, named);
    return fits ? named : NULL;
}

static void take_place(RulesFacts *facts, PlaceSource source, uint32_t slot,
                       const Activation *replaces)
{
    if (slot == 0)
        return;
    facts->place = source;
    facts->slot = slot;
    facts->replaces = replaces;
}

/* A person may name whose place is taken, but not lift the count: after it no more than `servers`
 * are active, or one that was active stays so. */
static void choose_named_place(RulesFacts *facts, uint32_t active)
{
    const LicenseFacts *license = facts->license;
    const Activation *named = named_to_replace(facts);
    if (named == NULL || (facts->follows == NULL && active > license->servers))
        return;
    take_place(facts, PLACE_NAMED,
               ledger_free_slot(facts->given->ledger, license->id, license->servers, named->id),
               named);
}

static void choose_place(RulesFacts *facts)
{
    const LicenseFacts *license = facts->license;
    const Ledger *ledger = facts->given->ledger;
    const Activation *follows = facts->follows;
    const uint32_t active = ledger_active(ledger, license->id);
    if (follows != NULL && follows->slot <= license->servers)
        take_place(facts, PLACE_KEPT, follows->slot, NULL);
    else if (follows != NULL)
        take_place(facts, PLACE_KEPT,
                   ledger_free_slot(ledger, license->id, license->servers, follows->id), NULL);
    else if (active < license->servers)
        take_place(facts, PLACE_FREE, ledger_free_slot(ledger, license->id, license->servers, 0),
                   NULL);
    else if (license->servers == 1 && active == 1 && !facts->given->policy.second_server_hold)
        take_place(facts, PLACE_THE_ONLY, 1, any_active(ledger, license->id));
    if (facts->place == PLACE_NONE)
        choose_named_place(facts, active);
}

RulesFacts rules_facts_derive(const RequestFacts *given)
{
    RulesFacts facts = {
        .given = given,
        .license = given->license,
        .request = given->request,
        .answer = ledger_find_request(given->ledger, &given->request->digest),
    };
    look_at_license(&facts);
    look_at_other_licenses(&facts);
    facts.too_often = facts.reinstalls >= given->policy.reinstalls_a_year;
    facts.found = find_source(&facts);
    facts.source = hear_person(&facts);
    choose_use(&facts);
    facts.use_no = use_number(&facts);
    choose_place(&facts);
    return facts;
}

bool rules_sender_is_unproven(const RequestFacts *given)
{
    return given->policy.require_authenticated && given->sender_known && !given->sender_vouched;
}
