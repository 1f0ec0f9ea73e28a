/* Signs what a batch issued. Signing and verifying what was signed costs more than all the rest of
 * a decision, so it goes on while PostgreSQL still writes what was asked and decided: in the
 * signer, or where the key is in this process in a thread. */
#include "service/batch_internal.h"

#include "db/health_store.h"

#define JOBS_PER_THREAD 8 /* fewer are not worth waking a thread */

struct Signing {
    Signer *signer;
    GPtrArray *jobs;
    GThread *helper; /* or NULL */
    gint next;       /* atomic: the job to take */
    GError *error;   /* of the thread that failed first; written under the lock */
    GMutex lock;

    /* where the signer is another process */
    bool elsewhere;
    GPtrArray *licenses; /* of the jobs */
    GPtrArray *answers;  /* of char *: what came back; NULL until it was waited for */
};

static void keep_error(Signing *signing, GError *error)
{
    g_mutex_lock(&signing->lock);
    if (signing->error == NULL) {
        signing->error = error;
    } else {
        g_error_free(error);
    }
    g_mutex_unlock(&signing->lock);
}

/* ---- in this process ---- */

static gpointer sign_some(gpointer data)
{
    Signing *signing = data;
    for (;;) {
        const guint i = (guint)g_atomic_int_add(&signing->next, 1);
        if (i >= signing->jobs->len) {
            return NULL;
        }
        GError *error = NULL;
        SignJob *job = g_ptr_array_index(signing->jobs, i);
        job->jws = signer_issue(signing->signer, job->license, &error);
        if (job->jws == NULL) {
            keep_error(signing, error);
            return NULL;
        }
    }
}

/* ---- in another process ---- */

static void ask(Signing *signing, const Batch *batch, int64_t database)
{
    GError *error = NULL;
    const SignOrder order = {
        .licenses = signing->licenses, .database = database, .began_us = batch->began_us};
    if (!signer_ask(signing->signer, &order, &error)) {
        keep_error(signing, error);
    }
}

static void ask_for_all(Signing *signing, Batch *batch)
{
    int64_t database = 0;
    GError *error = NULL;
    signing->licenses = g_ptr_array_sized_new(signing->jobs->len);
    for (guint i = 0; i < signing->jobs->len; i++) {
        const SignJob *job = g_ptr_array_index(signing->jobs, i);
        g_ptr_array_add(signing->licenses, job->license);
    }
    if (!health_store_clock(batch->context->database, &database, &error)) {
        keep_error(signing, error);
        return;
    }
    ask(signing, batch, database);
}

static gpointer await_answers(gpointer data)
{
    Signing *signing = data;
    GError *error = NULL;
    if (signing->answers != NULL || signing->error != NULL) {
        return NULL;
    }
    signing->answers = g_ptr_array_new_with_free_func(g_free);
    if (!signer_answer(signing->signer, signing->answers, &error)) {
        keep_error(signing, error);
    }
    return NULL;
}

static void hand_out(const Signing *signing)
{
    g_ptr_array_set_free_func(signing->answers, NULL);
    for (guint i = 0; i < signing->jobs->len; i++) {
        SignJob *job = g_ptr_array_index(signing->jobs, i);
        job->jws = g_ptr_array_index(signing->answers, i);
    }
}

/* ---- either ---- */

bool batch_sign_prepare(Batch *batch, GError **error)
{
    bool changed = false;
    if (!context_need_signer(batch->context, error)) {
        return false;
    }
    Signer *signer = batch->context->signer;
    if (!signer_is_elsewhere(signer)) {
        return signer_check_time(signer, batch->now, error);
    }
    return signer_reach(signer, &changed, error) &&
           (!changed || context_record_signer(batch->context, error));
}

void batch_sign_begin(Batch *batch)
{
    Signing *signing = g_new0(Signing, 1);
    signing->signer = batch->context->signer;
    signing->jobs = batch->jobs;
    g_mutex_init(&signing->lock);
    batch->signing = signing;
    if (batch->jobs->len == 0) {
        return;
    }
    signing->elsewhere = signer_is_elsewhere(signing->signer);
    if (signing->elsewhere) {
        ask_for_all(signing, batch);
    }
    if (batch->jobs->len >= JOBS_PER_THREAD && signing->error == NULL) {
        signing->helper =
            g_thread_try_new("sign", signing->elsewhere ? await_answers : sign_some, signing, NULL);
    }
}

bool batch_sign_finish(Batch *batch, GError **error)
{
    if (!batch->signing->elsewhere) {
        sign_some(batch->signing);
    }
    return batch_sign_end(batch, error);
}

bool batch_sign_end(Batch *batch, GError **error)
{
    Signing *signing = g_steal_pointer(&batch->signing);
    if (signing == NULL) {
        return true;
    }
    g_atomic_int_set(&signing->next, (gint)signing->jobs->len);
    if (signing->helper != NULL) {
        g_thread_join(signing->helper);
    }
    if (signing->elsewhere) {
        await_answers(signing);
    }
    const bool done = signing->error == NULL;
    if (!done) {
        g_propagate_error(error, signing->error);
    } else if (signing->elsewhere) {
        hand_out(signing);
    }
    g_clear_pointer(&signing->licenses, g_ptr_array_unref);
    g_clear_pointer(&signing->answers, g_ptr_array_unref);
    g_mutex_clear(&signing->lock);
    g_free(signing);
    return done;
}
