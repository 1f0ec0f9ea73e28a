#include "mail/nursery.h"

#include "base/error.h"
#include "mail/archive.h"
#include "mail/parser_process.h"
#include "mail/pst_process.h"
#include "mail/sandbox.h"
#include "mail/unpack_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_FD 3    /* in the nursery */
#define DYING_MS   1000 /* how long a process that has closed its socket may take to end */

struct Nursery {
    int control;
    pid_t pid;
};

typedef enum {
    ORDER_PARSER,   /* start one; answered by its pid (-1: it failed) and its socket */
    ORDER_UNPACKER, /* the same, for the file that comes with the order, if one does */
    ORDER_KILL,     /* end that process; answered by how it ended */
    ORDER_BURY,     /* the same, but it is dying of itself */
} OrderKind;

typedef struct {
    OrderKind kind;
    pid_t pid;               /* whom to end */
    ContainerKind container; /* what to unpack */
} Order;

/* How a process ended. */
typedef struct {
    int status; /* of waitpid() */
    SandboxWords words;
} Ending;

/* Room for a message that carries one file descriptor, aligned as the kernel wants it. */
typedef union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
} FdSpace;

/* Receives what has this size. */
static bool receive(int control, void *data, gsize size)
{
    ssize_t got = -1;
    do {
        got = recv(control, data, size, 0);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)size;
}

/* Sends what has this size, and a file descriptor with it unless that is -1. */
static bool send_with(int control, const void *data, gsize size, int fd)
{
    // Only read by sendmsg; the interface has no const.
    union {
        const void *given;
        void *asked;
    } bytes = {.given = data};
    struct iovec part = {bytes.asked, size};
    FdSpace space = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = space.bytes;
        message.msg_controllen = sizeof space.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return sendmsg(control, &message, MSG_NOSIGNAL) == (ssize_t)size;
}

/* Receives what has this size, and the file descriptor that may come with it, else -1. */
static bool receive_with(int control, void *data, gsize size, int *fd)
{
    struct iovec part = {data, size};
    FdSpace space;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = space.bytes,
                             .msg_controllen = sizeof space.bytes};
    ssize_t got = -1;
    do {
        got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    *fd = -1;
    if (got != (ssize_t)size) {
        return false;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
        memcpy(fd, CMSG_DATA(header), sizeof *fd);
    }
    return true;
}

/* Tells the pid of what was started, with its socket. */
static bool send_pid(int control, pid_t pid, int fd)
{
    return send_with(control, &pid, sizeof pid, fd);
}

/* ---- in the nursery ---------------------------------------------------------------------------
 */

/* What a new process is to do. */
typedef struct {
    SandboxKind kind;
    const MailSettings *settings; /* of a parser */
    ContainerKind container;      /* of an unpacker, */
    int file;                     /* and what it unpacks; -1: what is sent to it */
} Task;

/* Puts its own descriptors where it expects them; `socket` is one of them. */
static bool take_descriptors(const Task *task, int socket)
{
    const int file = task->file < 0 ? STDIN_FILENO : task->file;
    return dup2(socket, SANDBOX_SOCKET) >= 0 &&
           (task->kind == SANDBOX_PARSER || dup2(file, SANDBOX_FILE) >= 0);
}

/* A parser's or unpacker's life; the sockets in `ends` are its own and the program's. */
G_NORETURN static void live(const int ends[2], const Task *task, SandboxWords *words)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1) {
        _exit(0); /* the nursery died before the line above */
    }
    if (!take_descriptors(task, ends[0])) {
        _exit(SANDBOX_FAILED);
    }
    if (task->kind == SANDBOX_UNPACKER && task->container == CONTAINER_PST) {
        (void)close_range(SANDBOX_FILE + 1, ~0U, 0); /* confines the program that it starts */
        pst_process_run(SANDBOX_SOCKET, SANDBOX_FILE);
    }
    if (!sandbox_close(task->kind, words)) {
        _exit(SANDBOX_FAILED);
    }
    if (task->kind == SANDBOX_PARSER) {
        parser_process_run(SANDBOX_SOCKET, task->settings);
    }
    if (task->file < 0) {
        unpack_process_serve(SANDBOX_SOCKET);
    }
    unpack_process_run(SANDBOX_SOCKET, SANDBOX_FILE, task->container);
}

/* `children` has the last words of each, by its pid. */
static bool start(const Task *task, GHashTable *children)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return send_pid(CONTROL_FD, -1, -1);
    }
    SandboxWords *words = sandbox_words_new();
    pid_t pid = fork();
    if (pid == 0) {
        live(ends, task, words);
    }
    if (pid > 0) {
        (void)g_hash_table_insert(children, GINT_TO_POINTER(pid), words);
    } else {
        sandbox_words_free(words);
    }
    bool sent = send_pid(CONTROL_FD, pid, pid < 0 ? -1 : ends[1]);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return sent;
}

/* Gives a process the time to end of itself, so that its own end is seen. */
static void await_death(pid_t pid)
{
    int fd = pidfd_open(pid, 0);
    if (fd >= 0) {
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        (void)poll(&polled, 1, DYING_MS);
        (void)close(fd);
    }
}

static bool end_child(const Order *order, GHashTable *children)
{
    if (order->kind == ORDER_BURY) {
        await_death(order->pid);
    }
    (void)kill(order->pid, SIGKILL);
    Ending ending = {0};
    while (waitpid(order->pid, &ending.status, 0) < 0 && errno == EINTR) {
    }
    SandboxWords *words = g_hash_table_lookup(children, GINT_TO_POINTER(order->pid));
    if (words != NULL) {
        ending.words = *words;
        sandbox_words_free(words);
    }
    (void)g_hash_table_remove(children, GINT_TO_POINTER(order->pid));
    return send(CONTROL_FD, &ending, sizeof ending, MSG_NOSIGNAL) == (ssize_t)sizeof ending;
}

/* What came from the program and is of no use here is given up: its files, and the signals a
 * terminal sends to all. Those end the program where it is, PostgreSQL takes the open batch back,
 * and the program's end ends what was forked here. A parser that fell first would look like one
 * that its mail has killed. */
static void settle(int control)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    for (gsize i = 0; i < G_N_ELEMENTS(ignored); i++) {
        (void)signal(ignored[i], SIG_IGN);
    }
    (void)signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        dup2(control, CONTROL_FD) < 0) {
        _exit(1);
    }
    (void)close_range(CONTROL_FD + 1, ~0U, 0);
}

/* Carries out an order; false if the program is gone. */
static bool obey(const Order *order, int file, const MailSettings *settings, GHashTable *children)
{
    switch (order->kind) {
    case ORDER_PARSER:
        return start(&(Task){.kind = SANDBOX_PARSER, .settings = settings, .file = -1}, children);
    case ORDER_UNPACKER:
        return start(&(Task){.kind = SANDBOX_UNPACKER, .container = order->container, .file = file},
                     children);
    case ORDER_KILL:
    case ORDER_BURY:
        break;
    }
    return end_child(order, children);
}

G_NORETURN static void live_as_nursery(int control, const MailSettings *settings)
{
    settle(control);
    // Else glibc looks at the zone's file each time that a library makes a time of a date.
    (void)setenv("TZ", "UTC0", 1);
    message_init();
    archive_init(); // after it: GMime would take the locale's encoding for that of mails
    GHashTable *children = g_hash_table_new(NULL, NULL);
    Order order = {0};
    int file = -1;
    bool going = true;
    while (going && receive_with(CONTROL_FD, &order, sizeof order, &file)) {
        going = obey(&order, file, settings, children);
        if (file >= 0) {
            (void)close(file);
        }
    }
    _exit(0); /* the kernel ends the parsers with it */
}

/* ---- in the program ---------------------------------------------------------------------------
 */

Nursery *nursery_new(const MailSettings *settings, GError **error)
{
    int ends[2];
    if (!sandbox_possible(error)) {
        return NULL;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "no socket for the mail parsers: %s",
                    g_strerror(errno));
        return NULL;
    }
    pid_t pid = fork();
    if (pid == 0) {
        live_as_nursery(ends[1], settings);
    }
    (void)close(ends[1]);
    if (pid < 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "the mail parsers cannot be started: %s", g_strerror(errno));
        (void)close(ends[0]);
        return NULL;
    }
    Nursery *nursery = g_new(Nursery, 1);
    nursery->control = ends[0];
    nursery->pid = pid;
    return nursery;
}

/* Has a process started: its socket, or -1. */
static int spawn(Nursery *nursery, const Order *order, int file, pid_t *pid)
{
    int fd = -1;
    *pid = -1;
    if (!send_with(nursery->control, order, sizeof *order, file) ||
        !receive_with(nursery->control, pid, sizeof *pid, &fd) || *pid <= 0) {
        return -1;
    }
    return fd;
}

int nursery_spawn(Nursery *nursery, pid_t *pid, GError **error)
{
    int fd = spawn(nursery, &(Order){.kind = ORDER_PARSER}, -1, pid);
    if (fd < 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "a mail parser cannot be started; is the limit of processes reached?");
    }
    return fd;
}

int nursery_spawn_unpacker(Nursery *nursery, ContainerKind kind, int file, pid_t *pid,
                           GError **error)
{
    const Order order = {.kind = ORDER_UNPACKER, .container = kind};
    int fd = spawn(nursery, &order, file, pid);
    if (fd < 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "cannot be unpacked: no process can be started for it; is the limit of "
                    "processes reached?");
    }
    return fd;
}

/* False if the nursery itself is gone. */
static bool end_process(Nursery *nursery, OrderKind kind, pid_t pid, Ending *ending)
{
    const Order order = {.kind = kind, .pid = pid};
    return send_with(nursery->control, &order, sizeof order, -1) &&
           receive(nursery->control, ending, sizeof *ending);
}

void nursery_kill(Nursery *nursery, pid_t pid)
{
    Ending ending;
    (void)end_process(nursery, ORDER_KILL, pid, &ending);
}

char *nursery_bury(Nursery *nursery, pid_t pid, GError **error)
{
    Ending ending;
    if (!end_process(nursery, ORDER_BURY, pid, &ending)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "the parent of the mail parsers is gone; has somebody ended it?");
        return NULL;
    }
    if (WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == SANDBOX_FAILED) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "no mail is read: the kernel refuses to confine the processes that read it; "
                    "does a container or a limit keep seccomp filters from being set?");
        return NULL;
    }
    return sandbox_end(ending.status, &ending.words);
}

void nursery_free(Nursery *nursery)
{
    if (nursery == NULL) {
        return;
    }
    (void)close(nursery->control);
    while (waitpid(nursery->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    g_free(nursery);
}
