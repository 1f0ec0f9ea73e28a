#include "service/redecide.h"

#include "base/clock.h"
#include "service/stored_request.h"

static void free_request(gpointer request)
{
    stored_request_free(request);
}

static GPtrArray *read_all(const GPtrArray *found, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_request);
    for (guint i = 0; i < found->len; i++) {
        const WaitingRequest *waiting = g_ptr_array_index(found, i);
        StoredRequest *again = stored_request_new(waiting, error);
        if (again == NULL) {
            return NULL;
        }
        matter_decide_again(again->matter, waiting->outcome, waiting->code, waiting->decisions);
        g_ptr_array_add(all, again);
    }
    return g_steal_pointer(&all);
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

/* All in one batch, so that those that wait for the same use are seen together. `freed` is set to
 * the licenses to which a use came back by it. */
static bool run_round(Context *context, Serials *serials, const GArray *licenses,
                      RedecideTotals *totals, GArray **freed, GError **error)
{
    const int64_t now = clock_now();
    g_autoptr(GPtrArray) found = waiting_find(context->database, licenses, now, error);
    g_autoptr(GPtrArray) all = found != NULL ? read_all(found, error) : NULL;
    if (all == NULL) {
        return false;
    }
    g_autoptr(Batch) batch = batch_new(context, serials, now, false);
    for (guint i = 0; i < all->len; i++) {
        StoredRequest *again = g_ptr_array_index(all, i);
        batch_add(batch, &again->item);
    }
    if (all->len > 0 && !batch_run(batch, error)) {
        return false;
    }
    count(all, totals);
    const GArray *given_back = batch_given_back(batch);
    *freed = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_array_append_vals(*freed, given_back->data, given_back->len);
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
        GArray *freed = NULL;
        if (!run_round(context, serials, wanted, totals, &freed, error)) {
            return false;
        }
        g_array_unref(wanted);
        wanted = freed;
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
    return text->len > 0 ? g_strdup_printf("earlier requests decided again: %s", text->str) : NULL;
}
