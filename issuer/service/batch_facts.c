/* Gathers what the rules look at for one usage request. */
#include "service/batch_internal.h"

#include "core/dates.h"
#include "core/usage_license.h"

static LicenseFacts license_facts(const LicenseRecord *record, const ProofRecord *proof)
{
    return (LicenseFacts){
        .id = record->id,
        .customer_id = record->customer_id,
        .product = record->product,
        .state = record->state,
        .key_retired = proof->retired,
        .expires_at = record->expires_on == DATES_NONE ? 0 : dates_end(record->expires_on),
        .entitlement_version = record->version,
        .activations = record->activations,
        .servers = record->servers,
    };
}

/* What the instance's other statements say about this one (rows 5 and 6). */
static void add_history_facts(RequestFacts *facts, const GArray *history)
{
    const Digest *digest = &facts->request->digest;
    bool passed_itself = false;
    for (guint i = 0; i < history->len; i++) {
        const HistoryRecord *record = &g_array_index(history, HistoryRecord, i);
        if (digest_equal(&record->digest, digest)) {
            passed_itself = true;
            facts->resends_today = record->resends_today;
            facts->key_revoked = record->key_revoked;
            continue;
        }
        facts->newest_seq = MAX(facts->newest_seq, record->seq);
        facts->seq_taken |= !passed_itself && record->seq == facts->request->seq;
    }
}

static bool given_back(ActivationState state)
{
    return state == ACTIVATION_DEACTIVATED || state == ACTIVATION_LOST ||
           state == ACTIVATION_CORRECTED;
}

/* 0 where its usage license calls the customer otherwise than a new one would: what the license
 * page shows is part of what an update brings. */
static int64_t customer_shown(const Batch *batch, const InstalledRecord *record)
{
    const LicenseRecord *license = g_hash_table_lookup(batch->licenses, &record->license_id);
    const bool renamed = record->customer != NULL && license != NULL &&
                         g_strcmp0(record->customer, license->customer) != 0;
    return renamed ? 0 : record->customer_id;
}

/* The ledger knows what this batch has changed since; the database knows the rest. */
static void add_installed_facts(const Batch *batch, RequestFacts *facts)
{
    const char *text = facts->request->installed;
    int64_t serial = 0;
    if (text == NULL) {
        facts->installed = INSTALLED_NONE;
        return;
    }
    facts->installed = INSTALLED_UNKNOWN;
    if (!usage_license_serial_read(text, &serial)) {
        return;
    }
    const InstalledRecord *record = g_hash_table_lookup(batch->installed, &serial);
    const Activation *activation = ledger_find(batch->ledger, serial);
    if (activation != NULL) {
        const LicenseRecord *license =
            g_hash_table_lookup(batch->licenses, &activation->license_id);
        facts->installed =
            given_back(activation->state) ? INSTALLED_GIVEN_BACK : INSTALLED_ON_RECORD;
        facts->installed_is_own =
            digest_equal(&activation->thumbprint, &facts->request->thumbprint);
        facts->installed_license_id = activation->license_id;
        facts->installed_version = activation->entitlement_version;
        facts->installed_customer_id = license != NULL ? license->customer_id : 0;
    }
    if (record != NULL) {
        facts->installed_is_own = digest_equal(&record->thumbprint, &facts->request->thumbprint);
        facts->installed_license_id = record->license_id;
        facts->installed_version = record->version;
        facts->installed_customer_id = customer_shown(batch, record);
        if (activation == NULL) {
            facts->installed = record->given_back ? INSTALLED_GIVEN_BACK : INSTALLED_ON_RECORD;
        }
    }
}

static const char *installed_name(InstalledState state)
{
    static const char *const names[] = {
        [INSTALLED_NONE] = "none",
        [INSTALLED_UNKNOWN] = "unknown",
        [INSTALLED_ON_RECORD] = "on-record",
        [INSTALLED_GIVEN_BACK] = "given-back",
    };
    return names[state];
}

/* As the records name it: service/redecide.h compares. */
static const char *license_state_name(LicenseState state)
{
    static const char *const names[] = {
        [LICENSE_CURRENT] = "current",
        [LICENSE_SUSPENDED] = "suspended",
        [LICENSE_ENDED] = "ended",
    };
    return names[state];
}

/* Numbers and our own words only: nothing of the mail's text needs escaping here. */
char *batch_facts_json(const RequestFacts *facts, const LicenseRecord *record)
{
    GString *json = g_string_new("{");
    if (facts->request != NULL) {
        g_string_append_printf(
            json,
            "\"seq\":%" G_GUINT64_FORMAT ",\"newest_seq\":%" G_GUINT64_FORMAT
            ",\"seq_taken\":%s,\"sender_known\":%s,\"sender_vouched\":%s,\"resends_today\":%u,"
            "\"installed\":\"%s\",\"tells_of_loss\":%s,\"contested\":%s,\"person\":%s",
            facts->request->seq, facts->newest_seq, facts->seq_taken ? "true" : "false",
            facts->sender_known ? "true" : "false", facts->sender_vouched ? "true" : "false",
            facts->resends_today, installed_name(facts->installed),
            facts->tells_of_loss ? "true" : "false", facts->contested ? "true" : "false",
            facts->person.issues ? "true" : "false");
    }
    if (facts->license != NULL) {
        const LicenseFacts *license = facts->license;
        g_string_append_printf(json,
                               ",\"license\":%" G_GINT64_FORMAT
                               ",\"state\":\"%s\",\"version\":%u,\"allowed\":%u,\"used\":%u,"
                               "\"servers\":%u,\"active\":%u,\"expires\":%" G_GINT64_FORMAT,
                               license->id, license_state_name(license->state),
                               license->entitlement_version, license->activations,
                               ledger_used(facts->ledger, license->id), license->servers,
                               ledger_active(facts->ledger, license->id), license->expires_at);
    }
    if (record != NULL) {
        g_string_append_printf(json,
                               ",\"contacts\":%" G_GINT64_FORMAT ",\"customer\":%" G_GINT64_FORMAT
                               ",\"customer_version\":%u,\"case_open\":%s",
                               record->contacts, record->customer_id, record->customer_version,
                               record->case_open ? "true" : "false");
    }
    g_string_append_c(json, '}');
    return g_string_free(json, FALSE);
}

static const LicenseRecord *license_named(const Batch *batch, const Matter *matter,
                                          const ProofRecord **proof)
{
    *proof = matter->proof_holds
                 ? g_hash_table_lookup(batch->proofs, &matter->statement->license_key)
                 : NULL;
    return *proof != NULL ? g_hash_table_lookup(batch->licenses, &(*proof)->license_id) : NULL;
}

void batch_request_facts(Batch *batch, const BatchItem *item, const Matter *matter,
                         RequestFacts *facts, LicenseFacts *of_license)
{
    *facts = (RequestFacts){
        .now = batch->now,
        .policy = batch->policy,
        .damage = matter->problem,
        .request = matter->problem == NULL ? matter->statement : NULL,
        .ledger = batch->ledger,
        .tells_of_loss = item->tells_of_loss,
        .contested = matter->contested,
        .person = matter->person,
    };
    if (facts->request == NULL) {
        return;
    }
    const ProofRecord *proof = NULL;
    const LicenseRecord *license = license_named(batch, matter, &proof);
    if (license != NULL) {
        *of_license = license_facts(license, proof);
        facts->license = of_license;
        facts->sender_vouched = item->vouched;
        facts->sender_known = batch_knows_contact(batch, license->id, item->sender);
        facts->case_open = license->case_open;
    }
    guint place = batch_instance(batch, &facts->request->thumbprint);
    facts->passed_at = g_array_index(batch->passed_at, int64_t, place);
    add_history_facts(facts, batch_history(batch, &facts->request->thumbprint));
    add_installed_facts(batch, facts);
}
