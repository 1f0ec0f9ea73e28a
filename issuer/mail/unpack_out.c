#include "mail/unpack_out.h"

#include "base/socket.h"

#include <string.h>

bool unpack_out_piece(int socket, UnpackHead head, const void *data)
{
    return socket_send_all(socket, &head, sizeof head) && socket_send_all(socket, data, head.size);
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
