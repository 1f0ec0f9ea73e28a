#include "service/redecide.h"

#include "base/clock.h"
#include "base/error.h"
#include "service/stored_request.h"

static void free_request(gpointer request)
{
    stored_request_free(request);
}

static void count(const GPtrArray *all, RedecideTotals *totals)
{
    for (guint i = 0; i < all->len; i++) {
        const StoredRequest *again = g_ptr_array_index(all, i);
        if (again->matter->decided && !again->matter->stays) {
            totals->outcomes[again->matter->decision.outcome]++;
        }
    }
}

typedef struct {
    Context *context;
    Serials *serials;
    RedecideTotals *totals;
    GArray *freed; /* of int64_t: licenses to which a use came back */
} Round;

/* Told once a run, for the last of them. */
static void tell_failure(const Round *round, int64_t request_id, const GError *failure)
{
    (void)g_snprintf(round->totals->failure, sizeof round->totals->failure,
                     "request number %" G_GINT64_FORMAT ": %s", request_id, failure->message);
    round->totals->failed++;
}

static GPtrArray *read_all(const Round *round, const GPtrArray *found)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(free_request);
    for (guint i = 0; i < found->len; i++) {
        const WaitingRequest *waiting = g_ptr_array_index(found, i);
        g_autoptr(GError) failure = NULL;
        StoredRequest *again = stored_request_new(waiting, &failure);
        if (again == NULL) {
            tell_failure(round, waiting->request_id, failure);
            continue;
        }
        matter_decide_again(again->matter, waiting->outcome, waiting->code, waiting->decisions);
        g_ptr_array_add(all, again);
    }
    return all;
}

static bool run_batch(const Round *round, StoredRequest *const *requests, guint count,
                      GError **error)
{
    g_autoptr(Batch) batch = batch_new(round->context, round->serials, clock_now(), false);
    for (guint i = 0; i < count; i++) {
        batch_add(batch, &requests[i]->item);
    }
    if (!batch_run(batch, error)) {
        return false;
    }
    const GArray *given_back = batch_given_back(batch);
    g_array_append_vals(round->freed, given_back->data, given_back->len);
    return true;
}

static bool concerns_all(const GError *error)
{
    return g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE) ||
           g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_DENIED);
}

/* The one at fault is told and waits on; the others are decided. */
static bool run_one_by_one(const Round *round, StoredRequest *const *requests, guint count,
                           GError **error)
{
    for (guint i = 0; i < count; i++) {
        g_autoptr(GError) failure = NULL;
        if (run_batch(round, &requests[i], 1, &failure)) {
            continue;
        }
        if (concerns_all(failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        tell_failure(round, requests[i]->matter->request_id, failure);
    }
    return true;
}

/* All in one batch, so that those that wait for the same use are seen together. */
static bool run_round(const Round *round, const GArray *licenses, GError **error)
{
    g_autoptr(GPtrArray) found =
        waiting_find(round->context->database, licenses, clock_now(), error);
    if (found == NULL) {
        return false;
    }
    g_autoptr(GPtrArray) all = read_all(round, found);
    StoredRequest *const *requests = (StoredRequest *const *)all->pdata;
    g_autoptr(GError) failure = NULL;
    if (all->len > 0 && !run_batch(round, requests, all->len, &failure)) {
        if (concerns_all(failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        if (!run_one_by_one(round, requests, all->len, error)) {
            return false;
        }
    }
    count(all, round->totals);
    return true;
}

bool redecide_run(Context *context, Serials *serials, const GArray *licenses,
                  RedecideTotals *totals, GError **error)
{
    g_autoptr(GArray) wanted = g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (licenses != NULL) {
        g_array_append_vals(wanted, licenses->data, licenses->len);
    }
    do { /* a proven move gives back uses, for which others may wait */
        g_autoptr(GArray) freed = g_array_new(FALSE, FALSE, sizeof(int64_t));
        const Round round = {
            .context = context, .serials = serials, .totals = totals, .freed = freed};
        if (!run_round(&round, wanted, error)) {
            return false;
        }
        g_array_set_size(wanted, 0);
        g_array_append_vals(wanted, freed->data, freed->len);
    } while (wanted->len > 0);
    return true;
}

bool redecide_after_change(const char *config_path, RedecideTotals *totals, GError **error)
{
    g_autoptr(Context) context =
        context_open(config_path, CONTEXT_DATABASE | CONTEXT_SIGNER, "issuer redecide", error);
    if (context == NULL || !context_record_signer(context, error)) {
        return false;
    }
    g_autoptr(Serials) serials = serials_new(context->database);
    bool done = redecide_run(context, serials, NULL, totals, error);
    return serials_close(serials, done ? error : NULL) && done;
}

char *redecide_text(const RedecideTotals *totals)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(totals->outcomes); i++) {
        if (totals->outcomes[i] > 0) {
            g_string_append_printf(text, "%s%" G_GUINT64_FORMAT " %s", text->len > 0 ? ", " : "",
                                   totals->outcomes[i], rules_outcome_name((Outcome)i));
        }
    }
    if (totals->failed > 0) {
        g_string_append_printf(text, "%s%" G_GUINT64_FORMAT " could not be decided (%s)",
                               text->len > 0 ? ", " : "", totals->failed, totals->failure);
    }
    return text->len > 0 ? g_strdup_printf("earlier requests decided again: %s", text->str) : NULL;
}
