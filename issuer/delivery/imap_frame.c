#include "delivery/imap_frame.h"

#include "base/secret.h"
#include "base/socket.h"

#include <stdint.h>

#define MOST ((gsize)96 * 1024 * 1024) /* bytes of either part */

typedef struct {
    uint32_t message;
    uint32_t beside;
} Sizes;

bool imap_frame_send(int socket, GVariant *message, const void *beside, gsize size)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(message);
    const gsize length = g_variant_get_size(owned);
    const Sizes sizes = {(uint32_t)length, (uint32_t)size};
    return length <= MOST && size <= MOST && socket_send_all(socket, &sizes, sizeof sizes) &&
           socket_send_all(socket, g_variant_get_data(owned), length) &&
           socket_send_all(socket, beside, size);
}

GVariant *imap_frame_receive(int socket, const char *type, char **beside, gsize *size)
{
    Sizes sizes = {0, 0};
    *beside = NULL;
    *size = 0;
    if (!socket_receive_all(socket, &sizes, sizeof sizes) || sizes.message > MOST ||
        sizes.beside > MOST) {
        return NULL;
    }
    char *data = g_malloc((gsize)sizes.message + 1);
    *beside = g_malloc0((gsize)sizes.beside + 1);
    *size = sizes.beside;
    const bool received = socket_receive_all(socket, data, sizes.message) &&
                          socket_receive_all(socket, *beside, sizes.beside);
    GVariant *message = g_variant_ref_sink(
        g_variant_new_from_data(G_VARIANT_TYPE(type), data, sizes.message, FALSE, g_free, data));
    if (!received || !g_variant_is_normal_form(message)) {
        g_variant_unref(message);
        secret_wipe(*beside, sizes.beside);
        g_clear_pointer(beside, g_free);
        return NULL;
    }
    return message;
}
