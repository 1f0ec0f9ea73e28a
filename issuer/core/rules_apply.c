#include "core/rules.h"

#include <string.h>

static Activation *activation_of(const Decision *decision, const RequestFacts *facts, int64_t id)
{
    const Statement *request = facts->request;
    Activation *activation = g_new0(Activation, 1);
    activation->id = id;
    activation->license_id = facts->license->id;
    activation->entitlement_version = facts->license->entitlement_version;
    activation->thumbprint = request->thumbprint;
    activation->request = request->digest;
    activation->seq = request->seq;
    activation->fingerprint = request->instance.fingerprint;
    activation->license_key = request->license_key;
    activation->host = g_strdup(request->instance.host);
    activation->state = ACTIVATION_ACTIVE;
    activation->counted = true;
    activation->use_no = decision->use_no;
    activation->slot = decision->slot;
    activation->origin = decision->origin;
    activation->issued_at = facts->now;
    activation->continues = decision->continues;
    activation->replaces = decision->replaces;
    activation->changed = true;
    return activation;
}

/* Everything that ends does so before the new one begins, as the rows are written too. */
const Activation *rules_apply(const Decision *decision, const RequestFacts *facts, Ledger *ledger,
                              int64_t id)
{
    if (decision->outcome != OUTCOME_ISSUED)
        return NULL;
    const int64_t ended[] = {decision->supersedes, decision->replaces, decision->moves_from};
    for (gsize i = 0; i < G_N_ELEMENTS(ended); i++) {
        if (ended[i] != 0)
            ledger_supersede(ledger, ended[i], false, facts->now);
    }
    if (decision->continues != 0)
        ledger_supersede(ledger, decision->continues, true, facts->now);
    Activation *activation = activation_of(decision, facts, id);
    ledger_add(ledger, activation);
    return activation;
}

/* A code that is damaged, older than the newest or not the first of its number proves nothing
 * about what is installed now; nor does a usage license that no other instance could install. */
static bool proves_installed(const RequestFacts *facts)
{
    return facts->damage == NULL && facts->license != NULL && !facts->seq_taken &&
           facts->request->seq >= facts->newest_seq && facts->installed == INSTALLED_ON_RECORD &&
           facts->installed_is_own && facts->installed_license_id == facts->license->id;
}

uint32_t rules_release_moved(const RequestFacts *facts, Ledger *ledger)
{
    if (!proves_installed(facts))
        return 0;
    const GPtrArray *own = ledger_of_instance(ledger, &facts->request->thumbprint);
    uint32_t given_back = 0;
    for (guint i = 0; i < own->len; i++) {
        const Activation *activation = g_ptr_array_index(own, i);
        if (activation->license_id != facts->license->id && activation->counted &&
            activation->state == ACTIVATION_SUPERSEDED && activation->seq < facts->request->seq)
            given_back += ledger_deactivate(ledger, activation->id, facts->now);
    }
    return given_back;
}
