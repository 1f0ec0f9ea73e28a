/* Each thing that a hostile mail might have its reader do, tried in a confined child. */
#include "mail/landlock.h"
#include "mail/sandbox.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define WIDE true
#else
#define WIDE false
#endif

#define PAGE       4096
#define DID_IT     0 /* exit codes of the child */
#define WAS_DENIED 1

/* A thing tried: true if it was done. */
typedef bool (*Attempt)(void);

static pid_t parent; /* of the child that tries */

/* Whether the kernel did as it was told, or would have done so with better arguments. */
static bool heard(long result)
{
    return result >= 0 || (errno != EPERM && errno != EACCES);
}

/* ---- files ---- */

static bool opens_a_file(void)
{
    return heard(open("/etc/passwd", O_RDONLY));
}

static bool makes_a_file(void)
{
    return heard(open("/proc/sandbox-was-open", O_WRONLY | O_CREAT, 0600));
}

static bool looks_at_a_file(void)
{
    return heard(access("/etc/passwd", R_OK));
}

static bool removes_a_file(void)
{
    return heard(unlink("/proc/sandbox-was-open"));
}

static bool makes_a_folder(void)
{
    return heard(mkdir("/proc/sandbox-was-open", 0700));
}

static bool makes_a_nameless_file(void)
{
    return heard(memfd_create("x", 0));
}

static bool changes_folder(void)
{
    return heard(chdir("/"));
}

static bool maps_a_file(void)
{
    return heard((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, SANDBOX_FILE, 0));
}

static bool asks_by_ring(void)
{
    char parameters[256] = {0};
    return heard(syscall(SYS_io_uring_setup, 4, parameters));
}

/* ---- network ---- */

static bool makes_a_socket(void)
{
    return heard(socket(AF_INET, SOCK_STREAM, 0));
}

static bool makes_a_local_socket(void)
{
    return heard(socket(AF_UNIX, SOCK_STREAM, 0));
}

static bool connects(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(25), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return heard(connect(SANDBOX_SOCKET, (const struct sockaddr *)&address, sizeof address));
}

static bool sends_elsewhere(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    return heard(
        sendto(SANDBOX_SOCKET, "x", 1, 0, (const struct sockaddr *)&address, sizeof address));
}

static bool sends_a_descriptor(void)
{
    struct msghdr message = {0};
    return heard(sendmsg(SANDBOX_SOCKET, &message, 0));
}

static bool receives_a_descriptor(void)
{
    struct msghdr message = {0};
    return heard(recvmsg(SANDBOX_SOCKET, &message, MSG_DONTWAIT));
}

/* ---- processes ---- */

static bool forks(void)
{
    return heard(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

static bool starts_a_thread(void)
{
    return heard(syscall(SYS_clone3, NULL, 0));
}

static bool executes(void)
{
    char *const words[] = {NULL};
    return heard(execve("/bin/true", words, words));
}

static bool executes_a_descriptor(void)
{
    char *const words[] = {NULL};
    return heard(fexecve(SANDBOX_FILE, words, words));
}

static bool traces(void)
{
    return heard(ptrace(PTRACE_ATTACH, parent, NULL, NULL));
}

static bool reads_anothers_memory(void)
{
    char byte = 0;
    struct iovec here = {&byte, 1};
    struct iovec there = {&parent, 1};
    return heard(process_vm_readv(parent, &here, 1, &there, 1, 0));
}

static bool kills_another(void)
{
    return heard(kill(parent, 0));
}

static bool kills_anothers_thread(void)
{
    return heard(tgkill(parent, parent, 0));
}

static bool grabs_another(void)
{
    return heard(syscall(SYS_pidfd_open, parent, 0));
}

/* ---- itself ---- */

static bool maps_code(void)
{
    return mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}

static bool makes_memory_code(void)
{
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return heard(mprotect(page, PAGE, PROT_READ | PROT_EXEC));
}

static bool catches_a_signal(void)
{
    return signal(SIGSYS, SIG_IGN) != SIG_ERR;
}

static bool lifts_a_limit(void)
{
    struct rlimit none = {0, 0};
    return heard(setrlimit(RLIMIT_CORE, &none));
}

static bool is_let_out(void)
{
    return heard(unshare(CLONE_NEWUSER));
}

static bool mounts(void)
{
    return heard(mount("none", "/mnt", "tmpfs", 0, NULL));
}

static bool becomes_another(void)
{
    return heard(setuid(0));
}

static bool copies_a_descriptor(void)
{
    return heard(dup(SANDBOX_SOCKET));
}

static bool asks_the_kernel_for_more(void)
{
    return heard(syscall(SYS_bpf, 0, NULL, 0));
}

/* ---- what a parser does ---- */

static bool answers(void)
{
    char byte = 0;
    return recv(SANDBOX_SOCKET, &byte, 1, 0) == 1 && byte == 'm' &&
           send(SANDBOX_SOCKET, "f", 1, MSG_NOSIGNAL) == 1 && write(SANDBOX_SOCKET, "g", 1) == 1;
}

static bool uses_memory(void)
{
    char *big = malloc(64UL << 20);
    char *small = malloc(10);
    if (big == NULL || small == NULL) {
        return false;
    }
    memset(big, 1, 64UL << 20);
    char *bigger = realloc(big, 96UL << 20);
    bool kept = bigger != NULL && bigger[1] == 1;
    free(bigger);
    free(small);
    return kept;
}

static bool knows_the_time(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0 && syscall(SYS_clock_gettime, 0, &now) == 0;
}

static bool gets_randomness(void)
{
    char bytes[16];
    return getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes;
}

static bool reads_its_file(void)
{
    char bytes[4] = "";
    if (read(SANDBOX_FILE, bytes, 2) < 0) {
        return errno == EBADF; /* a parser has none */
    }
    return pread(SANDBOX_FILE, bytes + 2, 2, 2) == 2 && memcmp(bytes, "\177ELF", 4) == 0 &&
           lseek(SANDBOX_FILE, 0, SEEK_SET) == 0;
}

/* glibc's fstat() is newfstatat() with an empty path: none that looks at paths is let through. */
static bool asks_for_its_files_size(void)
{
    struct stat status;
    return heard(fstat(SANDBOX_FILE, &status));
}

static bool writes_its_file(void)
{
    return heard(write(SANDBOX_FILE, "x", 1)) && errno != EBADF;
}

/* ---- the table ---- */

typedef enum {
    GOES,
    DENIED, /* fails, and the process goes on */
    DEAD,   /* ends by SIGSYS, and names the call */
} Fate;

typedef struct {
    const char *call; /* what is named */
    Attempt attempt;
    Fate fates[3]; /* of a parser, an unpacker, a tool */
    Fate wide;     /* of a parser or an unpacker in a sanitizer build */
} Case;

#define NEVER  {DEAD, DEAD, DENIED}, DEAD
#define SOFTLY {DENIED, DENIED, GOES}, GOES
#define ALWAYS {GOES, GOES, GOES}, GOES

static const Case cases[] = {
    {"openat", opens_a_file, SOFTLY},
    {"openat", makes_a_file, {DENIED, DENIED, GOES}, DEAD},
    {"access", looks_at_a_file, SOFTLY},
    {"unlink", removes_a_file, {DEAD, DEAD, GOES}, DEAD},
    {"mkdir", makes_a_folder, {DEAD, DEAD, GOES}, DEAD},
    {"memfd_create", makes_a_nameless_file, NEVER},
    {"chdir", changes_folder, {DEAD, DEAD, GOES}, DEAD},
    {"mmap", maps_a_file, {DEAD, DEAD, GOES}, GOES},
    {"io_uring_setup", asks_by_ring, NEVER},
    {"socket", makes_a_socket, NEVER},
    {"socket", makes_a_local_socket, NEVER},
    {"connect", connects, NEVER},
    {"sendto", sends_elsewhere, NEVER},
    {"sendmsg", sends_a_descriptor, NEVER},
    {"recvmsg", receives_a_descriptor, NEVER},
    {"clone", forks, {DEAD, DEAD, DENIED}, DENIED},
    {"clone3", starts_a_thread, {DEAD, DEAD, DENIED}, DENIED},
    {"execve", executes, {DEAD, DEAD, GOES}, DENIED},
    {"execveat", executes_a_descriptor, NEVER},
    {"ptrace", traces, NEVER},
    {"process_vm_readv", reads_anothers_memory, NEVER},
    {"kill", kills_another, NEVER},
    {"tgkill", kills_anothers_thread, NEVER},
    {"pidfd_open", grabs_another, NEVER},
    {"mmap", maps_code, {DEAD, DEAD, GOES}, GOES},
    {"mprotect", makes_memory_code, {DEAD, DEAD, GOES}, GOES},
    {"rt_sigaction", catches_a_signal, {DEAD, DEAD, GOES}, GOES},
    {"prlimit64", lifts_a_limit, {DEAD, DEAD, GOES}, GOES},
    {"unshare", is_let_out, NEVER},
    {"mount", mounts, NEVER},
    {"setuid", becomes_another, NEVER},
    {"dup", copies_a_descriptor, {DEAD, DEAD, GOES}, DEAD},
    {"bpf", asks_the_kernel_for_more, NEVER},
    {"answer", answers, {GOES, GOES, DENIED}, GOES},
    {"memory", uses_memory, ALWAYS},
    {"clock_gettime", knows_the_time, ALWAYS},
    {"getrandom", gets_randomness, ALWAYS},
    {"read", reads_its_file, {DEAD, GOES, GOES}, GOES},
    {"newfstatat", asks_for_its_files_size, SOFTLY},
    {"write", writes_its_file, {DEAD, DEAD, DENIED}, DENIED},
};

/* ---- the child ---- */

/* As the nursery does it. The file is there for a parser too, so that it has something to get hold
 * of. */
static void set_up(int end, SandboxKind kind, SandboxWords *words)
{
    int file = open("/proc/self/exe", O_RDONLY);
    int null = open("/dev/null", O_WRONLY);
    // First out of each other's way.
    if (dup2(file, 20) < 0 || dup2(end, 21) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        dup2(21, SANDBOX_SOCKET) < 0 || dup2(20, SANDBOX_FILE) < 0 || !sandbox_close(kind, words)) {
        _exit(SANDBOX_FAILED);
    }
}

/* The wait status of a child that tries this. At its socket's other end there is one byte for it.
 */
static int status_of(Attempt attempt, SandboxKind kind, SandboxWords *words)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[1], "m", 1), 1);
    parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        set_up(ends[0], kind, words);
        _exit(attempt() ? DID_IT : WAS_DENIED);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return status;
}

static char *end_of(Attempt attempt, SandboxKind kind)
{
    SandboxWords *words = sandbox_words_new();
    int status = status_of(attempt, kind, words);
    char *end = sandbox_end(status, words);
    sandbox_words_free(words);
    return end;
}

static void check(const Case *one, SandboxKind kind)
{
    Fate wanted = WIDE && kind != SANDBOX_TOOL ? one->wide : one->fates[kind];
    g_autofree char *end = end_of(one->attempt, kind);
    g_autofree char *dead = g_strdup_printf("made a forbidden system call (%s)", one->call);
    const char *told = wanted == DEAD     ? dead
                       : wanted == DENIED ? "ended by itself (exit code 1)"
                                          : "ended by itself (exit code 0)";
    if (strcmp(end, told) != 0) {
        print_error("%s, kind %d: %s, not %s\n", one->call, (int)kind, end, told);
    }
    assert_string_equal(end, told);
}

static void test_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (SandboxKind kind = SANDBOX_PARSER; kind <= SANDBOX_TOOL; kind++) {
            check(&cases[i], kind);
        }
    }
}

#if defined(__x86_64__)
static bool calls_as_another_architecture(void)
{
    long result = 20; /* getpid of 32 bits */
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    return true;
}

/* Calls in the manner of 32 bits have other numbers: none of them is let through. */
static void test_another_architecture(void **state)
{
    (void)state;
    for (SandboxKind kind = SANDBOX_PARSER; kind <= SANDBOX_TOOL; kind++) {
        g_autofree char *end = end_of(calls_as_another_architecture, kind);
        assert_string_equal(end, "crashed (SIGSYS)");
    }
}
#endif

static bool aborts(void)
{
    abort();
}

static bool faults(void)
{
    volatile int *volatile nowhere = NULL;
    errno = 0;
    *nowhere = 1;
    return true;
}

static bool needs_much_memory(void)
{
    return g_malloc(2 * SANDBOX_MEMORY) != NULL;
}

static bool needs_memory_bit_by_bit(void)
{
    while (g_malloc(1000) != NULL) {
    }
    return true;
}

/* Then there is none left to say so. */
static bool needs_all_memory(void)
{
    while (g_malloc(16) != NULL) {
    }
    return true;
}

/* As libraries do that do not look at what they get. */
static bool writes_where_no_memory_is(void)
{
    volatile char *memory = malloc(2 * SANDBOX_MEMORY);
    memory[0] = 1;
    return true;
}

/* What else ends a process is told apart. */
static void test_ends(void **state)
{
    (void)state;
    g_autofree char *aborted = end_of(aborts, SANDBOX_PARSER);
    assert_string_equal(aborted, "crashed (SIGABRT)");
    g_autofree char *faulted = end_of(faults, SANDBOX_UNPACKER);
    assert_string_equal(faulted, WIDE ? "ended by itself (exit code 1)" : "crashed (SIGSEGV)");
    static const Attempt greedy[] = {needs_much_memory, needs_memory_bit_by_bit, needs_all_memory,
                                     writes_where_no_memory_is};
    for (size_t i = 0; !WIDE && i < G_N_ELEMENTS(greedy); i++) { // sanitizers reserve terabytes
        g_autofree char *end = end_of(greedy[i], SANDBOX_PARSER);
        assert_string_equal(end, "needed more than 512 MiB of memory");
    }
}

/* ---- which files a tool may open ---- */

static int own_folder; /* of the tool */

static bool opens_anothers_file(void)
{
    return heard(open("/etc/passwd", O_RDONLY));
}

static bool lists_anothers_folder(void)
{
    return heard(open("/etc", O_RDONLY | O_DIRECTORY));
}

static bool makes_a_file_elsewhere(void)
{
    return heard(open("/tmp/sandbox-was-open", O_WRONLY | O_CREAT, 0600));
}

static bool climbs_out(void)
{
    return heard(openat(own_folder, "../sandbox-was-open", O_WRONLY | O_CREAT, 0600));
}

static bool links_in_and_opens(void)
{
    return heard(symlinkat("/etc/passwd", own_folder, "link")) &&
           heard(openat(own_folder, "link", O_RDONLY));
}

static bool takes_what_is_the_system_s(void)
{
    return heard(open("/usr/lib", O_RDONLY | O_DIRECTORY)) && heard(access("/bin/true", X_OK)) &&
           heard(open("/bin/true", O_RDONLY)) && heard(open("/dev/null", O_WRONLY));
}

static bool works_in_its_folder(void)
{
    return mkdirat(own_folder, "mails", 0700) == 0 &&
           openat(own_folder, "mails/1.eml", O_WRONLY | O_CREAT, 0600) >= 0 &&
           openat(own_folder, "mails/1.eml", O_RDONLY) >= 0 &&
           unlinkat(own_folder, "mails/1.eml", 0) == 0 &&
           unlinkat(own_folder, "mails", AT_REMOVEDIR) == 0;
}

static bool opens_what_it_is_given(void)
{
    return open("/proc/self/fd/4", O_RDONLY) >= 0;
}

static bool executes_a_program(void)
{
    char name[] = "true";
    char *const words[] = {name, NULL};
    (void)execve("/bin/true", words, words + 1);
    return false;
}

/* The exit code of a child that tries this, confined as pst_tool.c does it. */
static int end_of_tool(Attempt attempt, const char *given)
{
    const pid_t pid = fork();
    if (pid == 0) {
        const int file = open(given, O_RDONLY);
        const LandlockPlaces places = {own_folder, SANDBOX_FILE, "/bin/true"};
        if (dup2(file, SANDBOX_FILE) < 0 || !landlock_close(&places) ||
            !sandbox_close(SANDBOX_TOOL, NULL)) {
            _exit(SANDBOX_FAILED);
        }
        _exit(attempt() ? DID_IT : WAS_DENIED);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* On a kernel without Landlock it is on record here that a tool may open all that its user may. */
static void test_files_of_a_tool(void **state)
{
    static const struct {
        Attempt attempt;
        bool own; /* what it needs */
    } tried[] = {
        {opens_anothers_file, false},    {lists_anothers_folder, false},
        {makes_a_file_elsewhere, false}, {climbs_out, false},
        {links_in_and_opens, false},     {takes_what_is_the_system_s, true},
        {works_in_its_folder, true},     {opens_what_it_is_given, true},
        {executes_a_program, true},
    };
    (void)state;
    const bool kept = landlock_possible();
    g_autofree char *folder = g_dir_make_tmp("issuer-sandbox-XXXXXX", NULL);
    g_autofree char *given = g_strconcat(folder, ".pst", NULL);
    assert_true(g_file_set_contents(given, "mails", -1, NULL));
    const int opened = open(folder, O_RDONLY | O_DIRECTORY);
    own_folder = fcntl(opened, F_DUPFD, SANDBOX_FILE + 1); /* out of the child's way */
    assert_true(own_folder > SANDBOX_FILE);
    print_message("this kernel has %s Landlock\n", kept ? "a" : "no");
    for (size_t i = 0; i < G_N_ELEMENTS(tried); i++) {
        const int end = end_of_tool(tried[i].attempt, given);
        if (end != (tried[i].own || !kept ? DID_IT : WAS_DENIED)) {
            fail_msg("attempt %zu ended with %d", i, end);
        }
    }
    (void)unlinkat(own_folder, "link", 0);
    (void)unlink("/tmp/sandbox-was-open");
    (void)unlink(given);
    (void)rmdir(folder);
    (void)close(own_folder);
    (void)close(opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
#if defined(__x86_64__)
        cmocka_unit_test(test_another_architecture),
#endif
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_files_of_a_tool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
