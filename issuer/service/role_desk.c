#include "service/role_desk.h"

#include "base/log.h"
#include "service/desk.h"

#define SWEEP_MS 1000 /* a notice may be lost, and what others have taken comes back untold */

char *role_desk_watches(const Settings *settings, const char *instance)
{
    (void)settings;
    (void)instance;
    return g_strdup("instructions of people who have no signing key at hand");
}

static void tell(const DeskLine *line, DeskEnd end)
{
    LogLine *log = log_begin(end == DESK_DONE ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "instruction");
    log_number(log, "instruction", line->instruction);
    log_text(log, "kind", line->kind);
    log_text(log, "state", end == DESK_DONE ? "done" : end == DESK_REFUSED ? "refused" : "filed");
    log_text(log, "why", line->why);
    log_end(log);
}

/* While nothing can be signed that is its trouble, whatever else it does. */
static void show(RoleCall *call, const Desk *desk, guint64 *done)
{
    if (desk_problem(desk) != NULL) {
        role_hampered(call, desk_problem(desk));
        return;
    }
    role_worked(call, *done);
    *done = 0;
}

/* Until none waits; a notice that comes meanwhile is seen by who looks next. `done`: instructions
 * that are not shown yet. */
static bool carry_out_all(RoleCall *call, Desk *desk, guint64 *done, GError **error)
{
    DeskEnd end = DESK_DONE;
    while (end != DESK_NONE && !role_stops(call)) {
        DeskLine line = {0};
        role_beat(call, 0);
        end = desk_turn(desk, &line, error);
        if (end == DESK_HOPELESS) {
            return false;
        }
        if (end != DESK_NONE) {
            tell(&line, end);
        }
        desk_line_clear(&line);
        if (end == DESK_NOT_NOW) {
            return false;
        }
        *done += end != DESK_NONE;
        show(call, desk, done);
    }
    return true;
}

/* What came between the round and this wait is in libpq's hands, where no descriptor tells of it.
 */
static bool rest(RoleCall *call, const Desk *desk, GError **error)
{
    bool called = false;
    if (!database_notified(desk_database(desk), &called, error)) {
        return false;
    }
    if (!called) {
        struct pollfd fd = {.fd = database_socket(desk_database(desk)), .events = POLLIN};
        (void)role_wait(call, &fd, 1, SWEEP_MS);
    }
    return true;
}

static bool run_round(RoleCall *call, Desk *desk, guint64 *done, GError **error)
{
    bool called = false;
    return desk_open(desk, error) && database_notified(desk_database(desk), &called, error) &&
           carry_out_all(call, desk, done, error) && rest(call, desk, error);
}

bool role_desk_live(RoleCall *call, GError **error)
{
    const RoleSeat *seat = role_seat(call);
    g_autoptr(Desk) desk = desk_new(seat->settings, seat->signer, error);
    guint64 done = 0;
    bool good = desk != NULL;
    while (good && !role_stops(call)) {
        g_autoptr(GError) problem = NULL;
        if (!run_round(call, desk, &done, &problem)) {
            desk_close(desk);
            good = role_put_off(call, &problem, error);
        }
    }
    return good;
}
