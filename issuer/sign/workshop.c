#include "sign/workshop.h"

#include "base/error.h"
#include "sign/key_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct Workshop {
    char *path;   /* where the folder goes */
    char *folder; /* where it is made */
    int lock;     /* the folder, opened and locked; -1: not ours */
    bool delivered;
};

static bool fail(GError **error, const char *what, const char *path)
{
    int saved = errno;
    int code = ISSUER_ERROR_FAILED;
    if (saved == ENOENT) {
        code = ISSUER_ERROR_NOT_FOUND;
    } else if (saved == ENOTEMPTY || saved == EEXIST || saved == ENOTDIR) {
        code = ISSUER_ERROR_CONFLICT;
    }
    g_set_error(error, ISSUER_ERROR, code, "cannot %s %s: %s", what, path, g_strerror(saved));
    return false;
}

static bool is_free(const char *path, GError **error)
{
    g_autoptr(GDir) names = g_dir_open(path, 0, NULL);
    if (names == NULL ? access(path, F_OK) != 0 : g_dir_read_name(names) == NULL) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_CONFLICT,
                "%s exists already: keys are never overwritten; name another folder", path);
    return false;
}

/* Deletes the files of a folder; links are deleted, not followed. */
static void empty_folder(const char *path)
{
    g_autoptr(GDir) names = g_dir_open(path, 0, NULL);
    const char *name = NULL;
    while (names != NULL && (name = g_dir_read_name(names)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        (void)g_unlink(file);
    }
}

static void clear_folder(const char *path)
{
    empty_folder(path);
    (void)g_rmdir(path);
}

static void clear(const Workshop *workshop)
{
    g_autofree char *roots = g_build_filename(workshop->folder, KEY_FOLDER_ROOTS, NULL);
    g_autofree char *signing = g_build_filename(workshop->folder, KEY_FOLDER_SIGNING, NULL);
    clear_folder(roots);
    clear_folder(signing);
    clear_folder(workshop->folder);
}

/* Whether the locked folder is still the one at the path: another process may have delivered or
 * deleted it before we had the lock. */
static bool is_still_there(const Workshop *workshop)
{
    struct stat held;
    struct stat named;
    return fstat(workshop->lock, &held) == 0 && lstat(workshop->folder, &named) == 0 &&
           held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

static bool take(Workshop *workshop, GError **error)
{
    if (g_mkdir(workshop->folder, 0700) != 0 && errno != EEXIST) {
        return fail(error, "make the folder", workshop->folder);
    }
    workshop->lock = open(workshop->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (workshop->lock < 0) {
        return fail(error, "open the folder", workshop->folder);
    }
    if (flock(workshop->lock, LOCK_EX | LOCK_NB) != 0 || !is_still_there(workshop)) {
        (void)close(workshop->lock);
        workshop->lock = -1;
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_CONFLICT,
                    "another process makes keys in %s at this moment", workshop->folder);
        return false;
    }
    return true;
}

/* What an interrupted run left is not trusted, only deleted; the folder itself stays, for the lock
 * lies on it. */
static bool furnish(const Workshop *workshop, GError **error)
{
    const char *const parts[] = {KEY_FOLDER_ROOTS, KEY_FOLDER_SIGNING};
    empty_folder(workshop->folder);
    if (fchmod(workshop->lock, 0700) != 0) {
        return fail(error, "close to others", workshop->folder);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *part = g_build_filename(workshop->folder, parts[i], NULL);
        clear_folder(part);
        if (g_mkdir(part, 0700) != 0) {
            return fail(error, "make the folder", part);
        }
    }
    return true;
}

Workshop *workshop_open(const char *path, GError **error)
{
    Workshop *workshop = g_new0(Workshop, 1);
    workshop->lock = -1;
    workshop->path = g_strdup(path);
    gsize length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        workshop->path[--length] = '\0';
    }
    workshop->folder = g_strconcat(workshop->path, ".unfinished", NULL);
    if (!is_free(workshop->path, error) || !take(workshop, error) || !furnish(workshop, error)) {
        workshop_free(workshop);
        return NULL;
    }
    return workshop;
}

const char *workshop_folder(const Workshop *workshop)
{
    return workshop->folder;
}

static bool sync_folder_above(const char *path)
{
    g_autofree char *above = g_path_get_dirname(path);
    int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return synced;
}

bool workshop_deliver(Workshop *workshop, GError **error)
{
    /* The files are on the disk with their folders; this is for the subfolders' own names. A
     * rename onto an empty folder replaces it, onto any other it fails: nothing is overwritten. */
    if (fsync(workshop->lock) != 0 || g_rename(workshop->folder, workshop->path) != 0) {
        return fail(error, "put the finished keys at", workshop->path);
    }
    workshop->delivered = true;
    return sync_folder_above(workshop->path) ||
           fail(error, "bring to the disk the folder above", workshop->path);
}

void workshop_free(Workshop *workshop)
{
    if (workshop == NULL) {
        return;
    }
    if (workshop->lock >= 0) {
        if (!workshop->delivered) {
            clear(workshop);
        }
        (void)close(workshop->lock);
    }
    g_free(workshop->path);
    g_free(workshop->folder);
    g_free(workshop);
}
