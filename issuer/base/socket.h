/* Stream sockets between processes of the program: all of it, or the other side is gone; and
 * addresses that only this machine reaches. */
#ifndef ISSUER_BASE_SOCKET_H
#define ISSUER_BASE_SOCKET_H

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>

/* Sends `size` bytes of `data`, waiting as long as that takes, without SIGPIPE. False if nobody is
 * left to receive them; errno says why. */
bool socket_send_all(int socket, const void *data, gsize size);

/* Receives `size` bytes into `data`, waiting as long as that takes. False if the other side ends
 * before; how much has come by then is unknown. */
bool socket_receive_all(int socket, void *data, gsize size);

/* Reads an address and port of this machine's own loopback: "127.0.0.1:9464" (or another of
 * 127.0.0.0/8), "[::1]:9464", the port from 1 to 65535. No names. False if it is none. */
bool socket_read_loopback(const char *text, struct sockaddr_storage *address, socklen_t *size);

#endif
