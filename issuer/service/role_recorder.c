#include "service/role_recorder.h"

#include "base/clock.h"
#include "base/error.h"
#include "db/report_query.h"
#include "db/watch_store.h"
#include "service/context.h"

#include <string.h>

#define LOOK_MS 2000 /* between two looks at the board */
#define SEEN_S  10   /* seconds after which it is written though nothing has changed */

typedef struct {
    RoleCall *call;
    Context *context;   /* NULL: to be opened */
    GArray *standings;  /* of RoleStanding: as they were written last */
    int64_t written_us; /* clock_monotonic_us(); 0: not yet */
} Recorder;

char *role_recorder_watches(const Settings *settings, const char *instance)
{
    (void)settings;
    (void)instance;
    return g_strdup("what this daemon watches");
}

static bool record_change(const Recorder *recorder, WatchChangeKind kind, GError **error)
{
    const RoleCall *call = recorder->call;
    const WatchChange change = {
        .kind = kind,
        .run = role_seat(call)->run,
        .daemon = role_seat(call)->daemon,
        .version = ISSUER_VERSION,
        .policy = settings_policy_digest(recorder->context->settings),
        .now = clock_now(),
    };
    return watch_store_change(recorder->context->database, &change, error);
}

/* Two daemons of one name would overwrite what the other says. */
static bool claim_name(const Recorder *recorder, GError **error)
{
    bool ours = false;
    const char *name = role_seat(recorder->call)->daemon;
    if (!watch_store_claim(recorder->context->database, name, &ours, error)) {
        return false;
    }
    if (!ours) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "another daemon is known as %s in the records: give each on this machine a "
                    "daemon-name of its own",
                    name);
    }
    return ours;
}

static bool open_records(Recorder *recorder, GError **error)
{
    RoleCall *call = recorder->call;
    recorder->written_us = 0;
    recorder->context =
        context_open_with(role_seat(call)->settings, CONTEXT_DATABASE, "issuer run", error);
    return recorder->context != NULL && claim_name(recorder, error) &&
           record_change(recorder, role_seat(call)->reloaded ? WATCH_RELOADED : WATCH_STARTED,
                         error);
}

/* All that stand on the board now. */
static GArray *look(const RoleBoard *board)
{
    GArray *standings = g_array_new(FALSE, TRUE, sizeof(RoleStanding));
    for (guint place = 0; place < ROLE_BOARD_MOST; place++) {
        const RoleStanding standing = role_board_read(board, place);
        if (standing.used) {
            g_array_append_val(standings, standing);
        }
    }
    return standings;
}

/* But for when it last found all in order, which changes all the time. */
static bool is_same(const RoleStanding *a, const RoleStanding *b)
{
    return strcmp(a->role, b->role) == 0 && strcmp(a->instance, b->instance) == 0 &&
           strcmp(a->watches, b->watches) == 0 && strcmp(a->problem, b->problem) == 0 &&
           a->pid == b->pid && a->had_at == b->had_at && a->done == b->done &&
           (a->worked_at == 0) == (b->worked_at == 0);
}

static bool is_due(const Recorder *recorder, const GArray *now)
{
    const GArray *before = recorder->standings;
    const int64_t age = clock_monotonic_us() - recorder->written_us;
    bool same = before->len == now->len && recorder->written_us != 0 &&
                age < (int64_t)SEEN_S * G_USEC_PER_SEC;
    for (guint i = 0; same && i < now->len; i++) {
        same =
            is_same(&g_array_index(before, RoleStanding, i), &g_array_index(now, RoleStanding, i));
    }
    return !same;
}

static WatchRow row_of(const RoleStanding *standing)
{
    const bool troubled = standing->problem[0] != '\0';
    return (WatchRow){
        .role = standing->role,
        .instance = standing->instance,
        .watches = standing->watches,
        .problem = troubled ? standing->problem : NULL,
        .problem_at = troubled ? MAX(standing->problem_at, 1) : 0,
        .started_at = standing->pid != 0 ? standing->started_at : 0,
        .worked_at = standing->worked_at,
        .had_at = standing->had_at,
        .done = standing->done,
        .restarts = standing->restarts,
    };
}

static bool write_rows(const Recorder *recorder, const GArray *standings, GError **error)
{
    const RoleCall *call = recorder->call;
    g_autofree char *policy = config_digest(settings_config(recorder->context->settings));
    g_autofree char *itself = g_strdup_printf("issuer %s, policy %.16s", ISSUER_VERSION, policy);
    const int64_t now = clock_now();
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(WatchRow));
    const WatchRow daemon = {
        .role = "daemon",
        .instance = "",
        .watches = itself,
        .started_at = role_board_started(role_seat(call)->board),
        .worked_at = now,
    };
    g_array_append_val(rows, daemon);
    for (guint i = 0; i < standings->len; i++) {
        const WatchRow row = row_of(&g_array_index(standings, RoleStanding, i));
        g_array_append_val(rows, row);
    }
    return watch_store_write(recorder->context->database, role_seat(call)->daemon, rows, now,
                             error);
}

/* A round: how far the records are, and what has changed on the board since the last one. */
static bool run_round(Recorder *recorder, GError **error)
{
    if (recorder->context == NULL && !open_records(recorder, error)) {
        return false;
    }
    if (!report_query_note_moment(recorder->context->database, error)) {
        return false;
    }
    g_autoptr(GArray) now = look(role_seat(recorder->call)->board);
    if (!is_due(recorder, now)) {
        role_beat(recorder->call, 0);
        return true;
    }
    if (!write_rows(recorder, now, error)) {
        return false;
    }
    recorder->written_us = clock_monotonic_us();
    g_array_unref(recorder->standings);
    recorder->standings = g_steal_pointer(&now);
    role_worked(recorder->call, 0);
    return true;
}

/* Nothing is watched any more. One try: the records tell of a daemon that is not heard of, too. */
static bool record_end(const Recorder *recorder, GError **error)
{
    g_autoptr(GArray) none = g_array_new(FALSE, TRUE, sizeof(WatchRow));
    return watch_store_write(recorder->context->database, role_seat(recorder->call)->daemon, none,
                             clock_now(), error) &&
           record_change(recorder, WATCH_STOPPED, error);
}

bool role_recorder_live(RoleCall *call, GError **error)
{
    Recorder recorder = {
        .call = call,
        .standings = g_array_new(FALSE, TRUE, sizeof(RoleStanding)),
    };
    bool good = true;
    while (good && !role_stops(call)) {
        g_autoptr(GError) problem = NULL;
        if (run_round(&recorder, &problem)) {
            (void)role_wait(call, NULL, 0, LOOK_MS);
        } else {
            g_clear_pointer(&recorder.context, context_free);
            good = role_put_off(call, &problem, error);
        }
    }
    if (good && recorder.context != NULL && role_board_ends(role_seat(call)->board)) {
        good = record_end(&recorder, error);
    }
    context_free(recorder.context);
    g_array_unref(recorder.standings);
    return good;
}
