/* One host or two: the fingerprints and host names of a request and of an activation. */
#include "core/rules_facts.h"

#include <string.h>

/* Fingerprints are keyed with the license's public key: after a license was re-keyed the same host
 * has another one, and nothing can be said. */
static bool comparable(const Activation *activation, const Statement *statement)
{
    return digest_is_zero(&activation->license_key) ||
           digest_equal(&activation->license_key, &statement->license_key);
}

static bool part_equal(const Activation *activation, const Statement *statement,
                       FingerprintPart part)
{
    return comparable(activation, statement) &&
           fingerprint_part_equal(&activation->fingerprint, &statement->instance.fingerprint, part);
}

/* A board or mac that two active instances show (cloned machines) tells them not apart. */
static bool is_shared(const GPtrArray *activations, const Statement *statement,
                      FingerprintPart part)
{
    const Activation *first = NULL;
    for (guint i = 0; i < activations->len; i++) {
        const Activation *activation = g_ptr_array_index(activations, i);
        if (activation->state != ACTIVATION_ACTIVE || !part_equal(activation, statement, part))
            continue;
        if (first != NULL && !digest_equal(&first->thumbprint, &activation->thumbprint))
            return true;
        first = activation;
    }
    return false;
}

RulesHost rules_host_of(const Ledger *ledger, int64_t license_id, const Statement *statement)
{
    const GPtrArray *here = ledger_of_license(ledger, license_id);
    RulesHost host = {.statement = statement};
    host.telling[FINGERPRINT_BOARD] = !is_shared(here, statement, FINGERPRINT_BOARD);
    host.telling[FINGERPRINT_MAC] = !is_shared(here, statement, FINGERPRINT_MAC);
    host.telling[FINGERPRINT_CPU] = true; /* many hosts have one model: it only ever supports */
    return host;
}

static bool matches(const RulesHost *host, const Activation *activation, FingerprintPart part)
{
    return host->telling[part] && part_equal(activation, host->statement, part);
}

static bool same_name(const RulesHost *host, const Activation *activation)
{
    const char *name = host->statement->instance.host;
    return name != NULL && *name != '\0' && g_strcmp0(name, activation->host) == 0;
}

bool rules_host_same(const RulesHost *host, const Activation *activation)
{
    const bool board = matches(host, activation, FINGERPRINT_BOARD);
    const bool mac = matches(host, activation, FINGERPRINT_MAC);
    if (board && mac)
        return true;
    return (board || mac) && matches(host, activation, FINGERPRINT_CPU) &&
           same_name(host, activation);
}

bool rules_host_other(const RulesHost *host, const Activation *activation)
{
    const Fingerprint *now = &host->statement->instance.fingerprint;
    const Fingerprint *then = &activation->fingerprint;
    if (rules_host_same(host, activation) || !comparable(activation, host->statement))
        return false;
    return fingerprint_part_differs(then, now, FINGERPRINT_BOARD) ||
           fingerprint_part_differs(then, now, FINGERPRINT_MAC);
}
