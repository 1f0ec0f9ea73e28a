#include "base/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define API_NEEDED 3U /* of libseccomp: a whole process can be ended */

#if defined(__has_feature) // clang; gcc tells by __SANITIZE_ADDRESS__
#define HAS_SANITIZER (__has_feature(address_sanitizer) || __has_feature(memory_sanitizer))
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif
const bool confine_sanitized = HAS_SANITIZER;

const char confine_harmless[] =
    "brk munmap mremap madvise futex clock_gettime gettimeofday time getrandom getpid gettid"
    " sched_yield close restart_syscall exit exit_group"
    " rt_sigprocmask"; // abort()

const char confine_sanitizers_need[] =
    "mmap mprotect read pread64 lseek fstat newfstatat stat readlink access write writev ioctl"
    " fcntl rt_sigaction rt_sigreturn sigaltstack prctl prlimit64 getrlimit getrusage uname getppid"
    " sched_getaffinity pipe pipe2 nanosleep clock_nanosleep";

/* They would start another program to name functions; without it they report addresses. */
const char confine_sanitizers_miss[] = "clone clone3 fork vfork execve";

struct Confine {
    scmp_filter_ctx filter;
    bool good;
};

bool confine_possible(void)
{
    return seccomp_api_get() >= API_NEEDED;
}

Confine *confine_new(ConfineElse otherwise)
{
    static const uint32_t actions[] = {
        [CONFINE_ENDS] = SCMP_ACT_KILL_PROCESS,
        [CONFINE_TRAPS] = SCMP_ACT_TRAP,
        [CONFINE_DENIES] = SCMP_ACT_ERRNO(EPERM),
    };
    Confine *confine = g_new0(Confine, 1);
    confine->filter = seccomp_init(actions[otherwise]);
    confine->good =
        confine->filter != NULL &&
        seccomp_attr_set(confine->filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0;
    return confine;
}

/* What becomes of the calls of a list; of what another architecture has, nothing can. */
static void add(Confine *confine, uint32_t action, const char *calls)
{
    g_auto(GStrv) names = g_strsplit(calls, " ", 0);
    for (gsize i = 0; confine->good && names[i] != NULL; i++) {
        const int call = seccomp_syscall_resolve_name(names[i]);
        confine->good = call == __NR_SCMP_ERROR ||
                        seccomp_rule_add_array(confine->filter, action, call, 0, NULL) == 0;
    }
}

void confine_allow(Confine *confine, const char *calls)
{
    add(confine, SCMP_ACT_ALLOW, calls);
}

void confine_refuse(Confine *confine, const char *calls, int error)
{
    add(confine, SCMP_ACT_ERRNO((uint32_t)error), calls);
}

static bool add_rule(const Confine *confine, const ConfineRule *rule)
{
    struct scmp_arg_cmp when[G_N_ELEMENTS(rule->when)];
    for (unsigned i = 0; i < rule->count; i++) {
        const ConfineTest *test = &rule->when[i];
        when[i] =
            (struct scmp_arg_cmp){test->argument, SCMP_CMP_MASKED_EQ, test->mask, test->value};
    }
    const int call = seccomp_syscall_resolve_name(rule->call);
    return call == __NR_SCMP_ERROR ||
           seccomp_rule_add_array(confine->filter, SCMP_ACT_ALLOW, call, rule->count, when) == 0;
}

void confine_allow_when(Confine *confine, const ConfineRule *rules, gsize count)
{
    for (gsize i = 0; confine->good && i < count; i++) {
        confine->good = add_rule(confine, &rules[i]);
    }
}

void confine_allow_memory(Confine *confine)
{
    static const ConfineRule rules[] = {
        {"mmap", 2, {CONFINE_WITHOUT(2, PROT_EXEC), CONFINE_WITH(3, MAP_ANONYMOUS)}},
        {"mprotect", 1, {CONFINE_WITHOUT(2, PROT_EXEC)}},
    };
    confine_allow_when(confine, rules, G_N_ELEMENTS(rules));
}

void confine_allow_abort(Confine *confine)
{
    const ConfineRule rule = {"tgkill", 1, {CONFINE_EQUALS(0, getpid())}};
    confine_allow_when(confine, &rule, 1);
}

bool confine_load(Confine *confine)
{
    /* libseccomp also sets no_new_privs. */
    const bool loaded = confine->good && seccomp_load(confine->filter) == 0;
    seccomp_release(confine->filter);
    g_free(confine);
    return loaded;
}

void confine_limit(int resource, uint64_t value)
{
    const struct rlimit limits = {value, value};
    (void)setrlimit((__rlimit_resource_t)resource, &limits); /* the filter stands without it */
}

char *confine_call_name(int number)
{
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    char *copy = g_strdup(name);
    free(name); /* of malloc() */
    return copy;
}
