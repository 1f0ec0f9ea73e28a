/* The roles of the daemon: what `issuer run` keeps going, each instance in a process of its own. A
 * role is a row of role_table.c and one function, its life. Whoever adds one writes
 * service/role_NAME.c:
 *
 *     bool role_post_live(RoleCall *call, GError **error)
 *     {
 *         while (!role_stops(call)) {
 *             g_autoptr(GError) problem = NULL;
 *             if (work(call, &problem)) {     // which opens what it needs, and keeps it
 *                 role_worked(call, how_many);
 *                 role_wait(call, fds, count, SWEEP_MS);
 *             } else if (!role_put_off(call, &problem, error)) {
 *                 return false;
 *             }
 *         }
 *         return true;
 *     }
 *
 * A role's process may be killed at any point, and another does the same work at the same time:
 * what it does must be such that nothing of that matters. It logs by base/log.h, where its name
 * already stands. It is forked from the supervisor, which has opened nothing, and leads a process
 * group: what it starts is killed with it. SIGTERM is what asks it to stop: it is blocked and never
 * read. SIGPIPE and SIGHUP are ignored. A program that it starts wants all three as usual again. */
#ifndef ISSUER_SERVICE_ROLE_H
#define ISSUER_SERVICE_ROLE_H

#include "service/role_board.h"
#include "service/settings.h"

#include <poll.h>
#include <sys/types.h>

typedef struct RoleCall RoleCall;

/* When a role is told to stop, once those before it have ended. */
typedef enum {
    ROLE_STAGE_WORK,   /* at once */
    ROLE_STAGE_SIGNER, /* serves those before */
    ROLE_STAGE_RECORD, /* tells how they ended */
} RoleStage;

typedef struct {
    const char *name; /* "post"; at most 15 characters */
    const char *kind; /* an instance for each group [KIND NAME] of the settings; NULL: one, whose
                         instance is "" */
    RoleStage stage;
    bool asks_signer; /* role_signer() tells it where */
    bool is_signer;   /* role_listener() is its own */
    /* Whether the settings want it at all; NULL: they do. */
    bool (*wanted)(const Settings *settings);
    /* Whether the settings are such that it can work, without opening anything; asked at the start
     * and before new settings are taken. ISSUER_ERROR_INPUT; NULL: they always are. What is wrong
     * with an instance's costs it alone: it is not started, and told as in trouble. */
    bool (*judge)(const Settings *settings, const char *instance, GError **error);
    /* What it watches, in words; new string. */
    char *(*watches)(const Settings *settings, const char *instance);
    /* Works until role_stops(), then true. False with an error, which is logged, or a true that
     * nobody has asked for: it is started again, after a pause that grows each time. */
    bool (*live)(RoleCall *call, GError **error);
} Role;

/* All of them, in the order in which they are started. Static. */
const Role *role_table(gsize *count);

/* ---- for a role's life ---- */

/* What a role's process is given; for as long as it lasts. */
typedef struct {
    const Role *role;
    Settings *settings;   /* shared: context_open_with() takes them */
    const char *instance; /* its name; "" without one */
    const Config *group;  /* the values of [KIND NAME]; NULL without one */
    const char *signer;   /* path of the socket (SOCK_SEQPACKET) where the signer is asked, to
                             connect() to again and again; NULL unless the row says `asks_signer` */
    int listener;         /* on which the signer accept()s; -1 unless the row says `is_signer` */
    int stop_fd;          /* becomes readable, for good, when it is asked to stop; to be polled
                             together with others, not read */
    RoleBoard *board;     /* how all roles of this daemon stand */
    guint place;          /* its own there */
    const char *daemon;   /* the name by which the records know it: HOST, with daemon-name
                             HOST/NAME */
    const char *run;      /* a UUID that stands for this daemon with these settings */
    bool reloaded;        /* they were taken by a reload */
    pid_t supervisor;
} RoleSeat;

const RoleSeat *role_seat(const RoleCall *call);

/* Whether it was asked to stop: then it takes nothing new, ends what it has in hand, and returns.
 */
bool role_stops(const RoleCall *call);

typedef enum {
    ROLE_WAKE_STOP, /* it was asked to stop */
    ROLE_WAKE_FD,   /* one of the descriptors has something (`revents`) */
    ROLE_WAKE_TIME, /* nothing of that, but the time is over */
} RoleWake;

/* Waits for one of `fds` (as for poll(); those below 0 are passed over; may be NULL with a count of
 * 0, at most 15), at most `ms` milliseconds (below 0: as long as it takes). Beats. */
RoleWake role_wait(RoleCall *call, struct pollfd *fds, gsize count, int64_t ms);

/* Tells the supervisor that the process lives, and by when it will be heard of again: within
 * `seconds`, or 0: within the setting hang-seconds. Past that it is killed and started again. To be
 * called wherever work goes on for long, between one mail and the next. */
void role_beat(RoleCall *call, unsigned seconds);

/* It has what it needs, all is in order, and `things` (may be 0) were done since the last time:
 * ends a trouble and the pauses. Beats. Cheap. */
void role_worked(RoleCall *call, guint64 things);

/* What was tried has failed: `problem` (taken over) is shown, logged where it is new, and waited
 * for: 1 s, then longer each time up to 30 s, until role_worked(). True: try again, or
 * role_stops(). False, with the problem in `error`: it is none that time mends, for its code is
 * neither ISSUER_ERROR_UNAVAILABLE nor ISSUER_ERROR_CONFLICT. */
bool role_put_off(RoleCall *call, GError **problem, GError **error);

/* Something that it cannot mend keeps it from its work, for which it goes on waiting: `problem` is
 * shown, and logged where it is new, until role_worked(). */
void role_hampered(RoleCall *call, const char *problem);

#endif
