#include "base/file_writers.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>

FileWriters file_writers_ask(int fd)
{
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        (void)fcntl(fd, F_SETLEASE, F_UNLCK);
        return FILE_WRITERS_NONE;
    }
    return errno == EAGAIN ? FILE_WRITERS_SOME : FILE_WRITERS_UNKNOWN;
}

/* Whether the descriptor, named by its entry in /proc/PID/fd, is open for writing, as its line
 * "flags:" in /proc/PID/fdinfo says. */
static bool is_for_writing(const char *process, const char *descriptor)
{
    g_autofree char *path = g_build_filename("/proc", process, "fdinfo", descriptor, NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return false;
    }
    const char *flags = g_strstr_len(text, -1, "flags:");
    const guint64 value = flags != NULL ? g_ascii_strtoull(flags + strlen("flags:"), NULL, 8) : 0;
    return (value & O_ACCMODE) != O_RDONLY;
}

static bool process_writes(const char *process, const struct stat *file)
{
    g_autofree char *folder = g_build_filename("/proc", process, "fd", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name = NULL;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct stat open_file;
        if (stat(path, &open_file) == 0 && open_file.st_dev == file->st_dev &&
            open_file.st_ino == file->st_ino && is_for_writing(process, name)) {
            return true;
        }
    }
    return false;
}

bool file_writers_seen(const struct stat *file)
{
    g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
    const char *name = NULL;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (g_ascii_isdigit(name[0]) && process_writes(name, file)) {
            return true;
        }
    }
    return false;
}
