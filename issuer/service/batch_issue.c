/* Makes usage licenses of what was decided: the regular one, that takes or continues a use, and the
 * emergency one, that takes nothing. */
#include "service/batch_internal.h"

#include "core/dates.h"

#include <string.h>

/* `most`: no feature lasts longer; 0: as the entitlement has them. */
static GPtrArray *features_of(const LicenseRecord *license, int64_t most)
{
    GPtrArray *features = g_ptr_array_new_with_free_func((GDestroyNotify)feature_free);
    for (guint i = 0; i < license->features->len; i++) {
        const Feature *feature = g_ptr_array_index(license->features, i);
        const int64_t until = most != 0 ? MIN(feature->until, most) : feature->until;
        g_ptr_array_add(features, feature_new(feature->code, feature->kind, until, feature->limit));
    }
    return features;
}

/* What both kinds say alike. */
static UsageLicense *usage_license_for(const Batch *batch, const Matter *matter)
{
    const LicenseRecord *license = batch_license(batch, matter);
    g_assert(license != NULL); /* nothing else is ever issued */
    const Statement *request = matter->statement;
    UsageLicense *usage = g_new0(UsageLicense, 1);
    usage->iss = g_strdup(config_text(settings_config(batch->context->settings), "issuer-name"));
    usage->serial = matter->serial;
    usage->license_id = g_strdup(license->license_id);
    usage->customer = g_strdup(license->customer);
    usage->product = g_strdup(license->product);
    usage->iat = batch->now;
    usage->entitlement = license->version;
    usage->supersedes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    usage->request = request->digest;
    usage->instance.host = g_strdup(request->instance.host);
    usage->instance.fingerprint = request->instance.fingerprint;
    usage->instance_key = request->instance_key;
    return usage;
}

/* The regular usage license supersedes what bridged the time until it came. */
static void supersede_emergencies(Batch *batch, const Matter *matter, GArray *supersedes)
{
    GArray *history = batch_history(batch, &matter->statement->thumbprint);
    for (guint i = 0; i < history->len; i++) {
        HistoryRecord *record = &g_array_index(history, HistoryRecord, i);
        batch_append_once(supersedes, record->emergency);
        batch_append_once(batch->bridged, record->emergency);
        record->emergency = 0;
    }
}

static UsageLicense *regular_for(Batch *batch, const Matter *matter, const Activation *activation)
{
    const LicenseRecord *license = batch_license(batch, matter);
    UsageLicense *usage = usage_license_for(batch, matter);
    usage->exp = license->expires_on == DATES_NONE ? 0 : dates_end(license->expires_on);
    usage->features = features_of(license, 0);
    usage->activation_number = activation->use_no;
    usage->activation_allowed = license->activations;
    batch_append_once(usage->supersedes, matter->decision.supersedes);
    batch_append_once(usage->supersedes, matter->decision.replaces);
    batch_append_once(usage->supersedes, matter->decision.continues);
    batch_append_once(usage->supersedes, matter->decision.moves_from);
    supersede_emergencies(batch, matter, usage->supersedes);
    return usage;
}

static void add_job(Batch *batch, Matter *matter, UsageLicense *usage)
{
    SignJob *job = g_new0(SignJob, 1);
    job->matter = matter;
    job->license = usage;
    g_ptr_array_add(batch->jobs, job);
}

/* What is issued in a dry run needs a number too, and what is issued when none is at hand, so that
 * it is known how many are to be drawn: one that no usage license has. */
static int64_t next_serial(Batch *batch)
{
    if (!batch->dry_run && serials_at_hand(batch->serials) > 0) {
        return serials_next(batch->serials);
    }
    batch->lacks_serials = !batch->dry_run;
    if (batch->rehearsal != NULL) {
        return rehearsal_next_serial(batch->rehearsal);
    }
    return G_MAXINT64 - (int64_t)batch->jobs->len;
}

/* The watch for a lost server ends where a person issued on its return: from the next second on,
 * for it may have been declared lost in this one. */
static void let_pass(Batch *batch, const Matter *matter)
{
    for (gsize i = 0; matter->decision.passed[i] != NULL; i++) {
        if (strcmp(matter->decision.passed[i], "lost-server-returned") == 0) {
            const Digest *thumbprint = &matter->statement->thumbprint;
            g_array_append_val(batch->passes, *thumbprint);
            g_array_index(batch->passed_at, int64_t, batch_instance(batch, thumbprint)) =
                batch->now + 1;
        }
    }
}

/* A server that leaves a license leaves its place there, for which others may wait. */
static void free_place(Batch *batch, const Decision *decision)
{
    const Activation *left = ledger_find(batch->ledger, decision->moves_from);
    if (left != NULL) {
        batch_append_once(batch->given_back, left->license_id);
    }
}

void batch_issue(Batch *batch, const BatchItem *item, Matter *matter, const RequestFacts *facts)
{
    matter->serial = next_serial(batch);
    let_pass(batch, matter);
    batch_notice_issued(batch, item, matter);
    free_place(batch, &matter->decision);
    const Activation *activation =
        rules_apply(&matter->decision, facts, batch->ledger, matter->serial);
    g_assert(activation != NULL); /* it was decided to issue */
    add_job(batch, matter, regular_for(batch, matter, activation));
}

/* ---- emergencies ---- */

/* It rises by itself, unless the regular one has come until then. */
static void announce_end(Batch *batch, const Matter *matter, int64_t end)
{
    g_autofree char *serial = usage_license_serial_text(matter->serial);
    g_autofree char *day = dates_instant_text(end);
    char *detail = g_strdup_printf("emergency usage license %s of host %s ends %s", serial,
                                   matter->statement->instance.host, day);
    const AlertRow row = {.decision_id = matter->decision_id,
                          .kind = "emergency-ends",
                          .detail = detail,
                          .license_id = matter->license_id,
                          .rises_at = end - EMERGENCY_ALERT};
    g_ptr_array_add(batch->texts, detail);
    g_array_append_val(batch->alerts, row);
}

static void issue_emergency(Batch *batch, Matter *matter)
{
    matter->serial = next_serial(batch);
    UsageLicense *usage = usage_license_for(batch, matter);
    usage->emergency = true;
    usage->exp = usage->iat + EMERGENCY_SECONDS;
    usage->features = features_of(batch_license(batch, matter), usage->exp);
    add_job(batch, matter, usage);
    announce_end(batch, matter, usage->exp);
}

/* It answers the request no more than before: what stands, and its hold, stay as they are. */
bool batch_decide_emergency(Batch *batch, Matter *matter, const RequestFacts *facts, GError **error)
{
    EmergencyCounts counts = {0};
    matter->license_id = facts->license != NULL ? facts->license->id : 0;
    const EmergencyAsk ask = {.thumbprint = matter->statement->thumbprint,
                              .license_id = matter->license_id,
                              .request_id = matter->request_id,
                              .now = batch->now};
    if (!intake_count_emergencies(batch->context->database, &ask, &counts, error)) {
        return false;
    }
    matter->decision = emergency_decide(facts, &counts);
    matter->facts = batch_facts_json(facts, batch_license(batch, matter));
    matter->decided = true;
    if (matter->decision.outcome == OUTCOME_ISSUED) {
        issue_emergency(batch, matter);
    }
    return true;
}
