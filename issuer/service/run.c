#include "service/run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "core/finder.h"
#include "service/run_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_US      ((int64_t)G_USEC_PER_SEC)
#define TICK_US        SECOND_US
#define LATER_STAGE_US (5 * SECOND_US) /* for a stage after the first to stop in */

typedef enum { RUN_STARTS, RUN_RUNS, RUN_RELOADS, RUN_STOPS } RunState;

typedef struct {
    const char *config_path;
    const Role *above; /* NULL: none */
    RunHouse house;
    GPtrArray *children; /* of RunChild */
    RunState state;
    RoleStage stage;   /* that is being stopped */
    int64_t until_us;  /* clock_monotonic_us(); what was told to stop has time until then */
    int64_t pinged_us; /* the last time the manager was told that all is well */
    bool reload_again; /* it was asked for during a reload */
    char *status;      /* as it was told last */
} Run;

/* ---- which processes ---- */

/* What is wrong with a group's settings (`problem`, or NULL: they are right by themselves) costs no
 * other. */
static bool add_wanted(GPtrArray *wanted, const Role *role, const char *instance,
                       const GError *problem, GError **error)
{
    if (wanted->len == ROLE_BOARD_MOST / 2) { /* those of a reload come beside the old */
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "a daemon has at most %d processes: have another watch [%s %s]",
                    ROLE_BOARD_MOST / 2, role->kind, instance);
        return false;
    }
    RunChild *child = run_child_new(role, instance);
    child->problem = problem != NULL ? g_strdup(problem->message) : NULL;
    g_ptr_array_add(wanted, child);
    return true;
}

static bool judge(const Role *role, const Settings *settings, const char *instance, GError **error)
{
    return role->judge == NULL || role->judge(settings, instance, error);
}

/* An instance for each group of the role's kind. */
static bool add_groups(GPtrArray *wanted, const Role *role, const Settings *settings,
                       GError **error)
{
    const Config *config = settings_config(settings);
    bool added = true;
    for (guint i = 0; added && i < config_group_count(config, role->kind); i++) {
        const char *name = config_group_name(config, role->kind, i);
        g_autoptr(GError) problem = NULL;
        (void)judge(role, settings, name, &problem);
        added = add_wanted(wanted, role, name, problem, error);
    }
    for (guint i = 0; added && i < config_wrong_count(config, role->kind); i++) {
        added = add_wanted(wanted, role, config_wrong_name(config, role->kind, i),
                           config_wrong_problem(config, role->kind, i), error);
    }
    return added;
}

static bool add_role(GPtrArray *wanted, const Role *role, const Settings *settings, GError **error)
{
    if (role->wanted != NULL && !role->wanted(settings)) {
        return true;
    }
    return role->kind != NULL
               ? add_groups(wanted, role, settings, error)
               : judge(role, settings, "", error) && add_wanted(wanted, role, "", NULL, error);
}

/* Those that the settings ask for (of RunChild); NULL: the settings are wrong. */
static GPtrArray *find_wanted(const Run *run, const Settings *settings, GError **error)
{
    gsize count = 0;
    const Role *roles = role_table(&count);
    g_autoptr(GPtrArray) wanted = g_ptr_array_new_with_free_func((GDestroyNotify)run_child_free);
    for (gsize i = 0; i < count; i++) {
        if (!add_role(wanted, &roles[i], settings, error)) {
            return NULL;
        }
    }
    if (run->above != NULL && !add_role(wanted, run->above, settings, error)) {
        return NULL;
    }
    return g_steal_pointer(&wanted);
}

static guint find_place(const Run *run)
{
    guint place = 0;
    while (role_board_read(run->house.board, place).used) {
        place++;
    }
    return place;
}

/* Adds what was not there before; the settings are those of the house by now. */
static void add_child(Run *run, RunChild *child)
{
    child->place = find_place(run);
    run_child_show(child, &run->house);
    g_ptr_array_add(run->children, child);
}

static bool is_same(const RunChild *a, const RunChild *b)
{
    return a->role == b->role && strcmp(a->instance, b->instance) == 0;
}

static RunChild *find_same(const GPtrArray *children, const RunChild *like)
{
    for (guint i = 0; i < children->len; i++) {
        if (is_same(g_ptr_array_index(children, i), like)) {
            return g_ptr_array_index(children, i);
        }
    }
    return NULL;
}

/* ---- telling ---- */

static void log_settings(const Run *run, const char *what)
{
    const Settings *settings = run->house.settings;
    g_autofree char *digest = config_digest(settings_config(settings));
    LogLine *line = log_begin(LOG_LEVEL_NOTICE, what);
    log_text(line, "version", ISSUER_VERSION);
    log_text(line, "policy", digest);
    log_text(line, "daemon", run->house.daemon);
    log_text(line, "settings", settings_path(settings));
    log_number(line, "processes", run->children->len);
    log_end(line);
}

/* Each group once, whatever roles it has. */
static void log_wrong_groups(const Run *run)
{
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < run->children->len; i++) {
        const RunChild *child = g_ptr_array_index(run->children, i);
        char *group = child->problem != NULL
                          ? g_strconcat(child->role->kind, " ", child->instance, NULL)
                          : NULL;
        if (group != NULL && g_hash_table_add(told, group)) {
            LogLine *line = log_begin(LOG_LEVEL_ERROR, "group-set-wrongly");
            log_text(line, "group", group);
            log_text(line, "problem", child->problem);
            log_end(line);
        }
    }
}

static char *describe(const Run *run)
{
    guint troubles = 0;
    g_autofree char *first = NULL;
    for (guint i = 0; i < run->children->len; i++) {
        const RunChild *child = g_ptr_array_index(run->children, i);
        const RoleStanding standing = role_board_read(run->house.board, child->place);
        if (standing.problem[0] != '\0' && troubles++ == 0) {
            first = g_strdup_printf("%s: %s", standing.role, standing.problem);
        }
    }
    return troubles == 0 ? g_strdup_printf("%u processes", run->children->len)
                         : g_strdup_printf("%u processes, %u in trouble: %s", run->children->len,
                                           troubles, first);
}

static void tell_status(Run *run)
{
    g_autofree char *status = describe(run);
    if (g_strcmp0(status, run->status) != 0) {
        notify_status(run->house.notify, status);
        g_free(run->status);
        run->status = g_steal_pointer(&status);
    }
}

static bool all_are_well(const Run *run)
{
    for (guint i = 0; i < run->children->len; i++) {
        const RunChild *child = g_ptr_array_index(run->children, i);
        if (child->pid > 0 && !child->told && !run_child_is_well(child, &run->house)) {
            return false;
        }
    }
    return true;
}

static void tell_well(Run *run)
{
    const int64_t period = notify_watchdog_us(run->house.notify);
    const int64_t now = clock_monotonic_us();
    if (period > 0 && now - run->pinged_us >= period / 2 && all_are_well(run)) {
        notify_watchdog(run->house.notify);
        run->pinged_us = now;
    }
}

/* ---- new settings ---- */

static void renew_name(Run *run)
{
    RunHouse *house = &run->house;
    const char *name = config_text(settings_config(house->settings), "daemon-name");
    g_free(house->daemon);
    g_free(house->run);
    house->daemon = *name != '\0' ? g_strconcat(g_get_host_name(), "/", name, NULL)
                                  : g_strdup(g_get_host_name());
    house->run = g_uuid_string_random();
    log_open(log_level_of(config_text(settings_config(house->settings), "log-level")), NULL);
}

static int64_t patience_us(const Run *run)
{
    return config_number(settings_config(run->house.settings), "stop-seconds") * SECOND_US;
}

/* All that run stop, and what is wanted is forked again as each has ended. */
static void take_settings(Run *run, Settings *settings, GPtrArray *wanted)
{
    run->until_us = clock_monotonic_us() + patience_us(run);
    settings_free(run->house.settings);
    run->house.settings = settings;
    run->house.reloaded = true;
    renew_name(run);
    for (guint i = 0; i < run->children->len; i++) {
        RunChild *child = g_ptr_array_index(run->children, i);
        RunChild *same = find_same(wanted, child);
        child->wanted = same != NULL;
        g_free(child->problem);
        child->problem = same != NULL ? g_steal_pointer(&same->problem) : NULL;
        child->failures = 0;
        child->begun = false;
        child->next_us = 0;
        run_child_stop(child);
    }
    while (wanted->len > 0) {
        RunChild *child = g_ptr_array_steal_index(wanted, 0);
        if (find_same(run->children, child) == NULL) {
            add_child(run, child);
        } else {
            run_child_free(child);
        }
    }
}

static void reload(Run *run)
{
    g_autoptr(GError) problem = NULL;
    notify_reloading(run->house.notify);
    g_autoptr(Settings) settings = settings_load(run->config_path, &problem);
    g_autoptr(GPtrArray) wanted = settings != NULL ? find_wanted(run, settings, &problem) : NULL;
    if (wanted == NULL) {
        log_event(LOG_LEVEL_ERROR, "reload-refused", "problem", problem->message);
        g_autofree char *status =
            g_strdup_printf("the new settings are wrong, the old stay: %s", problem->message);
        notify_ready(run->house.notify, status);
        return;
    }
    take_settings(run, g_steal_pointer(&settings), wanted);
    run->state = RUN_RELOADS;
    log_settings(run, "daemon-reloads");
    log_wrong_groups(run);
}

/* ---- ending ---- */

static void stop_stage(Run *run, RoleStage stage)
{
    run->stage = stage;
    run->until_us =
        clock_monotonic_us() + (stage == ROLE_STAGE_WORK ? patience_us(run) : LATER_STAGE_US);
    for (guint i = 0; i < run->children->len; i++) {
        RunChild *child = g_ptr_array_index(run->children, i);
        if (child->role->stage <= stage) {
            child->wanted = false;
            run_child_stop(child);
        }
    }
}

static void kill_told(const Run *run)
{
    for (guint i = 0; i < run->children->len; i++) {
        RunChild *child = g_ptr_array_index(run->children, i);
        if (child->told && child->pid > 0 && child->killed_us == 0) {
            run_child_kill(child);
        }
    }
}

static void stop(Run *run)
{
    if (run->state != RUN_STOPS) {
        run->state = RUN_STOPS;
        role_board_set_ends(run->house.board);
        notify_stopping(run->house.notify, "ends what is in hand");
        log_event(LOG_LEVEL_NOTICE, "daemon-stops", NULL, NULL);
        stop_stage(run, ROLE_STAGE_WORK);
        return;
    }
    log_event(LOG_LEVEL_WARNING, "daemon-stops-at-once", NULL, NULL);
    stop_stage(run, ROLE_STAGE_RECORD);
    kill_told(run);
}

/* ---- what happens ---- */

static void take_signals(Run *run)
{
    struct signalfd_siginfo told;
    while (read(run->house.signals, &told, sizeof told) == (ssize_t)sizeof told) {
        if (told.ssi_signo == SIGTERM || told.ssi_signo == SIGINT) {
            stop(run);
        } else if (told.ssi_signo == SIGHUP && run->state == RUN_RUNS) {
            reload(run);
        } else if (told.ssi_signo == SIGHUP) {
            run->reload_again = true;
        }
    }
}

static RunChild *find_process(const Run *run, pid_t pid)
{
    for (guint i = 0; i < run->children->len; i++) {
        RunChild *child = g_ptr_array_index(run->children, i);
        if (child->pid == pid) {
            return child;
        }
    }
    return NULL;
}

/* All that have ended. What is none of ours was left to us: as the first process of a container we
 * inherit what the roles' processes leave behind. */
static void take_away(Run *run)
{
    siginfo_t end = {0};
    while (waitid(P_ALL, 0, &end, WEXITED | WNOHANG | WNOWAIT) == 0 && end.si_pid != 0) {
        RunChild *child = find_process(run, end.si_pid);
        if (child != NULL) {
            run_child_reap(child, &run->house);
        } else {
            (void)waitid(P_PID, (id_t)end.si_pid, &end, WEXITED);
        }
        end.si_pid = 0;
    }
}

static void reap(Run *run)
{
    take_away(run);
    for (guint i = run->children->len; i-- > 0;) {
        RunChild *child = g_ptr_array_index(run->children, i);
        if (child->pid == 0 && !child->wanted) {
            run_child_hide(child, &run->house);
            g_ptr_array_remove_index(run->children, i);
        }
    }
}

/* By the settings that it gets; where these are wrong it waits for others. */
static void begin(RunChild *child, RunHouse *house)
{
    run_child_show(child, house);
    if (child->problem == NULL) {
        run_child_fork(child, house);
    } else {
        child->next_us = G_MAXINT64;
    }
}

static void look_after(Run *run)
{
    for (guint i = 0; i < run->children->len; i++) {
        RunChild *child = g_ptr_array_index(run->children, i);
        if (child->pid > 0) {
            run_child_watch(child, &run->house);
        } else if (clock_monotonic_us() >= child->next_us) {
            begin(child, &run->house);
        }
    }
}

static bool any_is(const Run *run, bool (*is)(const RunChild *child, const Run *run))
{
    for (guint i = 0; i < run->children->len; i++) {
        if (is(g_ptr_array_index(run->children, i), run)) {
            return true;
        }
    }
    return false;
}

static bool is_stopping(const RunChild *child, const Run *run)
{
    (void)run;
    return child->told && child->pid > 0;
}

static bool has_not_begun(const RunChild *child, const Run *run)
{
    return !run_child_has_begun(child, &run->house);
}

/* A start is over when each process was heard of once, a reload when each is one of the new. */
static void go_on(Run *run)
{
    if (run->state == RUN_RUNS && run->reload_again) {
        run->reload_again = false;
        reload(run);
    }
    while (run->state == RUN_STOPS && run->stage < ROLE_STAGE_RECORD && !any_is(run, is_stopping)) {
        stop_stage(run, run->stage + 1);
    }
    if (any_is(run, is_stopping) && clock_monotonic_us() > run->until_us) {
        kill_told(run);
    }
    const bool begins = run->state == RUN_STARTS || run->state == RUN_RELOADS;
    if (begins && !any_is(run, is_stopping) && !any_is(run, has_not_begun)) {
        g_autofree char *status = describe(run);
        notify_ready(run->house.notify, status);
        log_event(LOG_LEVEL_NOTICE, "daemon-ready", NULL, NULL);
        run->state = RUN_RUNS;
    }
}

/* How long nothing needs to be done, unless a signal comes. */
static int rest_ms(const Run *run)
{
    const int64_t now = clock_monotonic_us();
    const int64_t period = notify_watchdog_us(run->house.notify) / 2;
    int64_t until = now + TICK_US;
    if (period > 0) {
        until = MIN(until, MAX(run->pinged_us + period, now + period / 4));
    }
    for (guint i = 0; i < run->children->len; i++) {
        const RunChild *child = g_ptr_array_index(run->children, i);
        until = child->pid == 0 ? MIN(until, child->next_us) : until;
    }
    const bool begins = run->state == RUN_STARTS || run->state == RUN_RELOADS;
    const int64_t rest = MIN(until - now, begins ? SECOND_US / 50 : TICK_US);
    return (int)CLAMP((rest + 999) / 1000, 0, 1000);
}

static void supervise(Run *run)
{
    while (run->state != RUN_STOPS || run->children->len > 0) {
        role_board_set_seen(run->house.board, clock_monotonic_us());
        look_after(run);
        go_on(run);
        tell_status(run);
        tell_well(run);
        struct pollfd fd = {.fd = run->house.signals, .events = POLLIN};
        (void)poll(&fd, 1, rest_ms(run));
        take_signals(run);
        reap(run);
    }
}

/* ---- from the start to the end ---- */

/* What mails hold must not lie about in core dumps. */
static int open_signals(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    (void)sigemptyset(&signals);
    static const int taken[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    for (gsize i = 0; i < G_N_ELEMENTS(taken); i++) {
        (void)signal(taken[i], SIG_DFL); /* one that is ignored would never come */
        (void)sigaddset(&signals, taken[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool open_all(Run *run, GError **error)
{
    RunHouse *house = &run->house;
    house->settings = settings_load(run->config_path, error);
    g_autoptr(GPtrArray) wanted =
        house->settings != NULL ? find_wanted(run, house->settings, error) : NULL;
    if (wanted == NULL) {
        return false;
    }
    house->notify = notify_open(error);
    house->board = house->notify != NULL ? role_board_new(error) : NULL;
    if (house->board == NULL || !run_door_open(&house->door, error)) {
        return false;
    }
    house->signals = open_signals();
    renew_name(run);
    while (wanted->len > 0) {
        add_child(run, g_ptr_array_steal_index(wanted, 0));
    }
    return true;
}

static void close_all(Run *run)
{
    RunHouse *house = &run->house;
    g_ptr_array_unref(run->children);
    run_door_close(&house->door);
    role_board_free(house->board);
    notify_free(house->notify);
    settings_free(house->settings);
    if (house->signals >= 0) {
        (void)close(house->signals);
    }
    g_free(house->daemon);
    g_free(house->run);
    g_free(run->status);
}

bool run_daemon(const char *config_path, const Role *above, GError **error)
{
    Run run = {
        .config_path = config_path,
        .above = above,
        .house = {.signals = -1, .door = {.listener = -1, .way = -1}},
        .children = g_ptr_array_new_with_free_func((GDestroyNotify)run_child_free),
    };
    log_mask(finder_mask_license_keys);
    const bool good = open_all(&run, error);
    if (good) {
        log_settings(&run, "daemon-started");
        log_wrong_groups(&run);
        supervise(&run);
        log_event(LOG_LEVEL_NOTICE, "daemon-stopped", NULL, NULL);
    }
    close_all(&run);
    return good;
}
