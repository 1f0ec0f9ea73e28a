#include "service/record_look.h"

#include "base/clock.h"
#include "service/context.h"

#define END_US ((int64_t)G_USEC_PER_SEC)

struct RecordLook {
    GThread *thread;
    Settings *settings;
    GMutex lock; /* of what follows */
    GCond told;
    bool stops;
    bool ended;
    RecordFacts *facts; /* NULL: none yet */
};

static bool look(Context *context, RecordFacts *facts, GError **error)
{
    facts->waiting = status_store_waiting(context->database, error);
    return facts->waiting != NULL && status_store_totals(context->database, &facts->totals, error);
}

static Context *open_records(Settings *settings, GError **error)
{
    g_autoptr(Context) context =
        context_open_with(settings, CONTEXT_DATABASE, "issuer run watch", error);
    return context != NULL && database_set_time_limit(context->database, RECORD_LOOK_MOST, error)
               ? g_steal_pointer(&context)
               : NULL;
}

static void drop_findings(RecordFacts *facts)
{
    g_clear_pointer(&facts->waiting, g_ptr_array_unref);
    status_totals_clear(&facts->totals);
}

/* `context` is the session from the last look to the next; NULL after one that failed. */
static RecordFacts *look_once(Settings *settings, Context **context)
{
    g_autoptr(GError) problem = NULL;
    RecordFacts *facts = g_new0(RecordFacts, 1);
    const int64_t begun = clock_monotonic_us();
    g_atomic_ref_count_init(&facts->references);
    if (*context == NULL) {
        *context = open_records(settings, &problem);
    }
    if (*context == NULL || !look(*context, facts, &problem)) {
        drop_findings(facts);
        g_clear_pointer(context, context_free);
        facts->problem = g_strdup(problem->message);
    }
    facts->looked_at = clock_now();
    facts->looked_us = clock_monotonic_us();
    facts->took_us = facts->looked_us - begun;
    return facts;
}

/* Waits, with the lock, until it is time for the next look or none is wanted any more. */
static void rest(RecordLook *look)
{
    const int64_t until = g_get_monotonic_time() + (int64_t)RECORD_LOOK_SECONDS * G_USEC_PER_SEC;
    while (!look->stops && g_cond_wait_until(&look->told, &look->lock, until)) {
    }
}

static gpointer run(gpointer data)
{
    RecordLook *look = data;
    Context *context = NULL;
    g_mutex_lock(&look->lock);
    while (!look->stops) {
        g_mutex_unlock(&look->lock);
        RecordFacts *facts = look_once(look->settings, &context);
        g_mutex_lock(&look->lock);
        record_facts_free(look->facts);
        look->facts = facts;
        rest(look);
    }
    g_mutex_unlock(&look->lock);
    context_free(context);
    g_mutex_lock(&look->lock);
    look->ended = true;
    g_cond_broadcast(&look->told);
    g_mutex_unlock(&look->lock);
    return NULL;
}

RecordLook *record_look_new(Settings *settings)
{
    RecordLook *look = g_new0(RecordLook, 1);
    look->settings = settings_ref(settings);
    g_mutex_init(&look->lock);
    g_cond_init(&look->told);
    look->thread = g_thread_new("records", run, look);
    return look;
}

RecordFacts *record_look_facts(RecordLook *look)
{
    g_mutex_lock(&look->lock);
    RecordFacts *facts = look->facts;
    if (facts != NULL) {
        g_atomic_ref_count_inc(&facts->references);
    }
    g_mutex_unlock(&look->lock);
    return facts;
}

void record_facts_free(RecordFacts *facts)
{
    if (facts != NULL && g_atomic_ref_count_dec(&facts->references)) {
        drop_findings(facts);
        g_free(facts->problem);
        g_free(facts);
    }
}

bool record_look_end(RecordLook *look)
{
    const int64_t until = g_get_monotonic_time() + END_US;
    g_mutex_lock(&look->lock);
    look->stops = true;
    g_cond_broadcast(&look->told);
    while (!look->ended && g_cond_wait_until(&look->told, &look->lock, until)) {
    }
    const bool ended = look->ended;
    g_mutex_unlock(&look->lock);
    if (ended) {
        (void)g_thread_join(look->thread);
        record_facts_free(look->facts);
        settings_free(look->settings);
        g_cond_clear(&look->told);
        g_mutex_clear(&look->lock);
        g_free(look);
    }
    return ended;
}
