#include "delivery/imap_frame.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

#define MOST ((gsize)96 * 1024 * 1024) /* bytes of either part */

typedef struct {
    uint32_t message;
    uint32_t beside;
} Sizes;

static bool send_all(int socket, const char *data, gsize size)
{
    while (size > 0) {
        const gssize put = send(socket, data, size, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        data += put > 0 ? put : 0;
        size -= put > 0 ? (gsize)put : 0;
    }
    return true;
}

static bool receive_all(int socket, char *data, gsize size)
{
    while (size > 0) {
        const gssize got = recv(socket, data, size, 0);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        data += got > 0 ? got : 0;
        size -= got > 0 ? (gsize)got : 0;
    }
    return true;
}

bool imap_frame_send(int socket, GVariant *message, const void *beside, gsize size)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(message);
    const gsize length = g_variant_get_size(owned);
    const Sizes sizes = {(uint32_t)length, (uint32_t)size};
    return length <= MOST && size <= MOST &&
           send_all(socket, (const char *)(const void *)&sizes, sizeof sizes) &&
           send_all(socket, g_variant_get_data(owned), length) && send_all(socket, beside, size);
}

GVariant *imap_frame_receive(int socket, const char *type, char **beside, gsize *size)
{
    Sizes sizes = {0, 0};
    *beside = NULL;
    *size = 0;
    if (!receive_all(socket, (char *)(void *)&sizes, sizeof sizes) || sizes.message > MOST ||
        sizes.beside > MOST) {
        return NULL;
    }
    char *data = g_malloc((gsize)sizes.message + 1);
    *beside = g_malloc0((gsize)sizes.beside + 1);
    *size = sizes.beside;
    const bool received =
        receive_all(socket, data, sizes.message) && receive_all(socket, *beside, sizes.beside);
    GVariant *message = g_variant_ref_sink(
        g_variant_new_from_data(G_VARIANT_TYPE(type), data, sizes.message, FALSE, g_free, data));
    if (!received || !g_variant_is_normal_form(message)) {
        g_variant_unref(message);
        g_clear_pointer(beside, g_free);
        return NULL;
    }
    return message;
}
