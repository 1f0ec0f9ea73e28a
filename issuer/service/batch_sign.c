/* Signs what a batch issued. Signing and verifying what was signed costs more than all the rest of
 * a decision, so for a larger batch a thread of its own begins while PostgreSQL still writes what
 * was asked and decided. */
#include "service/batch_internal.h"

#define JOBS_PER_THREAD 8 /* fewer are not worth waking a thread */

struct Signing {
    const Signer *signer;
    GPtrArray *jobs;
    GThread *helper; /* or NULL */
    gint next;       /* atomic: the job to take */
    GError *error;   /* of the thread that failed first; written under the lock */
    GMutex lock;
};

static bool sign_one(Signing *signing, SignJob *job, GError **error)
{
    g_autofree char *input = usage_license_signing_input(job->license, signer_kid(signing->signer),
                                                         signer_certificate(signing->signer));
    job->jws = signer_sign(signing->signer, input, error);
    return job->jws != NULL;
}

static gpointer sign_some(gpointer data)
{
    Signing *signing = data;
    for (;;) {
        guint i = (guint)g_atomic_int_add(&signing->next, 1);
        if (i >= signing->jobs->len) {
            return NULL;
        }
        g_autoptr(GError) error = NULL;
        if (!sign_one(signing, g_ptr_array_index(signing->jobs, i), &error)) {
            g_mutex_lock(&signing->lock);
            if (signing->error == NULL) {
                signing->error = g_steal_pointer(&error);
            }
            g_mutex_unlock(&signing->lock);
            return NULL;
        }
    }
}

void batch_sign_begin(Batch *batch)
{
    Signing *signing = g_new0(Signing, 1);
    signing->signer = batch->context->signer;
    signing->jobs = batch->jobs;
    g_mutex_init(&signing->lock);
    if (batch->jobs->len >= JOBS_PER_THREAD) {
        signing->helper = g_thread_try_new("sign", sign_some, signing, NULL);
    }
    batch->signing = signing;
}

bool batch_sign_finish(Batch *batch, GError **error)
{
    sign_some(batch->signing);
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
    const bool done = signing->error == NULL;
    if (!done) {
        g_propagate_error(error, signing->error);
    }
    g_mutex_clear(&signing->lock);
    g_free(signing);
    return done;
}
