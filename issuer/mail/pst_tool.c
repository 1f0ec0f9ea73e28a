#include "mail/pst_tool.h"

#include "base/error.h"
#include "mail/landlock.h"
#include "mail/private_folder.h"
#include "mail/pst_said.h"
#include "mail/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB         (1024UL * 1024)
#define MAX_MEMORY  (2048UL * MIB)     /* of address space: it holds the file's whole index */
#define MAX_FILE    (512UL * MIB)      /* that it may write as one */
#define MAX_OPEN    64                 /* files */
#define LOOK_MS     500                /* how often the room on the disk is looked after */
#define LEAST_ROOM  (256UL * MIB)      /* that others keep on the disk */
#define ANY_ROOM    (1024UL * MIB)     /* that is never too much for what comes out */
#define MAX_RATIO   200U               /* of what comes out, to the file */
#define LOG_FD      (SANDBOX_FILE + 1) /* in the new process */
#define NOT_STARTED 126                /* exit code: it could not be executed */

typedef struct {
    pid_t pid;
    int output; /* the end of a pipe: its standard output and error */
    int log;    /* the end of another */
    PstSaid *said;
} Tool;

/* ---- in the new process ----------------------------------------------------------------------
 */

static bool limit(__rlimit_resource_t resource, rlim_t value)
{
    const struct rlimit limits = {value, value};
    return setrlimit(resource, &limits) == 0;
}

/* Has a descriptor under another number, and kept when another program is executed. */
static bool move_to(int fd, int number)
{
    return fd == number ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, number) >= 0;
}

/* Becomes readpst, confined. `program` is its path; `output` and `log` are where it is to write. */
G_NORETURN static void become(const char *program, int folder, int output, int log)
{
    // All mails, the deleted ones too, each as a file, their bodies in UTF-8, by one process, with
    // a log of what it passes over. It takes paths; these lead to what is open.
    char words[][16] = {"readpst",
                        "-D",
                        "-e",
                        "-8",
                        "-j",
                        "0",
                        "-L",
                        "3",
                        "-d",
                        "/proc/self/fd/5",
                        "-o",
                        ".",
                        "/proc/self/fd/4"};
    char *arguments[G_N_ELEMENTS(words) + 1] = {NULL};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        arguments[i] = words[i];
    }
    char *const nothing[] = {NULL};
    const LandlockPlaces places = {folder, SANDBOX_FILE, program};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Memory last: a sanitizer has taken more of it already.
    const bool ready =
        fchdir(folder) == 0 && landlock_close(&places) && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0 && move_to(log, LOG_FD) && close(SANDBOX_SOCKET) == 0 &&
        fcntl(SANDBOX_FILE, F_SETFD, 0) == 0 && close_range(LOG_FD + 1, ~0U, 0) == 0 &&
        limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, MAX_FILE) && limit(RLIMIT_NOFILE, MAX_OPEN) &&
        sandbox_close(SANDBOX_TOOL, NULL) && limit(RLIMIT_AS, MAX_MEMORY);
    if (!ready) {
        _exit(SANDBOX_FAILED);
    }
    (void)execve(program, arguments, nothing);
    _exit(NOT_STARTED);
}

static bool start(Tool *tool, const char *program, int folder)
{
    int output[2];
    int log[2];
    if (pipe2(output, O_CLOEXEC) != 0) {
        return false;
    }
    if (pipe2(log, O_CLOEXEC) != 0) {
        (void)close(output[0]);
        (void)close(output[1]);
        return false;
    }
    tool->pid = fork();
    if (tool->pid == 0) {
        become(program, folder, output[1], log[1]);
    }
    (void)close(output[1]);
    (void)close(log[1]);
    tool->output = output[0];
    tool->log = log[0];
    return tool->pid > 0;
}

/* ---- while it runs ---------------------------------------------------------------------------
 */

/* Ends it; what it has written stays. */
static int end_tool(const Tool *tool)
{
    int status = 0;
    (void)kill(tool->pid, SIGKILL);
    while (waitpid(tool->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* Bytes that are free on the disk; as many as can be, where nobody knows. */
static uint64_t free_room(int folder)
{
    struct statvfs disk;
    return fstatvfs(folder, &disk) != 0 ? G_MAXUINT64 : (uint64_t)disk.f_bavail * disk.f_frsize;
}

/* How little may be free on the disk before it is ended: what others need, and so much that a file
 * of this kind comes out. Others write there too, so this is not exact. */
static uint64_t least_free(int folder, int file)
{
    struct stat status = {0};
    (void)fstat(file, &status);
    const uint64_t most = ANY_ROOM + MAX_RATIO * (uint64_t)MAX(status.st_size, 0);
    const uint64_t now = free_room(folder);
    return MAX(LEAST_ROOM, now > most && now != G_MAXUINT64 ? now - most : 0);
}

typedef void (*Take)(PstSaid *said, const char *text, gsize length);

/* Takes what can be read of one of its pipes; which is given up at its end. */
static void take_from(struct pollfd *polled, PstSaid *said, Take take)
{
    char text[4096];
    if ((polled->revents & (POLLIN | POLLHUP)) == 0) {
        return;
    }
    ssize_t got = read(polled->fd, text, sizeof text);
    if (got > 0) {
        take(said, text, (gsize)got);
    } else if (got == 0 || errno != EINTR) {
        polled->fd = -1;
    }
}

/* Listens to it until it has closed its pipes. False if it had to be ended for want of room. */
static bool listen_to(const Tool *tool, int socket, int folder, uint64_t least)
{
    struct pollfd polled[] = {{.fd = tool->output, .events = POLLIN},
                              {.fd = tool->log, .events = POLLIN},
                              {.fd = socket, .events = 0}};
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        if (poll(polled, G_N_ELEMENTS(polled), LOOK_MS) < 0 && errno != EINTR) {
            return true;
        }
        if ((polled[2].revents & (POLLHUP | POLLERR)) != 0) {
            (void)end_tool(tool);
            _exit(0); /* nobody waits for what comes out */
        }
        if (free_room(folder) < least) {
            return false;
        }
        take_from(&polled[0], tool->said, pst_said_output);
        take_from(&polled[1], tool->said, pst_said_log);
    }
    return true;
}

/* What its end means, as a clause; NULL: it has done its work. */
static char *told_by(const Tool *tool, int status)
{
    const char *complaint = pst_said_complaint(tool->said);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return NULL;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) != SANDBOX_FAILED) {
        return g_strdup_printf("readpst could not read it (%s)",
                               complaint == NULL ? "it does not say why" : complaint);
    }
    if (WIFEXITED(status)) {
        return g_strdup("readpst cannot be confined, so it was not started");
    }
    g_autofree char *how = sandbox_end(status, NULL);
    return g_strdup_printf("readpst %s", how);
}

static void await(const Tool *tool, int socket, int folder, PstToolEnd *end)
{
    const bool enough = listen_to(tool, socket, folder, least_free(folder, SANDBOX_FILE));
    int status = 0;
    if (enough) {
        while (waitpid(tool->pid, &status, 0) < 0 && errno == EINTR) {
        }
        end->trouble = told_by(tool, status);
    } else {
        (void)end_tool(tool);
        end->trouble =
            g_strdup_printf("what comes out is more than %u times as long, or leaves less "
                            "than %lu MiB free for temporary files (TMPDIR)",
                            MAX_RATIO, LEAST_ROOM / MIB);
    }
    end->damage = pst_said_damage(tool->said);
    end->lost = pst_said_lost(tool->said);
}

int pst_tool_run(int socket, int file, PstToolEnd *end, GError **error)
{
    g_autofree char *program = g_find_program_in_path("readpst");
    if (program == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "is an Outlook data file, and readpst, which unpacks it, is not installed; "
                    "install the package pst-utils");
        return -1;
    }
    int folder = private_folder_make(error);
    if (folder < 0) {
        return -1;
    }
    (void)file; /* stays open as SANDBOX_FILE */
    g_autoptr(PstSaid) said = pst_said_new();
    Tool tool = {.said = said};
    if (!start(&tool, program, folder)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "cannot be unpacked: readpst cannot be started; is the limit of processes "
                    "reached?");
        (void)close(folder);
        return -1;
    }
    await(&tool, socket, folder, end);
    (void)close(tool.output);
    (void)close(tool.log);
    return folder;
}
