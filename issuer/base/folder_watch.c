#include "base/folder_watch.h"

#include "base/error.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#define ROOM 65536 /* bytes of events that are read at once */

struct FolderWatch {
    int fd;
};

FolderWatch *folder_watch_new(const char *path, GError **error)
{
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    const uint32_t events =
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    if (fd < 0 || inotify_add_watch(fd, path, events) < 0) {
        const int saved = errno;
        g_set_error(error, ISSUER_ERROR,
                    saved == ENOENT ? ISSUER_ERROR_NOT_FOUND : ISSUER_ERROR_FAILED,
                    "the folder %s cannot be watched: %s", path, g_strerror(saved));
        if (fd >= 0) {
            (void)close(fd);
        }
        return NULL;
    }
    FolderWatch *watch = g_new(FolderWatch, 1);
    watch->fd = fd;
    return watch;
}

int folder_watch_fd(const FolderWatch *watch)
{
    return watch->fd;
}

static void take_event(const struct inotify_event *event, GPtrArray *names, bool *missed)
{
    const uint32_t lost = IN_Q_OVERFLOW | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;
    if ((event->mask & lost) != 0) {
        *missed = true;
    } else if (event->len > 0) {
        g_ptr_array_add(names, g_strdup(event->name));
    }
}

GPtrArray *folder_watch_read(FolderWatch *watch, bool *missed)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *events = g_malloc(ROOM);
    ssize_t size = 0;
    *missed = false;
    while ((size = read(watch->fd, events, ROOM)) > 0) {
        for (gsize at = 0; at < (gsize)size;) {
            const struct inotify_event *event = (const void *)(events + at);
            take_event(event, names, missed);
            at += sizeof *event + event->len;
        }
    }
    return names;
}

void folder_watch_free(FolderWatch *watch)
{
    if (watch != NULL) {
        (void)close(watch->fd);
        g_free(watch);
    }
}
