/* Each thing that somebody who has taken over the signer might do next, tried in a child that is
 * confined as the signer is; and what it must be able to do. */
#include "base/confine.h"
#include "sign/sign_cell.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DID_IT     0 /* exit codes of the child */
#define WAS_DENIED 1
#define NOT_CLOSED 2

static int listener; /* the child's */
static int count;
static int other; /* another file that was left open */
static int peer;  /* a socket to who asks */

typedef bool (*Attempt)(void);

/* ---- what it must not ---- */

static bool opens_a_file(void)
{
    return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool makes_a_file(void)
{
    return open("/tmp/signer-was-open", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool writes_another_file(void)
{
    return pwrite(other, "x", 1, 0) == 1;
}

static bool makes_a_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool makes_a_local_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool connects(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(25)};
    return connect(peer, (const struct sockaddr *)&address, sizeof address) == 0;
}

static bool accepts_from_another(void)
{
    return accept4(peer, NULL, NULL, 0) >= 0;
}

static bool sends_to_an_address(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    return sendto(peer, "x", 1, 0, (const struct sockaddr *)&address, sizeof address) == 1;
}

static bool sends_a_descriptor(void)
{
    const struct msghdr message = {0};
    return sendmsg(peer, &message, 0) >= 0;
}

static bool starts_a_program(void)
{
    char *const nothing[] = {NULL};
    return execve("/bin/true", nothing, nothing) == 0;
}

static bool makes_a_process(void)
{
    return fork() >= 0;
}

static bool looks_into_another(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool kills_another(void)
{
    return kill(getppid(), 0) == 0;
}

static bool makes_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) != MAP_FAILED;
}

static bool raises_a_limit(void)
{
    const struct rlimit limit = {1, 1};
    return setrlimit(RLIMIT_CORE, &limit) == 0;
}

/* ---- what it must ---- */

static bool takes_who_asks(void)
{
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) >= 0;
}

static bool hears_and_answers(void)
{
    char byte = 0;
    return recv(peer, &byte, 1, 0) == 1 && send(peer, &byte, 1, MSG_NOSIGNAL) == 1;
}

static bool counts(void)
{
    return pwrite(count, "x", 1, 0) == 1;
}

static bool waits(void)
{
    struct pollfd fd = {.fd = peer, .events = POLLIN};
    (void)alarm(5);
    return poll(&fd, 1, 0) >= 0;
}

static bool tells(void)
{
    struct stat info;
    return fstat(STDERR_FILENO, &info) == 0 && write(STDERR_FILENO, "", 0) == 0;
}

static bool has_memory(void)
{
    void *memory = malloc((size_t)4 * 1024 * 1024);
    free(memory);
    return memory != NULL;
}

/* ---- trying ---- */

static int open_unlinked(const char *name)
{
    const int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    (void)unlink(name);
    return fd;
}

/* Somebody waits to be accepted, and has written on another connection. */
static void set_up(void)
{
    int ends[2];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof(sa_family_t); /* a name of the kernel's choice */
    listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    const int client = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 4), 0);
    size = sizeof address;
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_int_equal(write(ends[1], "m", 1), 1);
    peer = ends[0];
    count = open_unlinked("try_signer.count");
    other = open_unlinked("try_signer.other");
    assert_true(count >= 0 && other >= 0);
}

static int status_of(Attempt attempt)
{
    const pid_t pid = fork();
    if (pid == 0) {
        set_up();
        (void)sign_cell_prepare();
        if (!sign_cell_close(listener, count, NULL)) {
            _exit(NOT_CLOSED);
        }
        _exit(attempt() ? DID_IT : WAS_DENIED);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* What becomes of who tries it, as people run the program. Sanitizers look at files and at limits;
 * in their builds some of it is let, or refused where it would end the process. */
typedef enum {
    ENDS,    /* with SIGSYS */
    REFUSED, /* libraries ask for it, and are told no */
} Fate;

static void test_what_it_cannot(void **state)
{
    static const struct {
        const char *name;
        Attempt attempt;
        Fate fate;
        bool let; /* in a build with sanitizers */
    } tried[] = {
        {"opens a file", opens_a_file, REFUSED, true},
        {"makes a file", makes_a_file, REFUSED, false},
        {"writes another file", writes_another_file, ENDS, false},
        {"makes a socket", makes_a_socket, ENDS, false},
        {"makes a local socket", makes_a_local_socket, ENDS, false},
        {"connects", connects, ENDS, false},
        {"accepts from another", accepts_from_another, ENDS, false},
        {"sends to an address", sends_to_an_address, ENDS, false},
        {"sends a descriptor", sends_a_descriptor, ENDS, false},
        {"starts a program", starts_a_program, ENDS, false},
        {"makes a process", makes_a_process, ENDS, false},
        {"looks into another", looks_into_another, ENDS, false},
        {"kills another", kills_another, ENDS, false},
        {"makes code", makes_code, ENDS, true},
        {"raises a limit", raises_a_limit, ENDS, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++) {
        const int status = status_of(tried[i].attempt);
        const bool ended = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
        const bool denied = WIFEXITED(status) && WEXITSTATUS(status) == WAS_DENIED;
        const bool good = confine_sanitized       ? ended || denied || tried[i].let
                          : tried[i].fate == ENDS ? ended
                                                  : denied;
        if (!good) {
            fail_msg("the signer %s (status %d)", tried[i].name, status);
        }
    }
}

static void test_what_it_can(void **state)
{
    static const struct {
        const char *name;
        Attempt attempt;
    } tried[] = {
        {"take who asks", takes_who_asks},
        {"hear and answer", hears_and_answers},
        {"count", counts},
        {"wait", waits},
        {"tell", tells},
        {"have memory", has_memory},
    };
    (void)state;
    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++) {
        const int status = status_of(tried[i].attempt);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != DID_IT) {
            fail_msg("the signer cannot %s (status %d)", tried[i].name, status);
        }
    }
}

static void test_no_dump_of_its_memory(void **state)
{
    (void)state;
    const pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {1, 1};
        (void)sign_cell_prepare();
        (void)getrlimit(RLIMIT_CORE, &limit);
        _exit(limit.rlim_cur == 0 && limit.rlim_max == 0 ? DID_IT : WAS_DENIED);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_cannot),
        cmocka_unit_test(test_what_it_can),
        cmocka_unit_test(test_no_dump_of_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
