#include "mail/sandbox.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB        (1024UL * 1024)
#define BIG        (256UL * 1024) /* bytes; memory of this size is given back at once */
#define PROBE      (2 * MIB)      /* bytes: the least that malloc() asks for at once, and more */
#define API_NEEDED 3U             /* of libseccomp: a whole process can be ended (Linux 4.14) */
#define MAX_CALL   0xFFFFU        /* no architecture has more */

#if defined(__has_feature) // clang; gcc tells by __SANITIZE_ADDRESS__
#define HAS_SANITIZER (__has_feature(address_sanitizer) || __has_feature(memory_sanitizer))
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif
static const bool sanitized = HAS_SANITIZER;

/* ---- the lists ------------------------------------------------------------------------------ */

/* Reaches nothing but the process itself. */
static const char harmless[] = // names of system calls
    "brk munmap mremap madvise futex clock_gettime gettimeofday time getrandom getpid gettid"
    " sched_yield close restart_syscall exit exit_group"
    " rt_sigprocmask"; // abort()

/* By which libraries look for converters, locales, time zones, a terminal. The answer is no. */
static const char refused[] =
    "openat open access faccessat2 stat newfstatat fstat statx readlink ioctl getpeername";

/* A call allowed with certain arguments alone. */
typedef struct {
    int call;
    unsigned kinds; /* bits */
    unsigned count;
    struct scmp_arg_cmp when[2];
} Rule;

enum {
    UNPACKER = 1 << SANDBOX_UNPACKER,
    CLOSED = 1 << SANDBOX_PARSER | UNPACKER,
};

#define EQUALS(argument, value)                                                                    \
    {                                                                                              \
        (argument), SCMP_CMP_EQ, (value), 0                                                        \
    }
#define WITHOUT(argument, bits)                                                                    \
    {                                                                                              \
        (argument), SCMP_CMP_MASKED_EQ, (bits), 0                                                  \
    }
#define WITH(argument, bits)                                                                       \
    {                                                                                              \
        (argument), SCMP_CMP_MASKED_EQ, (bits), (bits)                                             \
    }

static const Rule rules[] = {
    // Memory of its own that holds no code: no file's, and never to be executed.
    {SCMP_SYS(mmap), CLOSED, 2, {WITHOUT(2, PROT_EXEC), WITH(3, MAP_ANONYMOUS)}},
    {SCMP_SYS(mprotect), CLOSED, 1, {WITHOUT(2, PROT_EXEC)}},
    // Its socket, to the other end alone.
    {SCMP_SYS(recvfrom), CLOSED, 2, {EQUALS(0, SANDBOX_SOCKET), EQUALS(4, 0)}},
    {SCMP_SYS(sendto), CLOSED, 2, {EQUALS(0, SANDBOX_SOCKET), EQUALS(4, 0)}},
    {SCMP_SYS(read), CLOSED, 1, {EQUALS(0, SANDBOX_SOCKET)}},
    {SCMP_SYS(write), CLOSED, 1, {EQUALS(0, SANDBOX_SOCKET)}},
    // What libraries complain of before they give up; it leads nowhere.
    {SCMP_SYS(write), CLOSED, 1, {EQUALS(0, STDERR_FILENO)}},
    {SCMP_SYS(writev), CLOSED, 1, {EQUALS(0, STDERR_FILENO)}},
    {SCMP_SYS(read), UNPACKER, 1, {EQUALS(0, SANDBOX_FILE)}},
    {SCMP_SYS(pread64), UNPACKER, 1, {EQUALS(0, SANDBOX_FILE)}},
    {SCMP_SYS(lseek), UNPACKER, 1, {EQUALS(0, SANDBOX_FILE)}},
};

/* The wider list of sanitizer builds. They map their own program's files and the list of its memory
 * to name the place of a fault, want to know where the stack ends, catch signals on a stack of
 * their own, try by a pipe whether an address can be read, and write their report. */
static const char sanitizers_need[] =
    "mmap mprotect read pread64 lseek fstat newfstatat stat readlink access write writev ioctl"
    " fcntl rt_sigaction rt_sigreturn sigaltstack prctl prlimit64 getrlimit getrusage uname getppid"
    " sched_getaffinity pipe pipe2 nanosleep clock_nanosleep";

/* They only look at files. */
static const Rule sanitizers_open[] = {
    {SCMP_SYS(openat), CLOSED, 1, {WITHOUT(2, O_ACCMODE | O_CREAT)}},
    {SCMP_SYS(open), CLOSED, 1, {WITHOUT(1, O_ACCMODE | O_CREAT)}},
};

/* They would start another program to name functions; without it they report addresses. */
static const char sanitizers_miss[] = "clone clone3 fork vfork execve";

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
    for (gsize i = 0; !sanitized && i < G_N_ELEMENTS(crashes); i++) {
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
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)said.forbidden - 1);
        char *told = name != NULL ? g_strdup_printf("made a forbidden system call (%s)", name)
                                  : g_strdup_printf("made a forbidden system call (number %u)",
                                                    said.forbidden - 1);
        free(name); /* of malloc() */
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
    if (seccomp_api_get() >= API_NEEDED) {
        return true;
    }
    g_set_error(
        error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
        "no mail is read: this kernel has no seccomp filters, which keep what reads hostile "
        "mail from files and network; run issuer on Linux 4.14 or later with "
        "CONFIG_SECCOMP_FILTER, or let its container use them");
    return false;
}

static void limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit limits = {value, value};
    (void)setrlimit(resource, &limits); /* the filter stands without it */
}

/* No core, no file, no descriptor more, and so much memory. */
static void set_limits(int last_descriptor)
{
    (void)close_range((unsigned)last_descriptor + 1, ~0U, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    if (sanitized) { // they reserve terabytes of address space, and open files
        return;
    }
    limit(RLIMIT_NOFILE, (rlim_t)last_descriptor + 1);
    limit(RLIMIT_AS, SANDBOX_MEMORY);
    // A fixed threshold: else glibc raises it at the first free and keeps big blocks for good.
    (void)mallopt(M_MMAP_THRESHOLD, BIG);
    // Libraries complain there before they give up; that is told in a line of ours.
    (void)dup2(STDOUT_FILENO, STDERR_FILENO);
}

/* What becomes of the calls of a list; of what another architecture has, nothing can. */
static bool add(scmp_filter_ctx filter, uint32_t action, const char *calls)
{
    g_auto(GStrv) names = g_strsplit(calls, " ", 0);
    bool added = true;
    for (gsize i = 0; added && names[i] != NULL; i++) {
        int call = seccomp_syscall_resolve_name(names[i]);
        added =
            call == __NR_SCMP_ERROR || seccomp_rule_add_array(filter, action, call, 0, NULL) == 0;
    }
    return added;
}

static bool add_rules(scmp_filter_ctx filter, SandboxKind kind, const Rule *some, gsize count)
{
    bool added = true;
    for (gsize i = 0; added && i < count; i++) {
        if ((some[i].kinds & 1U << kind) != 0) {
            added = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, some[i].call, some[i].count,
                                           some[i].when) == 0;
        }
    }
    return added;
}

/* What abort() sends reaches the process itself alone. */
static bool add_abort(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp itself[] = {EQUALS(0, (scmp_datum_t)getpid())};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, itself) == 0;
}

static bool add_lists(scmp_filter_ctx filter, SandboxKind kind)
{
    bool added = add(filter, SCMP_ACT_ALLOW, harmless) && add_abort(filter) &&
                 add_rules(filter, kind, rules, G_N_ELEMENTS(rules));
    if (kind == SANDBOX_TOOL) {
        return added && add(filter, SCMP_ACT_ALLOW, tool_needs);
    }
    if (sanitized) {
        return added && add(filter, SCMP_ACT_ALLOW, sanitizers_need) &&
               add_rules(filter, kind, sanitizers_open, G_N_ELEMENTS(sanitizers_open)) &&
               add(filter, SCMP_ACT_ERRNO(EPERM), sanitizers_miss);
    }
    return added && add(filter, SCMP_ACT_ERRNO(EACCES), refused);
}

/* libseccomp also sets no_new_privs: nothing that is executed gains rights by it. Calls of another
 * architecture (32 bits) end the process at once. */
static bool load(SandboxKind kind)
{
    scmp_filter_ctx filter =
        seccomp_init(kind == SANDBOX_TOOL ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_TRAP);
    bool loaded = filter != NULL &&
                  seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
                  add_lists(filter, kind) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return loaded;
}

bool sandbox_close(SandboxKind kind, SandboxWords *words)
{
    if (kind == SANDBOX_TOOL) {
        return load(kind);
    }
    set_limits(kind == SANDBOX_PARSER ? SANDBOX_SOCKET : SANDBOX_FILE);
    return listen_for_end(words) && load(kind);
}
