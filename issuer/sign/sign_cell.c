#include "sign/sign_cell.h"

#include "base/confine.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define KEYS_SIZE   ((gsize)64 * 1024)            /* bytes for private keys; a power of two */
#define KEYS_LEAST  32                            /* bytes of one; a power of two */
#define MEMORY_MOST ((uint64_t)512 * 1024 * 1024) /* bytes of address space */

/* Waiting and telling the supervisor that it lives; freeing what was locked. */
static const char needed[] = "poll ppoll epoll_wait epoll_pwait epoll_ctl alarm setitimer munlock";

/* By which libraries look for settings, locales, time zones. The answer is no. */
static const char refused[] = "openat open access faccessat2 stat statx readlink ioctl";

/* Not where the limit is reached sooner than that of memory: it would be refused memory. */
static bool lock_all(void)
{
    struct rlimit limit = {0, 0};
    return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= MEMORY_MOST &&
           mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

bool sign_cell_prepare(void)
{
    confine_limit(RLIMIT_CORE, 0);
    (void)prctl(PR_SET_DUMPABLE, 0);
    /* OpenSSL keeps private keys of Ed25519 there once it exists. */
    (void)CRYPTO_secure_malloc_init(KEYS_SIZE, KEYS_LEAST);
    if (confine_sanitized) {
        return true; /* they reserve terabytes of address space */
    }
    confine_limit(RLIMIT_AS, MEMORY_MOST);
    return lock_all();
}

static void allow_own(Confine *confine, int listener, int count)
{
    const ConfineRule rules[] = {
        {"accept4", 1, {CONFINE_EQUALS(0, listener)}},
        {"recvfrom", 1, {CONFINE_EQUALS(4, 0)}},
        {"sendto", 1, {CONFINE_EQUALS(4, 0)}},
        {"pwrite64", 1, {CONFINE_EQUALS(0, count)}},
        {"write", 1, {CONFINE_EQUALS(0, STDERR_FILENO)}},
        // the log asks what standard error is; glibc by the second
        {"fstat", 1, {CONFINE_EQUALS(0, STDERR_FILENO)}},
        {"newfstatat", 2, {CONFINE_EQUALS(0, STDERR_FILENO), CONFINE_WITH(3, AT_EMPTY_PATH)}},
    };
    confine_allow_when(confine, rules, G_N_ELEMENTS(rules));
}

static void allow_sanitizer(Confine *confine)
{
    static const ConfineRule looks[] = {
        {"openat", 1, {CONFINE_WITHOUT(2, O_ACCMODE | O_CREAT)}},
        {"open", 1, {CONFINE_WITHOUT(1, O_ACCMODE | O_CREAT)}},
    };
    confine_allow(confine, confine_sanitizers_need);
    confine_allow_when(confine, looks, G_N_ELEMENTS(looks));
    confine_refuse(confine, confine_sanitizers_miss, EPERM);
}

bool sign_cell_close(int listener, int count, GError **error)
{
    Confine *confine = confine_new(CONFINE_ENDS);
    confine_allow(confine, confine_harmless);
    confine_allow(confine, needed);
    confine_allow_memory(confine);
    confine_allow_abort(confine);
    allow_own(confine, listener, count);
    if (confine_sanitized) {
        allow_sanitizer(confine);
    } else {
        confine_refuse(confine, refused, EACCES);
    }
    if (confine_load(confine)) {
        return true;
    }
    g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                        "nothing is signed: the kernel refuses to confine the process that has the "
                        "key; does a container or a limit keep seccomp filters from being set?");
    return false;
}
