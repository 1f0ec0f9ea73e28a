/* Asks the server of another process on this machine. */
#ifndef ISSUER_HTTP_HTTP_CLIENT_H
#define ISSUER_HTTP_HTTP_CLIENT_H

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>

#define HTTP_CLIENT_SECONDS 5    /* for each step of it */
#define HTTP_CLIENT_MOST    4096 /* bytes of an answer that are read */

/* GET `path` at `address`: the status of the answer and its first line (new string; safe for a
 * terminal). ISSUER_ERROR_UNAVAILABLE where nobody answers, or not in HTTP. */
bool http_client_get(const struct sockaddr_storage *address, socklen_t size, const char *path,
                     unsigned *status, char **line, GError **error);

#endif
