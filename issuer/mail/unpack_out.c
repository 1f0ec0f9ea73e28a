#include "mail/unpack_out.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static bool send_all(int socket, const void *data, gsize length)
{
    gsize done = 0;
    while (done < length) {
        ssize_t put = send(socket, (const char *)data + done, length - done, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (gsize)put : 0;
    }
    return true;
}

bool unpack_out_piece(int socket, UnpackHead head, const void *data)
{
    return send_all(socket, &head, sizeof head) && send_all(socket, data, head.size);
}

bool unpack_out_text(int socket, UnpackKind kind, const char *text)
{
    gsize size = MIN(strlen(text), UNPACK_PIECE);
    return unpack_out_piece(socket, (UnpackHead){kind, 0, (uint32_t)size}, text);
}

bool unpack_out_bytes(int socket, const char *data, gsize length)
{
    for (gsize at = 0; at < length; at += UNPACK_PIECE) {
        gsize size = MIN(length - at, UNPACK_PIECE);
        if (!unpack_out_piece(socket, (UnpackHead){UNPACK_BYTES, 0, (uint32_t)size}, data + at)) {
            return false;
        }
    }
    return true;
}
