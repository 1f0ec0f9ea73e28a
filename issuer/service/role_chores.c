#include "service/role_chores.h"

#include "base/log.h"
#include "db/staff_notice_store.h"
#include "service/context.h"
#include "service/expiry_notices.h"
#include "service/retention.h"
#include "service/staff_notices.h"

#define LOOK_MS 5000 /* between two looks at the records */
#define LEASE   30   /* seconds that a daemon has the chores which is not heard of */

typedef struct {
    RoleCall *call;
    Context *context; /* NULL: to be opened */
} Chores;

bool role_chores_wanted(const Settings *settings)
{
    return staff_notices_wanted(settings) || expiry_notices_wanted(settings) ||
           retention_wanted(settings);
}

bool role_chores_judge(const Settings *settings, const char *instance, GError **error)
{
    (void)instance;
    return staff_notices_judge(settings, error);
}

char *role_chores_watches(const Settings *settings, const char *instance)
{
    (void)instance;
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    if (expiry_notices_wanted(settings)) {
        g_ptr_array_add(all, g_strdup("licenses that expire"));
    }
    if (staff_notices_wanted(settings)) {
        g_ptr_array_add(all, staff_notices_to(settings));
    }
    if (retention_wanted(settings)) {
        g_ptr_array_add(all, g_strdup("mails to be emptied"));
    }
    g_ptr_array_add(all, NULL);
    return g_strjoinv(", ", (char **)all->pdata);
}

/* Where another daemon has the chores, this one waits for its end; one that hangs loses them. */
static bool claim(const Chores *chores, bool *ours, GError **error)
{
    return staff_notice_store_claim(chores->context->database, role_seat(chores->call)->run, LEASE,
                                    ours, error);
}

/* That staff cannot be told keeps nothing else waiting: it is tried again later, and `issuer
 * status` names what waits. */
static bool tell_staff(const Chores *chores, guint64 *things, GError **error)
{
    int64_t found = 0;
    StaffTold told = {0};
    role_beat(chores->call, 0);
    if (!staff_notices_find(chores->context, &found, error)) {
        return false;
    }
    /* The same again for what the records take before and after. */
    role_beat(chores->call, 2 * staff_notices_longest(chores->context->settings) + 60);
    if (!staff_notices_tell(chores->context, &told, error)) {
        staff_told_clear(&told);
        return false;
    }
    if (told.told > 0) {
        LogLine *line = log_begin(LOG_LEVEL_INFO, "staff-told");
        log_number(line, "notices", told.told);
        log_end(line);
    }
    if (told.problem != NULL) {
        log_event(LOG_LEVEL_WARNING, "staff-not-told", "problem", told.problem);
    }
    *things += told.told;
    staff_told_clear(&told);
    return true;
}

static bool tell_contacts(const Chores *chores, guint64 *things, GError **error)
{
    int64_t queued = 0;
    if (!expiry_notices_queue(chores->context, &queued, error)) {
        return false;
    }
    if (queued > 0) {
        LogLine *line = log_begin(LOG_LEVEL_INFO, "expiry-told");
        log_number(line, "replies", queued);
        log_end(line);
    }
    *things += (guint64)queued;
    return true;
}

/* Step by step, as long as there is more and the chores are this daemon's; another goes on where
 * one ends. */
static bool empty_mails(const Chores *chores, guint64 *things, GError **error)
{
    guint64 done = 0;
    RetentionDone step = {.more = true};
    while (step.more && !role_stops(chores->call)) {
        bool ours = false;
        role_beat(chores->call, 0);
        if (!claim(chores, &ours, error) ||
            (ours && !retention_step(chores->context, &step, error))) {
            return false;
        }
        step.more = step.more && ours;
        done += ours ? (guint64)step.emptied : 0;
    }
    if (done > 0) {
        LogLine *line = log_begin(LOG_LEVEL_INFO, "emptied");
        log_number(line, "mails", (int64_t)done);
        log_end(line);
    }
    *things += done;
    return true;
}

/* What takes long when there is much of it comes last. */
static bool do_chores(const Chores *chores, guint64 *things, GError **error)
{
    const Settings *settings = chores->context->settings;
    return (!expiry_notices_wanted(settings) || tell_contacts(chores, things, error)) &&
           (!staff_notices_wanted(settings) || tell_staff(chores, things, error)) &&
           (!retention_wanted(settings) || empty_mails(chores, things, error));
}

static bool open_records(Chores *chores, GError **error)
{
    chores->context =
        context_open_with(role_seat(chores->call)->settings, CONTEXT_DATABASE, "issuer run", error);
    return chores->context != NULL;
}

static bool run_round(Chores *chores, GError **error)
{
    guint64 things = 0;
    bool ours = false;
    if ((chores->context == NULL && !open_records(chores, error)) || !claim(chores, &ours, error) ||
        (ours && !do_chores(chores, &things, error))) {
        return false;
    }
    role_worked(chores->call, things);
    return true;
}

bool role_chores_live(RoleCall *call, GError **error)
{
    Chores chores = {.call = call};
    bool good = true;
    while (good && !role_stops(call)) {
        g_autoptr(GError) problem = NULL;
        if (run_round(&chores, &problem)) {
            (void)role_wait(call, NULL, 0, LOOK_MS);
        } else {
            g_clear_pointer(&chores.context, context_free);
            good = role_put_off(call, &problem, error);
        }
    }
    if (chores.context != NULL) {
        (void)staff_notice_store_release(chores.context->database, role_seat(call)->run, NULL);
    }
    context_free(chores.context);
    return good;
}
