#include "sign/sign_frame.h"

#include <errno.h>
#include <sys/socket.h>

static SignFrameState state_of_failure(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? SIGN_FRAME_LATER : SIGN_FRAME_ENDED;
}

SignFrameState sign_frame_send(int socket, GVariant *message, bool wait)
{
    const gsize size = g_variant_get_size(message);
    const int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
    ssize_t sent = -1;
    do {
        sent = send(socket, g_variant_get_data(message), size, flags);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size ? SIGN_FRAME_WHOLE : state_of_failure();
}

/* The message of this type that the bytes are; NULL if they are none. */
static GVariant *read_message(const char *type, const void *bytes, gsize size)
{
    g_autoptr(GBytes) owned = g_bytes_new(bytes, size);
    g_autoptr(GVariant) message =
        g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(type), owned, FALSE));
    return g_variant_is_normal_form(message) ? g_steal_pointer(&message) : NULL;
}

SignFrameState sign_frame_receive(int socket, const char *type, bool wait, GVariant **message)
{
    g_autofree char *bytes = g_malloc(SIGN_FRAME_MOST);
    const int flags = MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT);
    ssize_t got = -1;
    *message = NULL;
    do {
        got = recv(socket, bytes, SIGN_FRAME_MOST, flags);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return state_of_failure();
    }
    if (got > 0 && (gsize)got <= SIGN_FRAME_MOST) {
        *message = read_message(type, bytes, (gsize)got);
    }
    return *message != NULL ? SIGN_FRAME_WHOLE : SIGN_FRAME_ENDED;
}
