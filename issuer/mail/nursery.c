#include "mail/nursery.h"

#include "base/error.h"
#include "mail/archive.h"
#include "mail/parser_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_FD 3 /* in the nursery */
#define PARSER_FD  3 /* in a parser */

struct Nursery {
    int control;
    pid_t pid;
};

/* Room for a message that carries one file descriptor, aligned as the kernel wants it. */
typedef union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
} FdSpace;

/* An order to the nursery is a number: 0 starts a parser, else it ends that one. The answer to 0 is
 * the parser's pid (-1: it failed) with its socket. */
static bool send_pid(int control, pid_t pid, int fd)
{
    struct iovec part = {&pid, sizeof pid};
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
    return sendmsg(control, &message, MSG_NOSIGNAL) == (ssize_t)sizeof pid;
}

static bool receive_pid(int control, pid_t *pid, int *fd)
{
    pid_t received = 0;
    struct iovec part = {&received, sizeof received};
    FdSpace space;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = space.bytes,
                             .msg_controllen = sizeof space.bytes};
    ssize_t got = -1;
    do {
        got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof received) {
        return false;
    }
    *pid = received;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *fd = -1;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
        memcpy(fd, CMSG_DATA(header), sizeof *fd);
    }
    return true;
}

/* A parser's life; the sockets in `ends` are its own and the program's. */
G_NORETURN static void live_as_parser(const int ends[2], const MailSettings *settings)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1) {
        _exit(0); /* the nursery died before the line above */
    }
    if (dup2(ends[0], PARSER_FD) < 0) {
        _exit(1);
    }
    (void)close_range(PARSER_FD + 1, ~0U, 0);
    parser_process_confine();
    parser_process_run(PARSER_FD, settings);
}

static bool start_parser(const MailSettings *settings)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return send_pid(CONTROL_FD, -1, -1);
    }
    pid_t pid = fork();
    if (pid == 0) {
        live_as_parser(ends, settings);
    }
    bool sent = send_pid(CONTROL_FD, pid, pid < 0 ? -1 : ends[1]);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return sent;
}

static void end_parser(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
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

G_NORETURN static void live_as_nursery(int control, const MailSettings *settings)
{
    settle(control);
    message_init();
    archive_init(); // after it: GMime would take the locale's encoding for that of mails
    pid_t order = 0;
    int none = -1;
    while (receive_pid(CONTROL_FD, &order, &none)) {
        if (order > 0) {
            end_parser(order);
        } else if (!start_parser(settings)) {
            break;
        }
    }
    _exit(0); /* the kernel ends the parsers with it */
}

Nursery *nursery_new(const MailSettings *settings, GError **error)
{
    int ends[2];
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

int nursery_spawn(Nursery *nursery, pid_t *pid, GError **error)
{
    int fd = -1;
    *pid = -1;
    if (!send_pid(nursery->control, 0, -1) || !receive_pid(nursery->control, pid, &fd) ||
        *pid <= 0 || fd < 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "a mail parser cannot be started; is the limit of processes reached?");
        return -1;
    }
    return fd;
}

void nursery_kill(Nursery *nursery, pid_t pid)
{
    (void)send_pid(nursery->control, pid, -1);
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
