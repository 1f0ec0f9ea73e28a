#include "service/redecide.h"

#include "base/clock.h"
#include "base/error.h"
#include "service/stored_request.h"

#define BATCH_REQUESTS                                                                             \
    200 /* that are decided in one transaction, and those of the same license                      \
         */

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

/* Some of the requests: `count` from `first` on, but for those that are left out. */
typedef struct {
    const GPtrArray *all;
    guint first;
    guint count;
} Group;

static StoredRequest *member(const Group *group, guint i)
{
    return g_ptr_array_index(group->all, group->first + i);
}

static bool run_batch(const Round *round, const Group *group, GError **error)
{
    g_autoptr(Batch) batch = batch_new(round->context, round->serials, clock_now(), false);
    for (guint i = 0; i < group->count; i++) {
        StoredRequest *again = member(group, i);
        if (again->left_out) {
            batch_count_rival(batch, again->license_id);
        } else {
            batch_add(batch, &again->item);
        }
    }
    if (!batch_run(batch, error)) {
        return false;
    }
    const GArray *given_back = batch_given_back(batch);
    g_array_append_vals(round->freed, given_back->data, given_back->len);
    return true;
}

/* What is not the fault of any of them. */
static bool concerns_all(const GError *error)
{
    return g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE) ||
           g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_CONFLICT) ||
           g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_DENIED);
}

/* Tries it alone and takes all back; `failure` is set if it is at fault. */
static void try_alone(const Round *round, StoredRequest *request, GError **failure)
{
    g_autoptr(Batch) batch = batch_new(round->context, round->serials, clock_now(), false);
    batch_set_trial(batch);
    batch_add(batch, &request->item);
    (void)batch_run(batch, failure);
}

/* The requests of one license, of which some are at fault: these are told and wait on, the others
 * are decided. Together, and the ones at fault counted with them: one by one, the first would be
 * given a use for which all of them wait. */
static bool run_without_faulty(const Round *round, const Group *group, GError **error)
{
    for (guint i = 0; i < group->count; i++) {
        StoredRequest *request = member(group, i);
        g_autoptr(GError) failure = NULL;
        try_alone(round, request, &failure);
        if (failure != NULL && concerns_all(failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        request->left_out = failure != NULL;
        if (failure != NULL) {
            tell_failure(round, request->matter->request_id, failure);
        }
    }
    g_autoptr(GError) failure = NULL;
    if (run_batch(round, group, &failure)) {
        return true;
    }
    if (concerns_all(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    tell_failure(round, member(group, 0)->matter->request_id, failure); /* each alone would do */
    return true;
}

/* From `first` on: those of one license, and of as many more as make a batch of `most`. */
static Group next_group(const GPtrArray *all, guint first, guint most)
{
    Group group = {all, first, 0};
    while (first + group.count < all->len) {
        const StoredRequest *next = g_ptr_array_index(all, first + group.count);
        const bool same =
            group.count > 0 && next->license_id == member(&group, group.count - 1)->license_id;
        if (group.count >= most && !same) {
            break;
        }
        group.count++;
    }
    return group;
}

/* Decides the next group, or where it has failed, and has more licenses than one, none of it: then
 * `most` is halved for the next try. */
static bool run_group(const Round *round, Group *group, guint *most, GError **error)
{
    g_autoptr(GError) failure = NULL;
    const Group one = next_group(group->all, group->first, 1);
    if (run_batch(round, group, &failure)) {
        *most = BATCH_REQUESTS;
        return true;
    }
    if (concerns_all(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (one.count == group->count) {
        *most = BATCH_REQUESTS;
        return run_without_faulty(round, group, error);
    }
    *most = MAX(1, MIN(*most, group->count) / 2);
    group->count = 0;
    return true;
}

/* Those that wait for the same use are in one batch, so that they are seen together. */
static bool run_round(const Round *round, const GArray *licenses, GError **error)
{
    g_autoptr(GPtrArray) found =
        waiting_find(round->context->database, licenses, clock_now(), error);
    if (found == NULL) {
        return false;
    }
    g_autoptr(GPtrArray) all = read_all(round, found);
    guint most = BATCH_REQUESTS;
    for (guint at = 0; at < all->len;) {
        Group group = next_group(all, at, most);
        if (!run_group(round, &group, &most, error)) {
            return false;
        }
        at += group.count;
    }
    count(all, round->totals);
    return true;
}

bool redecide_run(Context *context, Serials *serials, const GArray *licenses,
                  RedecideTotals *totals, GError **error)
{
    g_autoptr(GArray) wanted = g_array_new(FALSE, FALSE, sizeof(int64_t));
    const GArray *next = licenses;
    do { /* a proven move gives back uses, for which others may wait */
        g_autoptr(GArray) freed = g_array_new(FALSE, FALSE, sizeof(int64_t));
        const Round round = {
            .context = context, .serials = serials, .totals = totals, .freed = freed};
        if (!run_round(&round, next, error)) {
            return false;
        }
        g_array_set_size(wanted, 0);
        g_array_append_vals(wanted, freed->data, freed->len);
        next = wanted;
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
