#include "sign/sign_link.h"

#include "base/clock.h"
#include "base/error.h"
#include "sign/sign_frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WINDOW         2  /* requests that may be under way: their answers fit into the socket */
#define HELLO_SECONDS  5  /* the signer may be about to be started again */
#define ANSWER_SECONDS 20 /* for one request */

struct SignLink {
    char *address;
    int socket; /* -1: it is not open */

    /* the order under way */
    SignOrder order;
    const Certificate *key;
    guint asked;         /* usage licenses that the signer was sent */
    guint answered;      /* of them */
    guint sizes[WINDOW]; /* of the requests under way, the oldest first */
    guint under_way;
};

static void hang_up(SignLink *link)
{
    if (link->socket >= 0) {
        (void)close(link->socket);
    }
    link->socket = -1;
    link->under_way = 0;
}

/* Whatever state the other side is in, it is not asked any further. */
static bool lose(SignLink *link, const char *what, GError **error)
{
    hang_up(link);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                "the signer %s: nothing is issued until it does; does its log say why?", what);
    return false;
}

SignLink *sign_link_new(const char *address)
{
    SignLink *link = g_new0(SignLink, 1);
    link->address = g_strdup(address);
    link->socket = -1;
    return link;
}

void sign_link_free(SignLink *link)
{
    if (link != NULL) {
        hang_up(link);
        g_free(link->address);
        g_free(link);
    }
}

/* ---- connecting ---- */

static void wait_at_most(const SignLink *link, int seconds)
{
    const struct timeval limit = {.tv_sec = seconds};
    (void)setsockopt(link->socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(link->socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

static bool open_socket(SignLink *link)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (g_strlcpy(address.sun_path, link->address, sizeof address.sun_path) >=
        sizeof address.sun_path) {
        return false;
    }
    link->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (link->socket < 0) {
        return false;
    }
    wait_at_most(link, HELLO_SECONDS);
    return connect(link->socket, (const struct sockaddr *)&address, sizeof address) == 0;
}

static bool read_hello(GVariant *hello, SignKey *key)
{
    guchar version = 0;
    gboolean development = FALSE;
    gsize size = 0;
    g_autoptr(GVariant) der = NULL;
    g_variant_get(hello, "(y@ayb)", &version, &der, &development);
    const void *bytes = g_variant_get_fixed_array(der, &size, 1);
    g_autoptr(GBytes) copy = g_bytes_new(bytes, size);
    key->development = development;
    key->certificate =
        version == SIGN_FRAME_VERSION ? certificate_read(copy, "the signer's key", NULL) : NULL;
    return key->certificate != NULL;
}

bool sign_link_reach(SignLink *link, SignKey *key, GError **error)
{
    *key = (SignKey){.certificate = NULL};
    char nothing = 0;
    if (link->socket >= 0 && recv(link->socket, &nothing, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
        (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return true; /* neither an end nor what nobody has asked for */
    }
    hang_up(link);
    if (!open_socket(link)) {
        return lose(link, "cannot be reached", error);
    }
    g_autoptr(GVariant) hello = NULL;
    if (sign_frame_receive(link->socket, SIGN_FRAME_HELLO, true, &hello) != SIGN_FRAME_WHOLE) {
        return lose(link, "does not answer", error);
    }
    wait_at_most(link, ANSWER_SECONDS);
    return read_hello(hello, key) ||
           lose(link, "says what is no key, or is another version of the program", error);
}

/* ---- asking ---- */

/* More than what is rendered of so many bytes can take up. */
static gsize room_for(const SignLink *link, gsize fields)
{
    return 2048 + 2 * g_bytes_get_size(certificate_der(link->key)) + 5 * fields;
}

static bool refuse_size(const UsageLicense *license, GError **error)
{
    g_autofree char *serial = usage_license_serial_text(license->serial);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                "usage license %s cannot be signed: the names and features in it are too long",
                serial);
    return false;
}

/* The next usage licenses, as many as one request takes; NULL if there are none that can be. */
static GVariant *next_licenses(const SignLink *link, guint *count, GError **error)
{
    const GPtrArray *licenses = link->order.licenses;
    GVariantBuilder builder;
    gsize room = 0;
    *count = 0;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("a" SIGN_FIELDS));
    while (*count < SIGN_FRAME_LICENSES && link->asked + *count < licenses->len) {
        const UsageLicense *license = g_ptr_array_index(licenses, link->asked + *count);
        g_autoptr(GVariant) fields = g_variant_ref_sink(sign_fields_write(license));
        const gsize size = g_variant_get_size(fields);
        if (size > SIGN_FRAME_FIELDS) {
            g_variant_builder_clear(&builder);
            (void)refuse_size(license, error);
            return NULL;
        }
        room += MIN(room_for(link, size), SIGN_FRAME_RENDERED);
        if (*count > 0 && room > SIGN_FRAME_ROOM) {
            break;
        }
        g_variant_builder_add_value(&builder, fields);
        ++*count;
    }
    return g_variant_builder_end(&builder);
}

static bool send_next(SignLink *link, GError **error)
{
    guint count = 0;
    GVariant *licenses = next_licenses(link, &count, error);
    if (licenses == NULL) {
        hang_up(link); /* what it was told of the rest does not hold */
        return false;
    }
    const int64_t age_ms = (clock_monotonic_us() - link->order.began_us) / 1000;
    g_autoptr(GVariant) request = g_variant_ref_sink(
        g_variant_new("(sxuu@a" SIGN_FIELDS ")", certificate_kid(link->key), link->order.database,
                      (guint32)CLAMP(age_ms, 0, G_MAXINT32),
                      link->order.licenses->len - link->asked - count, licenses));
    if (sign_frame_send(link->socket, request, true) != SIGN_FRAME_WHOLE) {
        return lose(link, "takes nothing more", error);
    }
    link->asked += count;
    link->sizes[link->under_way++] = count;
    return true;
}

static bool fill_window(SignLink *link, GError **error)
{
    while (link->under_way < WINDOW && link->asked < link->order.licenses->len) {
        if (!send_next(link, error)) {
            return false;
        }
    }
    return true;
}

bool sign_link_ask(SignLink *link, const SignOrder *order, const Certificate *key, GError **error)
{
    if (link->under_way > 0) {
        hang_up(link); /* an order that nobody has waited for */
    }
    link->order = *order;
    link->key = key;
    link->asked = link->answered = 0;
    return link->socket >= 0 ? fill_window(link, error) : lose(link, "has ended", error);
}

/* ---- a key that was revoked ---- */

bool sign_link_tell_revoked(SignLink *link, const Certificate *key, GError **error)
{
    SignKey other;
    if (!sign_link_reach(link, &other, error)) {
        return false;
    }
    certificate_free(other.certificate);
    g_autoptr(GVariant) answer = NULL;
    g_autoptr(GVariant) request = g_variant_ref_sink(g_variant_new(
        "(sxuu@a" SIGN_FIELDS ")", certificate_kid(key), (gint64)0, (guint32)0, SIGN_FRAME_REVOKED,
        g_variant_new_array(G_VARIANT_TYPE(SIGN_FIELDS), NULL, 0)));
    if (sign_frame_send(link->socket, request, true) != SIGN_FRAME_WHOLE ||
        sign_frame_receive(link->socket, SIGN_FRAME_ANSWER, true, &answer) != SIGN_FRAME_WHOLE) {
        return lose(link, "does not answer", error);
    }
    hang_up(link); /* after its refusal it takes nothing more here */
    return true;
}

/* ---- answers ---- */

static bool take_signed(SignLink *link, GVariant *all, GPtrArray *jws, GError **error)
{
    if (g_variant_n_children(all) != link->sizes[0]) {
        return lose(link, "has signed other than what it was asked", error);
    }
    for (gsize i = 0; i < g_variant_n_children(all); i++) {
        char *text = NULL;
        g_variant_get_child(all, i, "s", &text);
        g_ptr_array_add(jws, text);
    }
    link->answered += link->sizes[0];
    link->sizes[0] = link->sizes[1];
    link->under_way--;
    return true;
}

static bool take_answer(SignLink *link, GPtrArray *jws, GError **error)
{
    guchar outcome = 0;
    const char *why = NULL;
    g_autoptr(GVariant) answer = NULL;
    g_autoptr(GVariant) all = NULL;
    if (sign_frame_receive(link->socket, SIGN_FRAME_ANSWER, true, &answer) != SIGN_FRAME_WHOLE) {
        return lose(link, "does not answer", error);
    }
    g_variant_get(answer, "(y&s@as)", &outcome, &why, &all);
    if (outcome == SIGN_FRAME_SIGNED) {
        return take_signed(link, all, jws, error);
    }
    hang_up(link); /* with what it was asked besides */
    g_set_error_literal(
        error, ISSUER_ERROR,
        outcome == SIGN_FRAME_WRONG ? ISSUER_ERROR_FAILED : ISSUER_ERROR_UNAVAILABLE, why);
    return false;
}

bool sign_link_answer(SignLink *link, GPtrArray *jws, GError **error)
{
    while (link->answered < link->order.licenses->len) {
        if (link->socket < 0) {
            return lose(link, "has ended", error);
        }
        if (!take_answer(link, jws, error) || !fill_window(link, error)) {
            return false;
        }
    }
    return true;
}
