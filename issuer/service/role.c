#include "service/role.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "core/finder.h"
#include "service/role_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define FDS_MOST   15
#define PAUSE_MOST 30 /* seconds */
#define ALARM_BEHIND                                                                               \
    30 /* seconds past which a process ends itself that its supervisor has not killed */

struct RoleCall {
    RoleSeat seat;
    RoleStanding standing; /* as it is on the board */
    unsigned patience;     /* seconds */
    unsigned pause;        /* seconds; 0: nothing is put off */
    char *told;            /* the trouble that the log has; NULL: none */
};

char *role_title(const Role *role, const char *instance)
{
    return *instance != '\0' ? g_strconcat(role->name, ":", instance, NULL) : g_strdup(role->name);
}

const RoleSeat *role_seat(const RoleCall *call)
{
    return &call->seat;
}

/* ---- waiting ---- */

bool role_stops(const RoleCall *call)
{
    struct pollfd stop = {.fd = call->seat.stop_fd, .events = POLLIN};
    return poll(&stop, 1, 0) > 0;
}

void role_beat(RoleCall *call, unsigned seconds)
{
    const unsigned within = seconds > 0 ? seconds : call->patience;
    role_board_set_due(call->seat.board, call->seat.place,
                       clock_monotonic_us() + (int64_t)within * G_USEC_PER_SEC);
    /* Where there is no supervisor any more, or it hangs itself. */
    (void)alarm(within + ALARM_BEHIND);
}

/* One turn of waiting, in which the heart need not beat. */
static RoleWake wait_turn(struct pollfd *all, gsize count, int64_t ms)
{
    const int found = poll(all, (nfds_t)count + 1, (int)ms);
    if (found > 0 && all[0].revents != 0) {
        return ROLE_WAKE_STOP;
    }
    return found > 0 ? ROLE_WAKE_FD : ROLE_WAKE_TIME;
}

RoleWake role_wait(RoleCall *call, struct pollfd *fds, gsize count, int64_t ms)
{
    g_assert(count <= FDS_MOST);
    struct pollfd all[FDS_MOST + 1] = {{.fd = call->seat.stop_fd, .events = POLLIN}};
    for (gsize i = 0; i < count; i++) {
        all[i + 1] = fds[i];
    }
    const int64_t until = clock_monotonic_us() / 1000 + ms;
    const int64_t turn = (int64_t)call->patience * 1000 / 3;
    RoleWake wake = ROLE_WAKE_TIME;
    int64_t left = ms;
    do {
        role_beat(call, 0);
        wake = wait_turn(all, count, ms < 0 ? turn : MIN(left, turn));
        left = until - clock_monotonic_us() / 1000;
    } while (wake == ROLE_WAKE_TIME && (ms < 0 || left > 0));
    for (gsize i = 0; i < count; i++) {
        fds[i].revents = all[i + 1].revents;
    }
    role_beat(call, 0);
    return wake;
}

/* ---- telling ---- */

static void show(const RoleCall *call)
{
    role_board_write(call->seat.board, call->seat.place, &call->standing);
}

void role_show_problem(RoleStanding *standing, const char *text)
{
    if (text == NULL || standing->problem[0] == '\0') {
        standing->problem_at = text != NULL ? clock_now() : 0;
    }
    role_board_set_text(standing->problem, sizeof standing->problem, text);
}

void role_worked(RoleCall *call, guint64 things)
{
    RoleStanding *standing = &call->standing;
    const int64_t now = clock_now();
    role_beat(call, 0);
    if (call->told != NULL) {
        log_event(LOG_LEVEL_NOTICE, "works-again", "after", call->told);
        g_clear_pointer(&call->told, g_free);
    }
    call->pause = 0;
    standing->ready = true;
    standing->worked_at = now;
    standing->had_at = things > 0 ? now : standing->had_at;
    standing->done += (int64_t)things;
    role_show_problem(standing, NULL);
    show(call);
}

void role_hampered(RoleCall *call, const char *problem)
{
    /* It may quote what came by mail. */
    g_autofree char *text = finder_mask_license_keys(problem);
    if (g_strcmp0(call->told, text) != 0) {
        log_event(LOG_LEVEL_WARNING, "trouble", "problem", text);
        g_free(call->told);
        call->told = g_strdup(text);
    }
    call->standing.ready = false;
    role_show_problem(&call->standing, text);
    show(call);
}

static bool is_mended_by_time(const GError *problem)
{
    return g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE) ||
           g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_CONFLICT);
}

bool role_put_off(RoleCall *call, GError **problem, GError **error)
{
    if (!is_mended_by_time(*problem)) {
        g_propagate_error(error, g_steal_pointer(problem));
        return false;
    }
    role_hampered(call, (*problem)->message);
    g_clear_error(problem);
    call->pause = CLAMP(call->pause * 2, 1, PAUSE_MOST);
    /* Not all at once, of those that failed together. */
    role_wait(call, NULL, 0, (int64_t)call->pause * g_random_int_range(850, 1000));
    return true;
}

/* ---- the process ---- */

/* SIGTERM stays pending once it came, so whoever looks finds it. */
static int open_stop(void)
{
    sigset_t term;
    (void)sigemptyset(&term);
    (void)sigaddset(&term, SIGTERM);
    (void)sigprocmask(SIG_SETMASK, &term, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    return signalfd(-1, &term, SFD_CLOEXEC);
}

static const Config *find_group(const RoleSeat *seat)
{
    const Config *config = settings_config(seat->settings);
    const char *kind = seat->role->kind;
    for (guint i = 0; kind != NULL && i < config_group_count(config, kind); i++) {
        if (strcmp(config_group_name(config, kind, i), seat->instance) == 0) {
            return config_group(config, kind, i);
        }
    }
    return NULL;
}

/* Whatever had happened to the supervisor before this is seen here. */
static void follow_supervisor(const RoleSeat *seat)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != seat->supervisor) {
        (void)raise(SIGTERM);
    }
}

static int live(RoleCall *call)
{
    g_autoptr(GError) error = NULL;
    if (call->seat.role->live(call, &error)) {
        return EXIT_SUCCESS;
    }
    role_hampered(call, error->message);
    return EXIT_FAILURE;
}

int role_process(const RoleSeat *seat)
{
    const Config *config = settings_config(seat->settings);
    g_autofree char *title = role_title(seat->role, seat->instance);
    log_open(log_level_of(config_text(config, "log-level")), title);
    (void)prctl(PR_SET_NAME, title);
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    RoleCall call = {
        .seat = *seat,
        .standing = role_board_read(seat->board, seat->place),
        .patience = (unsigned)config_number(config, "hang-seconds"),
    };
    call.seat.group = find_group(seat);
    call.seat.stop_fd = open_stop();
    follow_supervisor(seat);
    call.standing.pid = getpid();
    call.standing.started_at = clock_now();
    show(&call);
    role_beat(&call, 0);
    const int code = live(&call);
    g_free(call.told);
    (void)close(call.seat.stop_fd);
    return code;
}
