#include "base/socket.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

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

static bool read_host(const char *host, struct sockaddr_storage *address, socklen_t *size)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, host, &four.sin_addr) == 1 &&
        ntohl(four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) {
        memcpy(address, &four, sizeof four);
        *size = sizeof four;
        return true;
    }
    if (strcmp(host, "[::1]") == 0) {
        six.sin6_addr = in6addr_loopback;
        memcpy(address, &six, sizeof six);
        *size = sizeof six;
        return true;
    }
    return false;
}

bool socket_read_loopback(const char *text, struct sockaddr_storage *address, socklen_t *size)
{
    const char *colon = strrchr(text, ':');
    int64_t port = 0;
    if (colon == NULL || !text_read_number(colon + 1, 1, UINT16_MAX, &port)) {
        return false;
    }
    g_autofree char *host = g_strndup(text, (gsize)(colon - text));
    memset(address, 0, sizeof *address);
    if (!read_host(host, address, size)) {
        return false;
    }
    /* Both kinds have it in the same place. */
    const in_port_t wire = htons((uint16_t)port);
    memcpy((char *)address + offsetof(struct sockaddr_in, sin_port), &wire, sizeof wire);
    return true;
}
