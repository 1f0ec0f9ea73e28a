#include "service/run_child.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/role_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_US     ((int64_t)G_USEC_PER_SEC)
#define PAUSE_MOST    60               /* seconds before a process that fails is forked again */
#define HEALTHY_US    (60 * SECOND_US) /* a process that lived so long has not failed at its start */
#define LAST_WORDS_US (2 * SECOND_US)  /* that one which hangs may take to say so */

RunChild *run_child_new(const Role *role, const char *instance)
{
    RunChild *child = g_new0(RunChild, 1);
    child->role = role;
    child->instance = g_strdup(instance);
    child->wanted = true;
    return child;
}

void run_child_free(RunChild *child)
{
    if (child != NULL) {
        g_free(child->instance);
        g_free(child->problem);
        g_free(child);
    }
}

/* ---- on the board; only while no process of it runs ---- */

static char *watches_of(const RunChild *child, const RunHouse *house)
{
    if (child->problem != NULL) {
        return g_strdup_printf("nothing, for [%s %s] is set wrongly", child->role->kind,
                               child->instance);
    }
    return child->role->watches != NULL ? child->role->watches(house->settings, child->instance)
                                        : NULL;
}

void run_child_show(const RunChild *child, const RunHouse *house)
{
    RoleStanding standing = role_board_read(house->board, child->place);
    if (!standing.used) {
        standing = (RoleStanding){.used = true};
    }
    g_autofree char *watches = watches_of(child, house);
    role_board_set_text(standing.role, sizeof standing.role, child->role->name);
    role_board_set_text(standing.instance, sizeof standing.instance, child->instance);
    role_board_set_text(standing.watches, sizeof standing.watches, watches);
    if (child->problem != NULL) {
        role_show_problem(&standing, child->problem);
    }
    role_board_write(house->board, child->place, &standing);
}

void run_child_hide(const RunChild *child, const RunHouse *house)
{
    const RoleStanding none = {.used = false};
    role_board_write(house->board, child->place, &none);
    role_board_set_due(house->board, child->place, 0);
}

static void show_end(const RunChild *child, const RunHouse *house, const char *how)
{
    RoleStanding standing = role_board_read(house->board, child->place);
    standing.pid = 0;
    standing.ready = false;
    if (!child->told) {
        standing.restarts++;
        if (standing.problem[0] == '\0') {
            g_autofree char *problem = g_strdup_printf("its process ended (%s)", how);
            role_show_problem(&standing, problem);
        }
    }
    role_board_write(house->board, child->place, &standing);
}

/* ---- its process ---- */

/* What a process of that role must not have. */
static void give_up(const Role *role, RunHouse *house)
{
    (void)close(house->signals);
    g_clear_pointer(&house->notify, notify_free);
    RunDoor *door = &house->door;
    if (!role->is_signer && door->listener >= 0) {
        (void)close(door->listener);
        door->listener = -1;
    }
    if (!role->asks_signer && door->way >= 0) {
        (void)close(door->way);
        door->way = -1;
        g_clear_pointer(&door->path, g_free);
    }
}

static G_GNUC_NORETURN void become(const RunChild *child, RunHouse *house, pid_t supervisor)
{
    (void)setpgid(0, 0);
    give_up(child->role, house);
    const RoleSeat seat = {
        .role = child->role,
        .settings = house->settings,
        .instance = child->instance,
        .board = house->board,
        .place = child->place,
        .daemon = house->daemon,
        .run = house->run,
        .reloaded = house->reloaded,
        .signer = house->door.path,
        .listener = house->door.listener,
        .supervisor = supervisor,
    };
    exit(role_process(&seat));
}

static LogLine *begin_line(LogLevel level, const char *what, const RunChild *child)
{
    g_autofree char *title = role_title(child->role, child->instance);
    LogLine *line = log_begin(level, what);
    log_text(line, "role", title);
    log_number(line, "pid", child->pid);
    return line;
}

void run_child_fork(RunChild *child, RunHouse *house)
{
    const pid_t supervisor = getpid();
    role_board_set_due(house->board, child->place, 0);
    child->told = false;
    child->killed_us = 0;
    child->forked_us = clock_monotonic_us();
    (void)fflush(NULL);
    child->pid = fork();
    if (child->pid == 0) {
        become(child, house, supervisor);
    }
    if (child->pid < 0) {
        LogLine *line = begin_line(LOG_LEVEL_ERROR, "fork-failed", child);
        log_text(line, "problem", g_strerror(errno));
        log_end(line);
        child->pid = 0;
        child->failures++;
        child->next_us = child->forked_us + SECOND_US;
        return;
    }
    (void)setpgid(child->pid, child->pid); /* whoever is first */
    log_end(begin_line(LOG_LEVEL_INFO, "process-started", child));
}

void run_child_stop(RunChild *child)
{
    child->told = true;
    child->killed_us = 0;
    if (child->pid > 0) {
        (void)kill(child->pid, SIGTERM);
    }
}

void run_child_kill(RunChild *child)
{
    if (child->pid > 0) {
        child->killed_us = clock_monotonic_us();
        log_end(begin_line(LOG_LEVEL_WARNING, "process-killed", child));
        (void)kill(-child->pid, SIGKILL);
    }
}

static char *describe_end(const siginfo_t *end)
{
    if (end->si_code == CLD_EXITED) {
        return g_strdup_printf("exit code %d", end->si_status);
    }
    return g_strdup_printf("signal %s", sigabbrev_np(end->si_status));
}

/* Longer each time, unless it has lived well before. */
static void set_next(RunChild *child)
{
    const int64_t now = clock_monotonic_us();
    if (child->told || now - child->forked_us >= HEALTHY_US) {
        child->failures = 0;
    }
    child->failures += child->told ? 0 : 1;
    const unsigned pause =
        child->failures < 2 ? 0 : MIN(1U << MIN(child->failures - 2, 6U), PAUSE_MOST);
    child->next_us = now + pause * SECOND_US;
}

void run_child_reap(RunChild *child, const RunHouse *house)
{
    siginfo_t end = {0};
    /* While it is not taken away nobody else has its number, so this is its own group. */
    (void)kill(-child->pid, SIGKILL);
    (void)waitid(P_PID, (id_t)child->pid, &end, WEXITED);
    g_autofree char *how = describe_end(&end);
    set_next(child);
    child->begun = child->begun || !child->told;
    show_end(child, house, how);
    const bool good = child->told && end.si_code == CLD_EXITED && end.si_status == 0;
    LogLine *line = begin_line(good ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "process-ended", child);
    log_text(line, "how", how);
    if (!child->told) {
        log_number(line, "again-in-s",
                   (child->next_us - clock_monotonic_us() + SECOND_US - 1) / SECOND_US);
    }
    log_end(line);
    child->pid = 0;
}

/* ---- its health ---- */

bool run_child_has_begun(const RunChild *child, const RunHouse *house)
{
    return child->begun || child->problem != NULL ||
           (child->pid > 0 && role_board_due(house->board, child->place) != 0);
}

/* Until it is heard of for the first time it has as long as one that works. */
static int64_t due_us(const RunChild *child, const RunHouse *house)
{
    const int64_t due = role_board_due(house->board, child->place);
    const int64_t patience = config_number(settings_config(house->settings), "hang-seconds");
    return due != 0 ? due : child->forked_us + patience * SECOND_US;
}

bool run_child_is_well(const RunChild *child, const RunHouse *house)
{
    return child->pid > 0 && clock_monotonic_us() <= due_us(child, house);
}

void run_child_watch(RunChild *child, const RunHouse *house)
{
    const int64_t now = clock_monotonic_us();
    if (child->pid <= 0 || run_child_is_well(child, house)) {
        return;
    }
    if (child->killed_us == 0) {
        child->killed_us = now;
        LogLine *line = begin_line(LOG_LEVEL_ERROR, "process-hangs", child);
        log_number(line, "late-by-s", (now - due_us(child, house)) / SECOND_US);
        log_end(line);
        (void)kill(child->pid, SIGABRT);
    } else if (now - child->killed_us >= LAST_WORDS_US) {
        (void)kill(-child->pid, SIGKILL);
    }
}
