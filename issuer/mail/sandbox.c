#include "mail/sandbox.h"

#include "base/confine.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB      (1024UL * 1024)
#define BIG      (256UL * 1024) /* bytes; memory of this size is given back at once */
#define PROBE    (2 * MIB)      /* bytes: the least that malloc() asks for at once, and more */
#define MAX_CALL 0xFFFFU        /* no architecture has more */

/* ---- the lists ------------------------------------------------------------------------------ */

/* By which libraries look for converters, locales, time zones, a terminal. The answer is no. */
static const char refused[] =
    "openat open access faccessat2 stat newfstatat fstat statx readlink ioctl getpeername";

/* A call that is allowed in some kinds (bits) with certain arguments. */
typedef struct {
    unsigned kinds;
    ConfineRule rule;
} Rule;

enum {
    UNPACKER = 1 << SANDBOX_UNPACKER,
    CLOSED = 1 << SANDBOX_PARSER | UNPACKER,
};

static const Rule rules[] = {
    // Its socket, to the other end alone.
    {CLOSED, {"recvfrom", 2, {CONFINE_EQUALS(0, SANDBOX_SOCKET), CONFINE_EQUALS(4, 0)}}},
    {CLOSED, {"sendto", 2, {CONFINE_EQUALS(0, SANDBOX_SOCKET), CONFINE_EQUALS(4, 0)}}},
    {CLOSED, {"read", 1, {CONFINE_EQUALS(0, SANDBOX_SOCKET)}}},
    {CLOSED, {"write", 1, {CONFINE_EQUALS(0, SANDBOX_SOCKET)}}},
    // What libraries complain of before they give up; it leads nowhere.
    {CLOSED, {"write", 1, {CONFINE_EQUALS(0, STDERR_FILENO)}}},
    {CLOSED, {"writev", 1, {CONFINE_EQUALS(0, STDERR_FILENO)}}},
    {UNPACKER, {"read", 1, {CONFINE_EQUALS(0, SANDBOX_FILE)}}},
    {UNPACKER, {"pread64", 1, {CONFINE_EQUALS(0, SANDBOX_FILE)}}},
    {UNPACKER, {"lseek", 1, {CONFINE_EQUALS(0, SANDBOX_FILE)}}},
};

/* Sanitizers only look at files. */
static const Rule sanitizers_open[] = {
    {CLOSED, {"openat", 1, {CONFINE_WITHOUT(2, O_ACCMODE | O_CREAT)}}},
    {CLOSED, {"open", 1, {CONFINE_WITHOUT(1, O_ACCMODE | O_CREAT)}}},
};

/* What a program needs to start, to load its libraries, and to write files of its own. */
static const char tool_needs[] =
    "execve arch_prctl set_tid_address set_robust_list rseq prlimit64 getrlimit mmap mprotect"
    " rt_sigaction rt_sigreturn sigaltstack read readv pread64 write writev pwrite64 lseek"
    " ftruncate fsync fdatasync fcntl flock open openat access faccessat faccessat2 stat lstat"
    " fstat newfstatat statx statfs fstatfs readlink readlinkat getcwd chdir fchdir mkdir mkdirat"
    " rmdir unlink unlinkat rename renameat renameat2 utime utimes utimensat umask getdents64 dup"
    " dup2 dup3 pipe pipe2 poll nanosleep clock_nanosleep getuid geteuid getgid getegid getppid"
    " uname sysinfo ioctl times getrusage sched_getaffinity";

/* ---- its end -------------------------------------------------------------------------------- */

/* A signal handler has no other way to it; a process is confined once. */
static SandboxWords *last_words;

SandboxWords *sandbox_words_new(void)
{
    void *page =
        mmap(NULL, sizeof(SandboxWords), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

void sandbox_words_free(SandboxWords *words)
{
    if (words != NULL) {
        (void)munmap(words, sizeof *words);
    }
}

/* The kernel has refused a call. SIGSYS is blocked in here, so the same call once more ends the
 * process by that signal, for its parent to see. */
static void tell_forbidden(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    (void)context;
    if (last_words != NULL) {
        last_words->forbidden = 1 + (uint32_t)info->si_syscall;
    }
    (void)syscall(info->si_syscall, -1L, -1L, -1L, -1L, -1L, -1L);
    _exit(SANDBOX_FAILED);
}

/* GLib ends a process that gets no memory. */
static void tell_complaint(const char *domain, GLogLevelFlags level, const char *message,
                           gpointer user_data)
{
    bool memory = errno == ENOMEM;
    (void)domain;
    (void)user_data;
    if (last_words != NULL && (level & G_LOG_FLAG_FATAL) != 0) {
        last_words->memory =
            memory || message == NULL || strstr(message, "failed to allocate") != NULL;
    }
    if (message != NULL) {
        (void)!write(STDERR_FILENO, message, strlen(message));
        (void)!write(STDERR_FILENO, "\n", 1);
    }
}

/* Where there is no memory even to say so, the process crashes in one way or another. */
static void tell_crash(int signal_number)
{
    const bool refused_before = errno == ENOMEM;
    const void *probe =
        mmap(NULL, PROBE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (last_words != NULL && (refused_before || probe == MAP_FAILED)) {
        last_words->memory = 1;
    }
    // This handler is in place once: now it is the end.
    (void)syscall(SYS_tgkill, getpid(), gettid(), signal_number);
}

static bool listen_for_end(SandboxWords *words)
{
    static const int crashes[] = {SIGABRT, SIGTRAP, SIGSEGV, SIGBUS};
    last_words = words;
    for (gsize i = 0; !confine_sanitized && i < G_N_ELEMENTS(crashes); i++) {
        struct sigaction once = {.sa_handler = tell_crash,
                                 .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
        if (sigaction(crashes[i], &once, NULL) != 0) {
            return false;
        }
    }
    (void)g_log_set_default_handler(tell_complaint, NULL);
    struct sigaction action = {.sa_sigaction = tell_forbidden, .sa_flags = SA_SIGINFO};
    return sigaction(SIGSYS, &action, NULL) == 0;
}

char *sandbox_end(int status, const SandboxWords *words)
{
    SandboxWords said = words == NULL ? (SandboxWords){0} : *words;
    if (WIFEXITED(status)) {
        return g_strdup_printf("ended by itself (exit code %d)", WEXITSTATUS(status));
    }
    int signal_number = WTERMSIG(status);
    if (signal_number == SIGSYS && said.forbidden > 0 && said.forbidden <= MAX_CALL) {
        g_autofree char *name = confine_call_name((int)said.forbidden - 1);
        char *told = name != NULL ? g_strdup_printf("made a forbidden system call (%s)", name)
                                  : g_strdup_printf("made a forbidden system call (number %u)",
                                                    said.forbidden - 1);
        return told;
    }
    if (said.memory != 0) {
        return g_strdup_printf("needed more than %lu MiB of memory", SANDBOX_MEMORY / MIB);
    }
    const char *name = sigabbrev_np(signal_number);
    return g_strdup_printf("%s (%s%s)", signal_number == SIGKILL ? "was killed" : "crashed",
                           name == NULL ? "signal" : "SIG", name == NULL ? "" : name);
}

/* ---- the door ------------------------------------------------------------------------------- */

bool sandbox_possible(GError **error)
{
    if (confine_possible()) {
        return true;
    }
    g_set_error(
        error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
        "no mail is read: this kernel has no seccomp filters, which keep what reads hostile "
        "mail from files and network; run issuer on Linux 4.14 or later with "
        "CONFIG_SECCOMP_FILTER, or let its container use them");
    return false;
}

/* No core, no file, no descriptor more, and so much memory. */
static void set_limits(int last_descriptor)
{
    (void)close_range((unsigned)last_descriptor + 1, ~0U, 0);
    confine_limit(RLIMIT_CORE, 0);
    confine_limit(RLIMIT_FSIZE, 0);
    if (confine_sanitized) { // they reserve terabytes of address space, and open files
        return;
    }
    confine_limit(RLIMIT_NOFILE, (rlim_t)last_descriptor + 1);
    confine_limit(RLIMIT_AS, SANDBOX_MEMORY);
    // A fixed threshold: else glibc raises it at the first free and keeps big blocks for good.
    (void)mallopt(M_MMAP_THRESHOLD, BIG);
    // Libraries complain there before they give up; that is told in a line of ours.
    (void)dup2(STDOUT_FILENO, STDERR_FILENO);
}

static void allow_rules(Confine *confine, SandboxKind kind, const Rule *some, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        if ((some[i].kinds & 1U << kind) != 0) {
            confine_allow_when(confine, &some[i].rule, 1);
        }
    }
}

static bool load(SandboxKind kind)
{
    Confine *confine = confine_new(kind == SANDBOX_TOOL ? CONFINE_DENIES : CONFINE_TRAPS);
    confine_allow(confine, confine_harmless);
    confine_allow_abort(confine);
    allow_rules(confine, kind, rules, G_N_ELEMENTS(rules));
    if (kind == SANDBOX_TOOL) {
        confine_allow(confine, tool_needs);
        return confine_load(confine);
    }
    confine_allow_memory(confine);
    if (confine_sanitized) {
        confine_allow(confine, confine_sanitizers_need);
        allow_rules(confine, kind, sanitizers_open, G_N_ELEMENTS(sanitizers_open));
        confine_refuse(confine, confine_sanitizers_miss, EPERM);
    } else {
        confine_refuse(confine, refused, EACCES);
    }
    return confine_load(confine);
}

bool sandbox_close(SandboxKind kind, SandboxWords *words)
{
    if (kind == SANDBOX_TOOL) {
        return load(kind);
    }
    set_limits(kind == SANDBOX_PARSER ? SANDBOX_SOCKET : SANDBOX_FILE);
    return listen_for_end(words) && load(kind);
}
