#include "sign/sign_server.h"

#include "base/clock.h"
#include "base/error.h"
#include "sign/sign_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS_MOST 300
#define EVENTS_MOST  32
#define PORTION      8 /* usage licenses of one client before the next one's turn */

/* One who asks. It has one request at a time; the next waits in the socket. */
typedef struct {
    int socket;
    guint promised; /* usage licenses of its batch that were admitted and are to come */
    bool refused;   /* it was, and what it has asked besides falls with that: it connects anew */
    GPtrArray *licenses; /* of the request in hand; NULL: none */
    GPtrArray *signed_;  /* of char *: those that are done, in their order */
    gsize size;          /* bytes of them */
    GVariant *answer;    /* to be sent as soon as there is room; NULL: none */
} Client;

struct SignServer {
    const Signer *signer;
    SignGuard *guard;
    int listener;
    int events;         /* of epoll(7) */
    GPtrArray *clients; /* of Client * */
    GQueue busy;        /* of Client *: those with a request in hand, in turn */
    char *trouble;
    bool not_now;
    bool revoked; /* its key, on record, as one who reads them has said; it opens no other */
};

static void note(SignServer *server, const char *trouble, bool not_now)
{
    g_free(server->trouble);
    server->trouble = g_strdup(trouble);
    server->not_now = not_now;
}

/* ---- clients ---- */

static void drop_request(Client *client)
{
    g_clear_pointer(&client->licenses, g_ptr_array_unref);
    g_clear_pointer(&client->signed_, g_ptr_array_unref);
    client->size = 0;
}

static void client_free(Client *client)
{
    drop_request(client);
    g_clear_pointer(&client->answer, g_variant_unref);
    (void)close(client->socket);
    g_free(client);
}

static void hang_up(SignServer *server, Client *client)
{
    (void)g_queue_remove(&server->busy, client);
    (void)g_ptr_array_remove_fast(server->clients, client);
}

/* What is waited for of a client: that it asks, or, while an answer has no room, that it reads. */
static bool watch(const SignServer *server, int operation, Client *client)
{
    const uint32_t events = client->licenses != NULL ? 0U
                            : client->answer != NULL ? (uint32_t)EPOLLOUT
                                                     : (uint32_t)EPOLLIN;
    struct epoll_event event = {.events = events, .data = {.ptr = client}};
    return epoll_ctl(server->events, operation, client->socket, &event) == 0;
}

static bool greet(const SignServer *server, const Client *client)
{
    gsize size = 0;
    const void *der = g_bytes_get_data(signer_certificate(server->signer), &size);
    g_autoptr(GVariant) hello = g_variant_ref_sink(
        g_variant_new("(y@ayb)", (guchar)SIGN_FRAME_VERSION,
                      g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, der, size, 1),
                      (gboolean)signer_is_development(server->signer)));
    return sign_frame_send(client->socket, hello, false) == SIGN_FRAME_WHOLE;
}

static void take_client(SignServer *server)
{
    const int socket = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) {
        return;
    }
    if (server->clients->len >= CLIENTS_MOST) {
        note(server, "more processes want to ask the signer than a daemon has", false);
        (void)close(socket);
        return;
    }
    Client *client = g_new0(Client, 1);
    client->socket = socket;
    g_ptr_array_add(server->clients, client);
    if (!greet(server, client) || !watch(server, EPOLL_CTL_ADD, client)) {
        hang_up(server, client);
    }
}

/* ---- answers ---- */

/* The rest is sent when the client has read. */
static void send_answer(SignServer *server, Client *client)
{
    const SignFrameState state = sign_frame_send(client->socket, client->answer, false);
    if (state == SIGN_FRAME_WHOLE) {
        g_clear_pointer(&client->answer, g_variant_unref);
    }
    if (state == SIGN_FRAME_ENDED || !watch(server, EPOLL_CTL_MOD, client)) {
        hang_up(server, client);
    }
}

static void answer(SignServer *server, Client *client, SignFrameOutcome outcome, const char *why)
{
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("as"));
    for (guint i = 0; outcome == SIGN_FRAME_SIGNED && i < client->signed_->len; i++) {
        g_variant_builder_add(&builder, "s", g_ptr_array_index(client->signed_, i));
    }
    client->answer = g_variant_ref_sink(
        g_variant_new("(ysas)", (guchar)outcome, why != NULL ? why : "", &builder));
    if (outcome != SIGN_FRAME_SIGNED) {
        client->refused = true;
        note(server, why, outcome == SIGN_FRAME_NOT_NOW);
    }
    drop_request(client);
    send_answer(server, client);
}

static void answer_error(SignServer *server, Client *client, const GError *error)
{
    const bool not_now = g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE) ||
                         g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_DENIED);
    answer(server, client, not_now ? SIGN_FRAME_NOT_NOW : SIGN_FRAME_WRONG, error->message);
}

/* ---- requests ---- */

/* A request but for its usage licenses. */
typedef struct {
    const char *kid;
    gint64 database;
    guint32 age_ms;
    guint32 more;
} Order;

static bool check_key(const SignServer *server, const Order *order, GError **error)
{
    if (strcmp(order->kid, signer_kid(server->signer)) != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "the signer signs with key %s now, and no more with the one that was asked for",
                    signer_kid(server->signer));
        return false;
    }
    if (server->revoked) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    "signing key %s is revoked: make a new one with issuer key rotate, then have "
                    "the daemon read its settings again (SIGHUP)",
                    order->kid);
        return false;
    }
    return signer_check_time(server->signer, clock_now(), error);
}

/* Whether a request says that the key is revoked, instead of asking for anything. Whoever may ask
 * may say so: it is no more than a stop. */
static bool is_revocation(const SignServer *server, const Order *order, GVariant *all)
{
    return g_variant_n_children(all) == 0 && order->more == SIGN_FRAME_REVOKED &&
           strcmp(order->kid, signer_kid(server->signer)) == 0;
}

/* A batch is admitted as a whole, with its first request. */
static bool admit(const SignServer *server, const Client *client, const Order *order,
                  GError **error)
{
    SignWish wish = {
        .now = clock_now(),
        .clock = clock_machine(),
        .database = order->database,
        .age_ms = order->age_ms,
        .count = client->promised > 0 ? 0 : client->licenses->len + order->more,
        .iat = G_MAXINT64,
    };
    for (guint i = 0; i < client->licenses->len; i++) {
        const UsageLicense *license = g_ptr_array_index(client->licenses, i);
        wish.iat = MIN(wish.iat, license->iat);
        wish.latest = MAX(wish.latest, license->iat);
    }
    return signer_check_time(server->signer, wish.iat, error) &&
           signer_check_time(server->signer, wish.latest, error) &&
           sign_guard_admit(server->guard, &wish, error);
}

static bool read_licenses(Client *client, GVariant *all, GError **error)
{
    client->licenses = g_ptr_array_new_with_free_func((GDestroyNotify)usage_license_free);
    client->signed_ = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < g_variant_n_children(all); i++) {
        g_autoptr(GVariant) fields = g_variant_get_child_value(all, i);
        UsageLicense *license = sign_fields_read(fields, error);
        if (license == NULL) {
            return false;
        }
        g_ptr_array_add(client->licenses, license);
    }
    return true;
}

/* False: it is no request that a client of ours makes. */
static bool is_order(const Client *client, const Order *order, gsize count)
{
    return count >= 1 && count <= SIGN_FRAME_LICENSES && order->more <= G_MAXINT32 &&
           (client->promised == 0 || client->promised == count + order->more);
}

static void take_order(SignServer *server, Client *client, GVariant *request)
{
    Order order = {0};
    g_autoptr(GVariant) all = NULL;
    g_autoptr(GError) error = NULL;
    g_variant_get(request, "(&sxuu@a" SIGN_FIELDS ")", &order.kid, &order.database, &order.age_ms,
                  &order.more, &all);
    if (is_revocation(server, &order, all)) {
        server->revoked = true;
        (void)check_key(server, &order, &error);
        answer_error(server, client, error);
        return;
    }
    if (!is_order(client, &order, g_variant_n_children(all))) {
        note(server, "a client of the signer asks for what no client asks for; hung up", false);
        hang_up(server, client);
        return;
    }
    if (!check_key(server, &order, &error) || !read_licenses(client, all, &error) ||
        !admit(server, client, &order, &error)) {
        answer_error(server, client, error);
        return;
    }
    client->promised = order.more;
    g_queue_push_tail(&server->busy, client);
    if (!watch(server, EPOLL_CTL_MOD, client)) {
        hang_up(server, client);
    }
}

static void take_request(SignServer *server, Client *client)
{
    g_autoptr(GVariant) request = NULL;
    switch (sign_frame_receive(client->socket, SIGN_FRAME_REQUEST, false, &request)) {
    case SIGN_FRAME_WHOLE:
        if (!client->refused) {
            take_order(server, client, request);
        }
        break;
    case SIGN_FRAME_LATER:
        break;
    case SIGN_FRAME_ENDED:
        hang_up(server, client);
        break;
    }
}

/* ---- signing ---- */

static bool sign_next(const SignServer *server, Client *client, GError **error)
{
    const UsageLicense *license = g_ptr_array_index(client->licenses, client->signed_->len);
    char *jws = signer_issue(server->signer, license, error);
    if (jws == NULL) {
        return false;
    }
    const gsize size = strlen(jws);
    g_ptr_array_add(client->signed_, jws);
    client->size += size + 2 * sizeof(guint32);
    if (size <= SIGN_FRAME_RENDERED && client->size <= SIGN_FRAME_ROOM) {
        return true;
    }
    g_autofree char *serial = usage_license_serial_text(license->serial);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                "usage license %s is larger than a usage license can be: shorten what its license "
                "and its customer are called, or its features",
                serial);
    return false;
}

/* Signs some of a request. */
static guint sign_portion(SignServer *server, Client *client)
{
    guint done = 0;
    g_autoptr(GError) error = NULL;
    while (done < PORTION && client->signed_->len < client->licenses->len) {
        if (!sign_next(server, client, &error)) {
            answer_error(server, client, error);
            return done;
        }
        done++;
    }
    if (client->signed_->len == client->licenses->len) {
        answer(server, client, SIGN_FRAME_SIGNED, NULL);
    } else {
        g_queue_push_tail(&server->busy, client);
    }
    return done;
}

/* ---- turns ---- */

static void see_client(SignServer *server, Client *client, uint32_t events)
{
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) {
        hang_up(server, client);
    } else if (client->answer != NULL) {
        send_answer(server, client);
    } else if (client->licenses == NULL) {
        take_request(server, client);
    }
}

guint sign_server_turn(SignServer *server, bool *more)
{
    struct epoll_event events[EVENTS_MOST];
    const int count = epoll_wait(server->events, events, EVENTS_MOST, 0);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == server) {
            take_client(server);
        } else {
            see_client(server, events[i].data.ptr, events[i].events);
        }
    }
    Client *client = g_queue_pop_head(&server->busy);
    const guint done = client != NULL ? sign_portion(server, client) : 0;
    *more = !g_queue_is_empty(&server->busy);
    return done;
}

char *sign_server_trouble(SignServer *server, bool *not_now)
{
    *not_now = server->not_now;
    return g_steal_pointer(&server->trouble);
}

int sign_server_descriptor(const SignServer *server)
{
    return server->events;
}

SignServer *sign_server_new(const Signer *signer, SignGuard *guard, int listener, GError **error)
{
    g_autoptr(SignServer) server = g_new0(SignServer, 1);
    server->signer = signer;
    server->guard = guard;
    server->listener = listener;
    server->clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free);
    g_queue_init(&server->busy);
    server->events = epoll_create1(EPOLL_CLOEXEC);
    /* A signer that is about to end may have taken who has just come. */
    (void)fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = server}};
    if (server->events < 0 || epoll_ctl(server->events, EPOLL_CTL_ADD, listener, &event) != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "the signer cannot listen: %s",
                    g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&server);
}

void sign_server_free(SignServer *server)
{
    if (server == NULL) {
        return;
    }
    g_queue_clear(&server->busy);
    g_ptr_array_unref(server->clients);
    if (server->events >= 0) {
        (void)close(server->events);
    }
    g_free(server->trouble);
    g_free(server);
}
