/* Decides the codes of a batch strictly in the order of the source: each decision is applied to the
 * ledger and the histories, so that the next one sees it. */
#include "service/batch_internal.h"

#include <string.h>

/* It was recorded before its license was. */
static void fill_license(Batch *batch, HistoryRecord *record, int64_t license_id)
{
    if (record->license_id != 0 || license_id == 0) {
        return;
    }
    RequestLicenseRow row = {.request_id = record->id, .license_id = license_id};
    g_array_append_val(batch->fills, row);
    record->license_id = license_id;
}

/* The request is on record from here on: authentic, whatever is decided. */
static bool record_request(Batch *batch, const BatchItem *item, Matter *matter, GArray *history,
                           GError **error)
{
    HistoryRecord *on_record = batch_find_history(history, &matter->statement->digest);
    if (on_record != NULL) {
        matter->request_id = on_record->id;
        fill_license(batch, on_record, matter->license_id);
        return true;
    }
    matter->request_id = batch_next_id(batch, INTAKE_REQUEST_IDS, error);
    RequestRow row = {.id = matter->request_id,
                      .statement = matter->statement,
                      .license_id = matter->license_id,
                      .message_id = item->message_id};
    HistoryRecord record = {.thumbprint = matter->statement->thumbprint,
                            .digest = matter->statement->digest,
                            .seq = matter->statement->seq,
                            .id = matter->request_id,
                            .license_id = matter->license_id};
    g_array_append_val(batch->requests, row);
    g_array_append_val(history, record);
    return matter->request_id != 0;
}

/* The same bytes: those of the activation that answers this very request. */
static void resend(const Batch *batch, Matter *matter, GArray *history)
{
    const Digest *request = &matter->statement->digest;
    const Activation *activation = ledger_find_request(batch->ledger, request);
    HistoryRecord *record = batch_find_history(history, request);
    g_assert(activation != NULL && record != NULL); /* row 10 has seen both */
    matter->serial = activation->id;
    record->resends_today++;
}

/* Ends a request's hold: the row of the batch that opens it, or one that was open before. */
static void close_hold(Batch *batch, HistoryRecord *record, int64_t decision_id, const char *how)
{
    HoldRow row = {.request_id = record->id};
    HoldRow *opened = NULL;
    for (guint i = batch->holds->len; record->open_hold < 0 && opened == NULL && i > 0; i--) {
        HoldRow *candidate = &g_array_index(batch->holds, HoldRow, i - 1);
        opened = candidate->request_id == record->id ? candidate : NULL;
    }
    HoldRow *ended = opened != NULL ? opened : &row;
    ended->closed_by = decision_id;
    ended->how = how;
    if (opened == NULL) {
        g_array_append_val(batch->holds, row);
    }
    record->open_hold = 0;
}

static void open_hold(Batch *batch, const Matter *matter, GArray *history)
{
    HoldRow row = {.request_id = matter->request_id, .opened_by = matter->decision_id};
    g_array_append_val(batch->holds, row);
    HistoryRecord *itself = batch_find_history(history, &matter->statement->digest);
    g_assert(itself != NULL); /* recorded before it was decided to hold it */
    itself->open_hold = -1;   /* not numbered yet */
}

/* A hold ends when its request is decided otherwise, or by a newer request of the instance; it
 * opens when nobody waits on it yet. */
static void update_holds(Batch *batch, Matter *matter, GArray *history)
{
    bool held = matter->decision.outcome == OUTCOME_HELD;
    for (guint i = 0; i < history->len; i++) {
        HistoryRecord *record = &g_array_index(history, HistoryRecord, i);
        bool itself = digest_equal(&record->digest, &matter->statement->digest);
        bool older = record->seq < matter->statement->seq;
        if (record->deactivation || record->open_hold == 0 || !(itself ? !held : older)) {
            matter->heard |= itself && held && record->open_hold != 0;
            continue;
        }
        close_hold(batch, record, matter->decision_id,
                   itself ? matter->decision.code : "newer-request");
    }
    if (held && !matter->heard) {
        open_hold(batch, matter, history);
    }
}

static void raise_alert(Batch *batch, const Matter *matter)
{
    if (!matter->decision.alert) {
        return;
    }
    g_autofree char *short_form = matter_short_form(matter);
    char *detail = g_strdup_printf("request %s of host %s: %s", short_form,
                                   matter->statement->instance.host, matter->decision.code);
    AlertRow row = {
        .decision_id = matter->decision_id, .kind = matter->decision.code, .detail = detail};
    g_ptr_array_add(batch->texts, detail);
    g_array_append_val(batch->alerts, row);
}

/* Decided by somebody else meanwhile: nothing is left to do. */
static bool is_overtaken(Batch *batch, const Matter *matter)
{
    if (!matter->signature_holds) {
        return true; /* what was authentic once is not any more: nothing is read by its names */
    }
    GArray *history = batch_history(batch, &matter->statement->thumbprint);
    const HistoryRecord *record = batch_find_history(history, &matter->statement->digest);
    return record == NULL || record->decisions != matter->decisions;
}

static bool is_as_it_stood(const Matter *matter)
{
    return matter->again && matter->decision.outcome == matter->standing &&
           g_strcmp0(matter->decision.code, matter->standing_code) == 0;
}

/* What a person may decide without the rules: that it is refused, or waits on. */
static Decision decide_by_person(const Matter *matter, const RequestFacts *facts)
{
    if (matter->refuses) {
        return (Decision){.outcome = OUTCOME_REFUSED, .code = MATTER_REFUSED_BY_PERSON};
    }
    if (matter->keeps || matter->question != NULL) {
        const Decision ruled = rules_decide(facts);
        return (Decision){
            .outcome = OUTCOME_HELD, .code = matter->standing_code, .would = ruled.would};
    }
    return rules_decide(facts);
}

static bool waits_for_a_person(Batch *batch, const Statement *request)
{
    const HistoryRecord *record =
        batch_find_history(batch_history(batch, &request->thumbprint), &request->digest);
    return record != NULL && record->open_hold != 0;
}

static bool decide_request(Batch *batch, const BatchItem *item, Matter *matter, GError **error)
{
    RequestFacts facts;
    LicenseFacts of_license;
    batch_request_facts(batch, item, matter, &facts, &of_license);
    if (matter->emergency) {
        return batch_decide_emergency(batch, matter, &facts, error);
    }
    matter->waited = facts.request != NULL && waits_for_a_person(batch, facts.request);
    facts.contested |=
        !matter->again && facts.request != NULL && batch_would_overtake(batch, &facts);
    matter->decision = decide_by_person(matter, &facts);
    matter->license_id = facts.license != NULL ? facts.license->id : 0;
    matter->facts = batch_facts_json(&facts, batch_license(batch, matter));
    matter->decided = !matter->again || !is_overtaken(batch, matter);
    matter->stays = is_as_it_stood(matter);
    if (!matter->decided || facts.request == NULL || !matter->proof_holds) {
        return true; /* not authentic: decided, not on record */
    }
    GArray *history = batch_history(batch, &facts.request->thumbprint);
    if (!record_request(batch, item, matter, history, error)) {
        return false;
    }
    g_autoptr(GArray) counted = batch_counted_uses(batch, &facts.request->thumbprint);
    if (rules_release_moved(&facts, batch->ledger) > 0) {
        batch_notice_given_back(batch, item, matter, counted);
    }
    if (matter->decision.outcome == OUTCOME_ISSUED) {
        batch_issue(batch, item, matter, &facts);
    } else if (matter->decision.outcome == OUTCOME_RESENT) {
        resend(batch, matter, history);
    }
    update_holds(batch, matter, history);
    batch_note_choosing(batch, matter);
    if (!matter->stays) {
        raise_alert(batch, matter);
    }
    return true;
}

static bool decide(Batch *batch, const BatchItem *item, Matter *matter, GError **error)
{
    matter->decision_id = batch_next_id(batch, INTAKE_DECISION_IDS, error);
    if (matter->decision_id == 0) {
        return false;
    }
    if (matter->kind == ARMOR_DEACTIVATION) {
        matter->decided = true;
        batch_decide_deactivation(batch, item, matter);
    } else if (!decide_request(batch, item, matter, error)) {
        return false;
    }
    if (matter->decided) {
        g_ptr_array_add(batch->decided, matter);
    }
    return true;
}

/* From here on a case of it is open. */
static void note_loss(const Batch *batch, const BatchItem *item)
{
    LicenseRecord *license = g_hash_table_lookup(batch->licenses, &item->lost_of);
    if (license != NULL) {
        license->case_open = true;
    }
}

static bool decide_item(Batch *batch, const BatchItem *item, GError **error)
{
    note_loss(batch, item);
    for (guint j = 0; j < item->matters->len; j++) {
        Matter *matter = g_ptr_array_index(item->matters, j);
        if (matter_is_decidable(matter) && !matter->known && !decide(batch, item, matter, error)) {
            return false;
        }
    }
    return true;
}

/* A mail that gives uses back ends the batch: what waits for them comes before the next mail,
 * wherever batches happen to end. So does one before a mail that may belong to a case of the batch,
 * and one that tells of a lost server: which is meant is seen by what runs before the next mail. */
static bool must_end_with(Batch *batch, guint i)
{
    const BatchItem *item = g_ptr_array_index(batch->items, i);
    bool ends =
        item->mail != NULL && !batch->dry_run && i + 1 < batch->items->len &&
        (batch->given_back->len > 0 || item->lost_of != 0 || batch_waits_for_case(batch, i + 1));
    batch->cut = ends ? i + 1 : 0;
    return ends;
}

bool batch_decide(Batch *batch, GError **error)
{
    batch_mark_contested(batch);
    for (guint i = 0; i < batch->items->len; i++) {
        if (!decide_item(batch, g_ptr_array_index(batch->items, i), error) ||
            must_end_with(batch, i)) {
            return false;
        }
    }
    return true;
}
