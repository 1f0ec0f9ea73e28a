#include "service/notice_command.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* The whole text is there before the program starts, so a program that does not read it, or reads
 * it slowly, holds up nobody. -1: errno tells. */
static int text_file(const char *text)
{
    const int fd = memfd_create("notice", MFD_CLOEXEC);
    const size_t size = strlen(text);
    size_t done = 0;
    while (fd >= 0 && done < size) {
        const ssize_t written = write(fd, text + done, size - done);
        if (written < 0 && errno != EINTR) {
            close(fd);
            return -1;
        }
        done += written > 0 ? (size_t)written : 0;
    }
    if (fd >= 0) {
        (void)lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

/* An error of errno's kind; what a role's process blocks and ignores, the program has as usual. */
static int start(const char *program, int input, pid_t *pid)
{
    g_autofree char *name = g_strdup(program);
    char *const arguments[] = {name, NULL};
    char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
    char language[] = "LANG=C.UTF-8";
    char *const environment[] = {path, language, NULL};
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_t how;
    posix_spawn_file_actions_t files;
    (void)posix_spawnattr_init(&how);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    (void)posix_spawnattr_setsigdefault(&how, &all);
    (void)posix_spawnattr_setsigmask(&how, &none);
    int problem = posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    for (int fd = STDOUT_FILENO; problem == 0 && fd <= STDERR_FILENO; fd++) {
        problem = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_WRONLY, 0);
    }
    if (problem == 0) {
        problem = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    }
    if (problem == 0) {
        problem = posix_spawn(pid, program, &files, &how, arguments, environment);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&how);
    return problem;
}

/* Whether it ended by itself. Without a descriptor for it (EMFILE) it gets no time at all. */
static bool wait_for_end(pid_t pid, unsigned seconds)
{
    struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    const int64_t until = clock_monotonic_us() / 1000 + (int64_t)seconds * 1000;
    int64_t left = (int64_t)seconds * 1000;
    int found = 0;
    while (end.fd >= 0 && found <= 0 && left > 0) {
        found = poll(&end, 1, (int)left);
        left = until - clock_monotonic_us() / 1000;
    }
    if (end.fd >= 0) {
        close(end.fd);
    }
    return found > 0;
}

static bool judge(const char *program, int status, int *exit_code, GError **error)
{
    *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (*exit_code != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "%s ended with %s %d", program,
                    WIFEXITED(status) ? "code" : "signal",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    }
    return *exit_code == 0;
}

bool notice_command_run(const char *program, const char *text, unsigned seconds, int *exit_code,
                        GError **error)
{
    pid_t pid = -1;
    *exit_code = -1;
    const int input = text_file(text);
    const int problem = input >= 0 ? start(program, input, &pid) : errno;
    if (input >= 0) {
        close(input);
    }
    if (problem != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "%s cannot be started: %s", program,
                    g_strerror(problem));
        return false;
    }
    const bool ended = wait_for_end(pid, seconds);
    if (!ended) {
        (void)kill(pid, SIGKILL);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended) {
        *exit_code = 128 + SIGKILL;
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "%s took longer than notice-seconds (%u) and was killed", program, seconds);
        return false;
    }
    return judge(program, status, exit_code, error);
}
