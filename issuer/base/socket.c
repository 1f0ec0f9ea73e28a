#include "base/socket.h"

#include <errno.h>
#include <sys/socket.h>

bool socket_send_all(int socket, const void *data, gsize size)
{
    gsize done = 0;
    while (done < size) {
        const ssize_t put = send(socket, (const char *)data + done, size - done, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (gsize)put : 0;
    }
    return true;
}

bool socket_receive_all(int socket, void *data, gsize size)
{
    gsize done = 0;
    while (done < size) {
        const ssize_t got = recv(socket, (char *)data + done, size - done, 0);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        done += got > 0 ? (gsize)got : 0;
    }
    return true;
}
