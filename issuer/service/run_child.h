/* The processes of a daemon, as their supervisor sees them. */
#ifndef ISSUER_SERVICE_RUN_CHILD_H
#define ISSUER_SERVICE_RUN_CHILD_H

#include "base/notify.h"
#include "service/role.h"
#include "service/run_door.h"

#include <sys/types.h>

/* What all of them are given, and what none may keep. */
typedef struct {
    Settings *settings;
    RoleBoard *board;
    char *daemon;
    char *run; /* anew with each reload */
    bool reloaded;
    RunDoor door;   /* to the signer */
    int signals;    /* the supervisor's own */
    Notify *notify; /* the supervisor's own too */
} RunHouse;

/* A role's instance, whether or not a process runs for it. */
typedef struct {
    const Role *role;
    char *instance;
    char *problem; /* with its settings, for which no process is forked; NULL: none */
    guint place;   /* on the board */
    pid_t pid;     /* 0: none runs */
    int64_t forked_us;
    int64_t next_us;   /* clock_monotonic_us(); when it is forked again, while none runs */
    int64_t killed_us; /* when it was told to end at once; 0: it was not */
    unsigned failures; /* in a row */
    bool begun;        /* with these settings a process of it has come so far as to fail */
    bool wanted;       /* by the settings */
    bool told;         /* to stop */
} RunChild;

/* Makes one of `role`, which the settings want. The caller owns it. */
RunChild *run_child_new(const Role *role, const char *instance);
void run_child_free(RunChild *child);

/* Puts its name, what it watches and what is wrong with its settings on the board, or takes it from
 * there. */
void run_child_show(const RunChild *child, const RunHouse *house);
void run_child_hide(const RunChild *child, const RunHouse *house);

/* Forks its process; on failure it is tried again later. Returns in the supervisor alone. */
void run_child_fork(RunChild *child, RunHouse *house);

/* Asks its process to stop. */
void run_child_stop(RunChild *child);

/* Ends its process, and all that this has started, at once. */
void run_child_kill(RunChild *child);

/* Its process has ended: takes it away with all that it has started, logs how, and says when it is
 * forked again. */
void run_child_reap(RunChild *child, const RunHouse *house);

/* Whether its process lives and was heard of in time; and whether it was heard of at all, or is not
 * to be. */
bool run_child_is_well(const RunChild *child, const RunHouse *house);
bool run_child_has_begun(const RunChild *child, const RunHouse *house);

/* Does something about a process that was not heard of: first it may say where it hangs (SIGABRT),
 * and then it is killed. */
void run_child_watch(RunChild *child, const RunHouse *house);

#endif
