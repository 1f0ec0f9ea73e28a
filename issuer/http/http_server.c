#include "http/http_server.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG     64
#define ACCEPT_MOST 64 /* connections that are taken in one turn */
#define IDLE_MOST   5  /* seconds in which a connection must bring something */
#define TURN_MOST   1000

typedef struct {
    int fd;
    int64_t since_us;
} Seat;

struct HttpServer {
    int listener;
    struct MHD_Daemon *daemon;
    HttpTable table;
    GArray *seats; /* of Seat: connections, the oldest first */
    guint64 answered;
};

/* ---- seats: libmicrohttpd has a limit for silence alone, and at its limit of connections takes no
 * more until one of them ends ---- */

static void note_connection(void *data, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode code)
{
    (void)context;
    const HttpServer *server = data;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const Seat seat = {.fd = info->connect_fd, .since_us = clock_monotonic_us()};
        g_array_append_val(server->seats, seat);
        return;
    }
    for (guint i = 0; i < server->seats->len; i++) {
        if (g_array_index(server->seats, Seat, i).fd == info->connect_fd) {
            g_array_remove_index(server->seats, i);
            return;
        }
    }
}

/* The library sees its end as it would see the client's. */
static void end_seat(const HttpServer *server, guint index)
{
    (void)shutdown(g_array_index(server->seats, Seat, index).fd, SHUT_RDWR);
}

static void end_old_seats(const HttpServer *server)
{
    const int64_t oldest = clock_monotonic_us() - HTTP_SEAT_US;
    for (guint i = 0;
         i < server->seats->len && g_array_index(server->seats, Seat, i).since_us < oldest; i++) {
        end_seat(server, i);
    }
}

/* Who came first has had the most time to ask. */
static void make_room(const HttpServer *server)
{
    if (server->seats->len >= HTTP_SEATS) {
        end_seat(server, 0);
        (void)MHD_run(server->daemon);
    }
}

/* ---- answers ---- */

static enum MHD_Result send_answer(struct MHD_Connection *connection, const HttpAnswer *answer,
                                   const char *allow)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body->len, answer->body->str, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) {
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (allow != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    }
    const enum MHD_Result queued = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return queued;
}

static bool has_body(struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return (length != NULL && strcmp(length, "0") != 0) ||
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                       MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

/* "127.0.0.1:9464", "[::1]", "localhost:9464". */
static bool is_own_name(const char *host)
{
    const char *colon = strrchr(host, ':');
    const bool has_port = colon != NULL && strchr(colon, ']') == NULL;
    g_autofree char *name = has_port ? g_strndup(host, (gsize)(colon - host)) : g_strdup(host);
    struct in_addr four;
    struct in6_addr six;
    const gsize length = strlen(name);
    if (length > 2 && name[0] == '[' && name[length - 1] == ']') {
        name[length - 1] = '\0';
        return inet_pton(AF_INET6, name + 1, &six) == 1;
    }
    return inet_pton(AF_INET, name, &four) == 1 || g_ascii_strcasecmp(name, "localhost") == 0;
}

static const HttpRoute *find_route(const HttpServer *server, const char *path)
{
    for (gsize i = 0; i < server->table.count; i++) {
        if (strcmp(server->table.routes[i].path, path) == 0) {
            return &server->table.routes[i];
        }
    }
    return NULL;
}

/* The status that refuses it, or 200. */
static unsigned judge(struct MHD_Connection *connection, const HttpRoute *route, const char *method)
{
    const char *host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    if (host != NULL && !is_own_name(host)) {
        return MHD_HTTP_MISDIRECTED_REQUEST;
    }
    if (route == NULL) {
        return MHD_HTTP_NOT_FOUND;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    }
    return has_body(connection) ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_OK;
}

static const char *words_for(unsigned status)
{
    switch (status) {
    case MHD_HTTP_NOT_FOUND:
        return "there is nothing of that name here\n";
    case MHD_HTTP_METHOD_NOT_ALLOWED:
        return "only GET and HEAD are answered\n";
    case MHD_HTTP_CONTENT_TOO_LARGE:
        return "no body is taken\n";
    default:
        return "this host is asked by its address or as localhost\n";
    }
}

/* All is known once the headers are there, so it is answered at once and no body is waited for. */
static enum MHD_Result answer_request(void *data, struct MHD_Connection *connection,
                                      const char *path, const char *method, const char *version,
                                      const char *upload, size_t *upload_size, void **context)
{
    (void)version, (void)upload, (void)context;
    *upload_size = 0; /* nothing of a body is kept */
    HttpServer *server = data;
    const HttpRoute *route = find_route(server, path);
    g_autoptr(GString) body = g_string_new(NULL);
    HttpAnswer answer = {.status = judge(connection, route, method),
                         .type = "text/plain; charset=utf-8",
                         .body = body};
    if (answer.status == MHD_HTTP_OK) {
        route->answer(&answer, server->table.data);
        server->answered++;
    } else {
        g_string_append(body, words_for(answer.status));
    }
    return send_answer(connection, &answer,
                       answer.status == MHD_HTTP_METHOD_NOT_ALLOWED ? "GET, HEAD" : NULL);
}

/* ---- the library ---- */

/* Paths are compared as they come: decoded, %00 would end one. */
static size_t leave_encoded(void *data, struct MHD_Connection *connection, char *text)
{
    (void)data, (void)connection;
    return strlen(text);
}

static void log_words(void *data, const char *format, va_list words) G_GNUC_PRINTF(2, 0);

static void log_words(void *data, const char *format, va_list words)
{
    (void)data;
    g_autofree char *text = g_strdup_vprintf(format, words);
    log_event(LOG_LEVEL_DEBUG, "http", "says", g_strchomp(text));
}

static bool start(HttpServer *server, GError **error)
{
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL, answer_request,
        server, MHD_OPTION_EXTERNAL_LOGGER, log_words, NULL, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)HTTP_SEATS + 1, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MOST,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY, MHD_OPTION_NOTIFY_CONNECTION,
        note_connection, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (server->daemon == NULL) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                            "libmicrohttpd does not start");
    }
    return server->daemon != NULL;
}

static bool listen_at(HttpServer *server, const struct sockaddr_storage *address, socklen_t size,
                      GError **error)
{
    static const int yes = 1;
    server->listener = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The last process's connections may not have died away yet. */
    (void)setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (server->listener < 0 ||
        bind(server->listener, (const struct sockaddr *)address, size) != 0 ||
        listen(server->listener, BACKLOG) != 0) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, g_strerror(errno));
        return false;
    }
    return true;
}

HttpServer *http_server_open(const struct sockaddr_storage *address, socklen_t size,
                             const HttpTable *table, GError **error)
{
    HttpServer *server = g_new0(HttpServer, 1);
    server->listener = -1;
    server->table = *table;
    server->seats = g_array_new(FALSE, FALSE, sizeof(Seat));
    if (!listen_at(server, address, size, error) || !start(server, error)) {
        g_clear_pointer(&server, http_server_free);
    }
    return server;
}

void http_server_poll(const HttpServer *server, struct pollfd *fds)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    fds[0] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = info->epoll_fd, .events = POLLIN};
}

/* Its descriptor tells of each change once, so what it has left undone it tells here alone. */
int64_t http_server_pause_ms(const HttpServer *server)
{
    MHD_UNSIGNED_LONG_LONG pause = TURN_MOST;
    return MHD_get_timeout(server->daemon, &pause) == MHD_YES ? (int64_t)MIN(pause, TURN_MOST)
                                                              : TURN_MOST;
}

guint64 http_server_turn(HttpServer *server)
{
    int fd = -1;
    int taken = 0;
    while (taken++ < ACCEPT_MOST &&
           (fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        const struct sockaddr_in nobody = {.sin_family = AF_INET};
        make_room(server);
        (void)MHD_add_connection(server->daemon, fd, (const struct sockaddr *)&nobody,
                                 sizeof nobody);
        (void)MHD_run(server->daemon); /* who has asked already is not in the next one's way */
    }
    end_old_seats(server);
    (void)MHD_run(server->daemon);
    const guint64 answered = server->answered;
    server->answered = 0;
    return answered;
}

void http_server_free(HttpServer *server)
{
    if (server == NULL) {
        return;
    }
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
    }
    if (server->listener >= 0) {
        (void)close(server->listener);
    }
    g_array_unref(server->seats);
    g_free(server);
}
