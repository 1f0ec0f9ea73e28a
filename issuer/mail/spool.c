#include "mail/spool.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct Spool {
    int fd; /* -1: nothing was added yet */
    bool on_disk;
    uint64_t size;
};

Spool *spool_new(void)
{
    Spool *spool = g_new0(Spool, 1);
    spool->fd = -1;
    return spool;
}

void spool_free(Spool *spool)
{
    if (spool == NULL) {
        return;
    }
    if (spool->fd >= 0) {
        (void)close(spool->fd);
    }
    g_free(spool);
}

static bool fail(GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                "cannot be unpacked into the folder for temporary files (%s): %s; make room there, "
                "or have TMPDIR name another",
                g_get_tmp_dir(), g_strerror(errno));
    return false;
}

static bool open_memory(Spool *spool, GError **error)
{
    spool->fd = memfd_create("issuer-unpacked", MFD_CLOEXEC);
    return spool->fd >= 0 || fail(error);
}

static bool copy(int from, int to, GError **error)
{
    char piece[64 * 1024];
    off_t at = 0;
    ssize_t got = 0;
    while ((got = pread(from, piece, sizeof piece, at)) > 0) {
        if (!file_write_all(to, piece, (gsize)got)) {
            return fail(error);
        }
        at += got;
    }
    return got == 0 || fail(error);
}

/* Moves what is in memory onto the disk. */
static bool move_to_disk(Spool *spool, GError **error)
{
    int disk = file_open_unnamed(error);
    if (disk < 0 || !copy(spool->fd, disk, error)) {
        if (disk >= 0) {
            (void)close(disk);
        }
        return false;
    }
    (void)close(spool->fd);
    spool->fd = disk;
    spool->on_disk = true;
    return true;
}

bool spool_add(Spool *spool, const void *data, gsize size, GError **error)
{
    if (spool->fd < 0 && !open_memory(spool, error)) {
        return false;
    }
    if (!spool->on_disk && spool->size + size > SPOOL_IN_MEMORY && !move_to_disk(spool, error)) {
        return false;
    }
    if (!file_write_all(spool->fd, data, size)) {
        return fail(error);
    }
    spool->size += size;
    return true;
}

uint64_t spool_size(const Spool *spool)
{
    return spool->size;
}

int spool_take(Spool *spool, GError **error)
{
    if (spool->fd < 0 && !open_memory(spool, error)) {
        return -1;
    }
    // Opened anew, for it may go to a process that must not write.
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", spool->fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)fail(error);
    }
    return fd;
}
