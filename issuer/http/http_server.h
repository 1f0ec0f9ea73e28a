/* A small server of HTTP for programs that look on: GET and HEAD of a few paths, each answered from
 * what is in memory, one request a connection. It is turned by the caller's own loop and starts no
 * thread. Whoever holds connections open without asking gets no seat that another wants, and none
 * has one for long. */
#ifndef ISSUER_HTTP_HTTP_SERVER_H
#define ISSUER_HTTP_HTTP_SERVER_H

#include <glib.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define HTTP_SEATS       32                             /* connections at once */
#define HTTP_SEAT_US     (INT64_C(10) * G_USEC_PER_SEC) /* that one lasts at most */
#define HTTP_MEMORY      8192                           /* bytes of a request's line and headers */
#define HTTP_DESCRIPTORS 2

typedef struct {
    unsigned status;  /* 200, 503 */
    const char *type; /* Content-Type; static */
    GString *body;    /* to be written; the server's */
} HttpAnswer;

/* One path that is answered. */
typedef struct {
    const char *path; /* as it stands in the request, nothing decoded, without a query */
    void (*answer)(HttpAnswer *answer, gpointer data); /* status 200 and text/plain are set */
} HttpRoute;

typedef struct {
    const HttpRoute *routes; /* static */
    gsize count;
    gpointer data; /* for each of them */
} HttpTable;

typedef struct HttpServer HttpServer;

/* Listens at `address` and answers by `table`, which is copied. Everything else is refused: 404,
 * 405 with Allow, 413 for a body, 421 where Host names another than an address or localhost (a page
 * of another site that has its name lead here must not read it), and by the library 400, 414, 431,
 * 505. ISSUER_ERROR_UNAVAILABLE says why it cannot listen. The caller owns it. */
HttpServer *http_server_open(const struct sockaddr_storage *address, socklen_t size,
                             const HttpTable *table, GError **error);

/* What the caller's loop polls: fills `fds`, of HTTP_DESCRIPTORS. */
void http_server_poll(const HttpServer *server, struct pollfd *fds);

/* After how many milliseconds it wants its turn though no descriptor has anything; at most 1000. */
int64_t http_server_pause_ms(const HttpServer *server);

/* Takes connections, answers what was asked, and closes what has lasted too long. Gives how many
 * requests were answered with 200 to 299 or 503 since the last turn. */
guint64 http_server_turn(HttpServer *server);

void http_server_free(HttpServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, http_server_free)

#endif
