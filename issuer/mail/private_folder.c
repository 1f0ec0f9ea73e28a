#include "mail/private_folder.h"

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX    "issuer-unpacked-"
#define MAX_DEPTH 64  /* folders within each other that are removed */
#define TRIES     100 /* to remove it while the other program is still dying */
#define PAUSE_NS  50000000L

/* ---- removing --------------------------------------------------------------------------------
 */

/* The folders that are being emptied, the innermost last. */
typedef struct {
    DIR *open[MAX_DEPTH];
    char *names[MAX_DEPTH]; /* of each in the one before it */
    unsigned count;
} Emptying;

static void enter(Emptying *emptying, int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 || emptying->count == MAX_DEPTH ? NULL : fdopendir(fd);
    if (folder == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    emptying->names[emptying->count] = g_strdup(name);
    emptying->open[emptying->count++] = folder;
}

static void leave(Emptying *emptying)
{
    emptying->count--;
    (void)closedir(emptying->open[emptying->count]);
    if (emptying->count > 0) {
        (void)unlinkat(dirfd(emptying->open[emptying->count - 1]), emptying->names[emptying->count],
                       AT_REMOVEDIR);
    }
    g_free(emptying->names[emptying->count]);
}

static bool is_itself_or_parent(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Removes what is in a folder. What cannot be removed stays; links are not followed. */
static void empty(int folder)
{
    Emptying emptying = {.count = 0};
    enter(&emptying, folder, ".");
    while (emptying.count > 0) {
        DIR *innermost = emptying.open[emptying.count - 1];
        const struct dirent *entry = readdir(innermost);
        if (entry == NULL) {
            leave(&emptying);
        } else if (!is_itself_or_parent(entry->d_name) &&
                   unlinkat(dirfd(innermost), entry->d_name, 0) != 0) {
            enter(&emptying, dirfd(innermost), entry->d_name);
        }
    }
}

/* Removes the folder `name` in `parent`, which is open as `folder`. */
static void remove_folder(int parent, const char *name, int folder)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    for (unsigned i = 0; i < TRIES; i++) {
        empty(folder);
        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
}

/* ---- those that were left --------------------------------------------------------------------
 */

/* Whether it is a folder of this user's for nobody else. */
static bool is_ours(int folder)
{
    struct stat status;
    return fstat(folder, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
           (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/* A folder in use is locked by the process that will remove it. */
static void sweep(int parent)
{
    int again = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry = NULL;
    while (all != NULL && (entry = readdir(all)) != NULL) {
        if (!g_str_has_prefix(entry->d_name, PREFIX)) {
            continue;
        }
        int folder = openat(parent, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder >= 0 && is_ours(folder) && flock(folder, LOCK_EX | LOCK_NB) == 0) {
            remove_folder(parent, entry->d_name, folder);
        }
        if (folder >= 0) {
            (void)close(folder);
        }
    }
    if (all != NULL) {
        (void)closedir(all);
    }
}

/* ---- making ----------------------------------------------------------------------------------
 */

/* Makes a folder and locks it. -1 if that failed, or if it was swept away in between. */
static int make_locked(int parent, char *path)
{
    if (g_mkdtemp(path) == NULL) { /* its mode is 0700 */
        return -1;
    }
    const char *name = strrchr(path, '/') + 1;
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    if (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0 && fstat(folder, &status) == 0 &&
        status.st_nlink > 0) {
        return folder;
    }
    if (folder >= 0) {
        (void)close(folder);
    }
    (void)unlinkat(parent, name, AT_REMOVEDIR);
    return -1;
}

/* Waits until its parent has ended: that closes the pipe. No signal is to end it before. */
G_NORETURN static void live_as_remover(int pipe, int parent, const char *name, int folder)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, 0);
    char byte = 0;
    while (read(pipe, &byte, 1) < 0 && errno == EINTR) {
    }
    remove_folder(parent, name, folder);
    _exit(0);
}

/* False if there can be no process; the folder then has to be removed at once. */
static bool start_remover(int parent, const char *name, int folder)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        // Of what it inherits nothing may be kept open: others wait for its end.
        for (int fd = 0; fd < (int)sysconf(_SC_OPEN_MAX) && fd < 4096; fd++) {
            if (fd != ends[0] && fd != parent && fd != folder) {
                (void)close(fd);
            }
        }
        live_as_remover(ends[0], parent, name, folder);
    }
    (void)close(ends[0]);
    if (pid < 0) {
        (void)close(ends[1]);
    }
    return pid > 0; /* the other end stays open as long as this process lives */
}

int private_folder_make(GError **error)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), PREFIX "XXXXXX", NULL);
    int parent = open(g_get_tmp_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int folder = -1;
    if (parent >= 0) {
        sweep(parent);
        folder = make_locked(parent, path);
    }
    if (folder >= 0 && !start_remover(parent, strrchr(path, '/') + 1, folder)) {
        remove_folder(parent, strrchr(path, '/') + 1, folder);
        (void)close(folder);
        folder = -1;
    }
    if (folder < 0) {
        g_set_error(
            error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
            "cannot be unpacked: no private folder can be made in %s (%s); make room there, "
            "or set TMPDIR",
            g_get_tmp_dir(), g_strerror(errno));
    }
    if (parent >= 0) {
        (void)close(parent);
    }
    return folder;
}
