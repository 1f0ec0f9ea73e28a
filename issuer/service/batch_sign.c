/* Signs what a batch issued. Signing and verifying what was signed costs more than all the rest of
 * a decision, so the jobs of a larger batch are shared out among threads. */
#include "service/batch_internal.h"

#define JOBS_PER_THREAD 8 /* fewer are not worth waking a thread */

typedef struct {
    const Signer *signer;
    GPtrArray *jobs;
    gint next;     /* atomic: the job to take */
    GError *error; /* of the thread that failed first; written under the lock */
    GMutex lock;
} SignWork;

static bool sign_one(SignWork *work, SignJob *job, GError **error)
{
    g_autofree char *input = usage_license_signing_input(job->license, signer_kid(work->signer),
                                                         signer_certificate(work->signer));
    job->jws = signer_sign(work->signer, input, error);
    return job->jws != NULL;
}

static gpointer sign_some(gpointer data)
{
    SignWork *work = data;
    for (;;) {
        guint i = (guint)g_atomic_int_add(&work->next, 1);
        if (i >= work->jobs->len) {
            return NULL;
        }
        g_autoptr(GError) error = NULL;
        if (!sign_one(work, g_ptr_array_index(work->jobs, i), &error)) {
            g_mutex_lock(&work->lock);
            if (work->error == NULL) {
                work->error = g_steal_pointer(&error);
            }
            g_mutex_unlock(&work->lock);
            return NULL;
        }
    }
}

bool batch_sign(Batch *batch, GError **error)
{
    SignWork work = {.signer = batch->context->signer, .jobs = batch->jobs};
    g_mutex_init(&work.lock);
    GThread *helper = batch->jobs->len >= JOBS_PER_THREAD
                          ? g_thread_try_new("sign", sign_some, &work, NULL)
                          : NULL;
    sign_some(&work);
    if (helper != NULL) {
        g_thread_join(helper);
    }
    g_mutex_clear(&work.lock);
    if (work.error != NULL) {
        g_propagate_error(error, work.error);
        return false;
    }
    return true;
}
