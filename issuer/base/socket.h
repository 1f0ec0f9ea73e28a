/* Stream sockets between processes of the program: all of it, or the other side is gone. */
#ifndef ISSUER_BASE_SOCKET_H
#define ISSUER_BASE_SOCKET_H

#include <glib.h>
#include <stdbool.h>

/* Sends `size` bytes of `data`, waiting as long as that takes, without SIGPIPE. False if nobody is
 * left to receive them; errno says why. */
bool socket_send_all(int socket, const void *data, gsize size);

/* Receives `size` bytes into `data`, waiting as long as that takes. False if the other side ends
 * before; how much has come by then is unknown. */
bool socket_receive_all(int socket, void *data, gsize size);

#endif
