#include "service/run_door.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define WAITING_MOST 128 /* connections that the signer has not accepted yet */

static bool fail(const char *doing, GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "the socket of the signer: %s: %s", doing,
                g_strerror(errno));
    return false;
}

static bool bind_to(int listener, const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return fail(path, error);
    }
    return (bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 &&
            listen(listener, WAITING_MOST) == 0) ||
           fail("bind", error);
}

/* The socket has a name for as long as it takes to get hold of its inode; the kernel finds it by
 * that, through /proc, when the name is gone (proc(5), /proc/PID/fd). */
static bool open_in(const char *folder, RunDoor *door, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "signer", NULL);
    if (!bind_to(door->listener, path, error)) {
        return false;
    }
    door->way = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    (void)unlink(path);
    if (door->way < 0) {
        return fail("open", error);
    }
    door->path = g_strdup_printf("/proc/self/fd/%d", door->way);
    return true;
}

bool run_door_open(RunDoor *door, GError **error)
{
    *door = (RunDoor){.listener = -1, .way = -1};
    g_autofree char *folder = g_dir_make_tmp("issuer-XXXXXX", error);
    if (folder == NULL) {
        return false;
    }
    door->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    const bool good = door->listener >= 0 ? open_in(folder, door, error) : fail("socket", error);
    (void)rmdir(folder);
    if (!good) {
        run_door_close(door);
    }
    return good;
}

void run_door_close(RunDoor *door)
{
    if (door->listener >= 0) {
        (void)close(door->listener);
    }
    if (door->way >= 0) {
        (void)close(door->way);
    }
    g_clear_pointer(&door->path, g_free);
    door->listener = -1;
    door->way = -1;
}
