#include "base/file.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_STEP_US 300 /* between two looks for a lock that another has; a sync takes longer */

static bool fail(GError **error, const char *what, const char *path)
{
    int saved = errno;
    int code = saved == ENOENT ? ISSUER_ERROR_NOT_FOUND : ISSUER_ERROR_FAILED;
    g_set_error(error, ISSUER_ERROR, code, "cannot %s %s: %s", what, path, g_strerror(saved));
    return false;
}

bool file_write_all(int fd, const void *data, gsize size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t done = write(fd, at, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return false;
        }
        at += done;
        size -= (gsize)done;
    }
    return true;
}

bool file_lock(int fd, unsigned ms)
{
    const int64_t until = clock_monotonic_us() + (int64_t)ms * 1000;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EINTR && (errno != EWOULDBLOCK || clock_monotonic_us() >= until)) {
            return false;
        }
        g_usleep(LOCK_STEP_US);
    }
    return true;
}

/* Fills the file and brings it to the disk; closes it in any case. */
static bool fill(int fd, const void *data, gsize size, int mode)
{
    bool filled = file_write_all(fd, data, size) && fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
    int saved = errno;
    bool closed = close(fd) == 0;
    if (!filled) {
        errno = saved;
    }
    return filled && closed;
}

/* The new name itself is only safe once its folder is on the disk. */
static bool sync_folder(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool synced = fsync(fd) == 0;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return synced;
}

bool file_sync_folder(const char *path, GError **error)
{
    return sync_folder(path) || fail(error, "bring to the disk the folder of", path);
}

bool file_write_durably(const char *path, const void *data, gsize size, int mode, GError **error)
{
    g_autofree char *temporary = g_strdup_printf("%s.XXXXXX", path);
    int fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(error, "create a file beside", path);
    }
    if (!fill(fd, data, size, mode) || g_rename(temporary, path) != 0) {
        int saved = errno;
        (void)g_unlink(temporary);
        errno = saved;
        return fail(error, "write", path);
    }
    return file_sync_folder(path, error);
}

bool file_create(const char *path, const void *data, gsize size, int mode, GError **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_CONFLICT,
                    "%s exists already and is never written over: name another file", path);
        return false;
    }
    if (fd < 0) {
        return fail(error, "create", path);
    }
    if (!fill(fd, data, size, mode) || !sync_folder(path)) {
        int saved = errno;
        (void)g_unlink(path);
        errno = saved;
        return fail(error, "write", path);
    }
    return true;
}

/* Some file systems cannot do both at once. */
static int rename_new(const char *from, const char *to)
{
    struct stat there;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -1;
    }
    if (lstat(to, &there) == 0) {
        errno = EEXIST;
        return -1;
    }
    return g_rename(from, to);
}

static int code_of_move(int number)
{
    switch (number) {
    case EEXIST:
        return ISSUER_ERROR_CONFLICT;
    case ENOENT:
        return ISSUER_ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ISSUER_ERROR_DENIED;
    default:
        return ISSUER_ERROR_FAILED;
    }
}

bool file_move(const char *from, const char *to, GError **error)
{
    if (rename_new(from, to) == 0) {
        return true;
    }
    const int saved = errno;
    g_set_error(error, ISSUER_ERROR, code_of_move(saved), "cannot move %s to %s: %s", from, to,
                g_strerror(saved));
    return false;
}

/* Why the opened file cannot be trusted as private, or NULL. */
static const char *exposure(const struct stat *info)
{
    if (!S_ISREG(info->st_mode)) {
        return "it is no regular file";
    }
    if (info->st_uid != geteuid() && info->st_uid != 0) {
        return "it belongs to another user; chown it to the user that runs issuer";
    }
    if ((info->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return "others may read or write it; chmod it to 600";
    }
    return NULL;
}

static Secret *read_all(int fd, gsize size)
{
    g_autoptr(Secret) secret = secret_new(size);
    gsize filled = 0;
    while (filled < size) {
        ssize_t done = read(fd, secret_data(secret) + filled, size - filled);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            errno = done == 0 ? EIO : errno; /* cut while it was read */
            return NULL;
        }
        filled += (gsize)done;
    }
    return g_steal_pointer(&secret);
}

static bool is_private(int fd, const char *path, struct stat *info, GError **error)
{
    if (fstat(fd, info) != 0) {
        return fail(error, "look at", path);
    }
    const char *exposed = exposure(info);
    if (exposed != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED, "%s is not private: %s", path,
                    exposed);
    }
    return exposed == NULL;
}

static Secret *read_checked(int fd, const char *path, gsize most, GError **error)
{
    struct stat info;
    if (!is_private(fd, path, &info, error)) {
        return NULL;
    }
    if ((guint64)info.st_size > most) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s is too large: at most %" G_GSIZE_FORMAT " bytes are expected", path, most);
        return NULL;
    }
    Secret *secret = read_all(fd, (gsize)info.st_size);
    if (secret == NULL) {
        fail(error, "read", path);
    }
    return secret;
}

/* -1 on error. */
static int open_private(const char *path, GError **error)
{
    /* O_NONBLOCK: a pipe put in the file's place must not stop the program here. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ELOOP) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    "%s is not private: it is a symbolic link; name the file itself", path);
    } else if (fd < 0) {
        fail(error, "open", path);
    }
    return fd;
}

Secret *file_read_private(const char *path, gsize most, GError **error)
{
    int fd = open_private(path, error);
    Secret *secret = fd >= 0 ? read_checked(fd, path, most, error) : NULL;
    if (fd >= 0) {
        (void)close(fd);
    }
    return secret;
}

bool file_check_private(const char *path, GError **error)
{
    struct stat info;
    int fd = open_private(path, error);
    bool private = fd >= 0 && is_private(fd, path, &info, error);
    if (fd >= 0) {
        (void)close(fd);
    }
    return private;
}

#define PIECE 65536

/* Appends up to `most` bytes and one more, which tells that there are too many. */
static bool append_all(int fd, gsize most, GByteArray *content)
{
    guint8 piece[PIECE];
    ssize_t got = 1;
    while (got != 0 && content->len <= most) {
        got = read(fd, piece, MIN(sizeof piece, most + 1 - content->len));
        if (got < 0 && errno != EINTR) {
            return false;
        }
        g_byte_array_append(content, piece, got > 0 ? (guint)got : 0);
    }
    return true;
}

static GBytes *read_whole(int fd, const char *name, gsize most, GError **error)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    if (!append_all(fd, most, content)) {
        g_set_error(error, ISSUER_ERROR, errno == EISDIR ? ISSUER_ERROR_INPUT : ISSUER_ERROR_FAILED,
                    "cannot read %s: %s", name, g_strerror(errno));
        return NULL;
    }
    if (content->len > most) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s is too large: at most %" G_GSIZE_FORMAT " bytes are read", name, most);
        return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&content));
}

GBytes *file_read_whole(const char *path, gsize most, GError **error)
{
    if (strcmp(path, "-") == 0) {
        return read_whole(STDIN_FILENO, "standard input", most, error);
    }
    int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        (void)fail(error, "open", path);
        return NULL;
    }
    GBytes *content = read_whole(fd, path, most, error);
    (void)close(fd);
    return content;
}

#define NO_COPY "cannot be copied to the disk to be read (TMPDIR says where)"

static bool fail_copy(GError **error, const char *what)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "%s: %s", what, g_strerror(errno));
    return false;
}

static bool copy_all(int from, int to, GError **error)
{
    char piece[PIECE];
    ssize_t got = 1;
    while (got != 0) {
        got = read(from, piece, sizeof piece);
        if (got < 0 && errno != EINTR) {
            return fail_copy(error, "cannot be read");
        }
        if (got > 0 && !file_write_all(to, piece, (gsize)got)) {
            return fail_copy(error, NO_COPY);
        }
    }
    return lseek(to, 0, SEEK_SET) == 0 || fail_copy(error, "cannot be read again");
}

int file_open_unnamed(GError **error)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "issuer-copy.XXXXXX", NULL);
    int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)fail_copy(error, NO_COPY);
    } else {
        (void)g_unlink(path);
    }
    return fd;
}

static int open_same(int fd, GError **error)
{
    int same = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (same < 0) {
        (void)fail_copy(error, "cannot be opened");
    }
    return same;
}

int file_open_copy(int fd, GError **error)
{
    struct stat info;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && lseek(fd, 0, SEEK_CUR) == 0) {
        return open_same(fd, error);
    }
    int copy = file_open_unnamed(error);
    if (copy >= 0 && !copy_all(fd, copy, error)) {
        (void)close(copy);
        return -1;
    }
    return copy;
}
