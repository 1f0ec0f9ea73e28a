#include "delivery/imap_wire.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "delivery/curl_library.h"
#include "delivery/imap_response.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE ((gsize)64 * 1024)
#define WORDS_MOST  200 /* characters of a server's answer that are told */
#define SECOND_US   ((gint64)1000 * 1000)
#define PROBE_AFTER 60L /* seconds of silence, after which TCP asks for the other side */
#define PROBE_EVERY 15L /* seconds */

struct ImapWire {
    CURL *curl;
    curl_socket_t socket;
    char reason[CURL_ERROR_SIZE];
    char refusal[WORDS_MOST]; /* the last line with which the server refused something */
    char *buffer;             /* received, from `at` to `end` not yet read */
    gsize at;
    gsize end;
    gsize left;         /* bytes that the answers may still have */
    gsize literal_most; /* bytes */
    gint64 deadline;    /* monotonic, microseconds: of the command at hand */
    unsigned stall_seconds;
    unsigned seconds;
};

/* Each line that the server says while libcurl speaks to it: "TAG NO …", "* BYE …". */
static size_t hear(char *line, size_t size, size_t count, void *data)
{
    ImapWire *wire = data;
    g_autofree char *said = g_strndup(line, MIN(size * count, WORDS_MOST));
    const char *blank = strchr(said, ' ');
    const char *status = blank != NULL ? blank + 1 : "";
    if (g_ascii_strncasecmp(status, "NO ", 3) == 0 || g_ascii_strncasecmp(status, "BAD ", 4) == 0 ||
        g_ascii_strncasecmp(status, "BYE ", 4) == 0) {
        g_strlcpy(wire->refusal, strchr(status, ' ') + 1, sizeof wire->refusal);
    }
    return size * count;
}

/* TLS, always, with a certificate that fits the host's name: libcurl's own defaults, which nothing
 * here loosens. */
static void set_security(CURL *curl, const ImapServer *server)
{
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (server->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
}

static void set_login(CURL *curl, const ImapServer *server)
{
    curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
    if (server->token != NULL) {
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, secret_peek(server->token));
        /* Else it would log in with an empty password where the server takes no token. */
        curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, "AUTH=OAUTHBEARER;AUTH=XOAUTH2");
    } else {
        curl_easy_setopt(curl, CURLOPT_PASSWORD, secret_peek(server->password));
    }
}

/* Nothing of the environment decides: no proxy, no other protocol, no signal. */
static void set_bounds(CURL *curl, const ImapServer *server)
{
    const long seconds = (long)server->connect_seconds + (long)server->stall_seconds;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "imap,imaps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)server->connect_seconds);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)server->stall_seconds);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    /* Nobody else notices while we wait for new mail that the other side is gone. */
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, PROBE_AFTER);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, PROBE_EVERY);
}

static void set_conversation(ImapWire *wire, const ImapServer *server)
{
    curl_easy_setopt(wire->curl, CURLOPT_URL, server->url);
    curl_easy_setopt(wire->curl, CURLOPT_HEADERFUNCTION, hear);
    curl_easy_setopt(wire->curl, CURLOPT_HEADERDATA, wire);
    curl_easy_setopt(wire->curl, CURLOPT_ERRORBUFFER, wire->reason);
}

/* What a person can do about it; NULL: the reason says it. */
static const char *advice_for(CURLcode result, const ImapServer *server)
{
    switch (result) {
    case CURLE_LOGIN_DENIED:
        return server->token != NULL ? "check user and token-file" : "check user and password-file";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return "check the host in url, and set ca-file to the certificates that the server's "
               "chains to";
    case CURLE_SSL_CONNECT_ERROR:
        return "check the port in url: imaps:// is for one that begins with TLS, imap:// for one "
               "that has STARTTLS";
    case CURLE_USE_SSL_FAILED:
        return "it offers no TLS here: use imaps://, or a server that has TLS; nothing was sent in "
               "clear";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return "check url, and whether the server runs";
    default:
        return NULL;
    }
}

static void tell_no_connection(const ImapWire *wire, const ImapServer *server, CURLcode result,
                               GError **error)
{
    g_autofree char *place = imap_place(server->url);
    g_autofree char *reason = text_one_line(
        *wire->reason != '\0' ? wire->reason : curl_easy_strerror(result), WORDS_MOST);
    g_autofree char *bare = g_strchomp(g_strdup(wire->refusal));
    g_autofree char *refusal = text_one_line(bare, WORDS_MOST);
    const bool refused = result == CURLE_LOGIN_DENIED && *refusal != '\0';
    const char *advice = advice_for(result, server);
    g_set_error(error, ISSUER_ERROR,
                result == CURLE_LOGIN_DENIED ? ISSUER_ERROR_DENIED : ISSUER_ERROR_UNAVAILABLE,
                "%s: %s%s%s%s", place, result == CURLE_LOGIN_DENIED ? "login refused: " : "",
                refused ? refusal : reason, advice != NULL ? "; " : "",
                advice != NULL ? advice : "");
}

ImapWire *imap_wire_open(const ImapServer *server, GError **error)
{
    if (!curl_library_start(error)) {
        return NULL;
    }
    ImapWire *wire = g_new0(ImapWire, 1);
    wire->buffer = g_malloc(BUFFER_SIZE);
    wire->stall_seconds = server->stall_seconds;
    wire->seconds = server->seconds;
    wire->curl = curl_easy_init();
    if (wire->curl == NULL) {
        g_error("out of memory");
    }
    set_security(wire->curl, server);
    set_login(wire->curl, server);
    set_bounds(wire->curl, server);
    set_conversation(wire, server);
    const CURLcode result = curl_easy_perform(wire->curl);
    if (result != CURLE_OK) {
        tell_no_connection(wire, server, result, error);
        imap_wire_free(wire);
        return NULL;
    }
    (void)curl_easy_getinfo(wire->curl, CURLINFO_ACTIVESOCKET, &wire->socket);
    return wire;
}

static bool fail(GError **error, const char *what)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "%s", what);
    return false;
}

/* Waits until something can be received or sent; false if that takes too long. */
static bool wait_for(const ImapWire *wire, short events, GError **error)
{
    const gint64 now = clock_monotonic_us();
    const gint64 stall = now + wire->stall_seconds * SECOND_US;
    const gint64 until = MIN(stall, wire->deadline);
    struct pollfd socket = {.fd = wire->socket, .events = events};
    for (gint64 left = until - now; left > 0; left = until - clock_monotonic_us()) {
        const int ready = poll(&socket, 1, (int)(left / 1000) + 1);
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            return fail(error, g_strerror(errno));
        }
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                until == stall ? "the server has said nothing for %u seconds (stall-seconds)"
                               : "the server's answer was not complete after %u seconds (seconds)",
                until == stall ? wire->stall_seconds : wire->seconds);
    return false;
}

static bool send_all(const ImapWire *wire, const char *data, gsize size, GError **error)
{
    while (size > 0) {
        size_t sent = 0;
        const CURLcode result = curl_easy_send(wire->curl, data, size, &sent);
        if (result != CURLE_OK && result != CURLE_AGAIN) {
            return fail(error, "the connection to the server is lost");
        }
        if (result == CURLE_AGAIN && !wait_for(wire, POLLOUT, error)) {
            return false;
        }
        data += sent;
        size -= sent;
    }
    return true;
}

void imap_wire_renew(ImapWire *wire)
{
    wire->deadline = clock_monotonic_us() + wire->seconds * SECOND_US;
}

bool imap_wire_say(ImapWire *wire, const char *line, GError **error)
{
    g_autofree char *whole = g_strconcat(line, "\r\n", NULL);
    return send_all(wire, whole, strlen(whole), error);
}

bool imap_wire_send(ImapWire *wire, const char *command, gsize most, gsize literal_most,
                    GError **error)
{
    imap_wire_renew(wire);
    wire->left = most;
    wire->literal_most = literal_most;
    return imap_wire_say(wire, command, error);
}

/* Receives more, in place of what was read. */
static bool receive(ImapWire *wire, GError **error)
{
    for (;;) {
        size_t got = 0;
        const CURLcode result = curl_easy_recv(wire->curl, wire->buffer, BUFFER_SIZE, &got);
        if (result == CURLE_OK && got > 0) {
            wire->at = 0;
            wire->end = got;
            return clock_monotonic_us() < wire->deadline || wait_for(wire, POLLIN, error);
        }
        if (result != CURLE_AGAIN) {
            return fail(error, "the server has closed the connection in the middle of an answer");
        }
        if (!wait_for(wire, POLLIN, error)) {
            return false;
        }
    }
}

/* What libcurl has decrypted and holds already makes no socket readable: so it is asked first. */
static bool has_come(ImapWire *wire, bool *come, GError **error)
{
    size_t got = 0;
    *come = true;
    if (wire->at < wire->end) {
        return true;
    }
    const CURLcode result = curl_easy_recv(wire->curl, wire->buffer, BUFFER_SIZE, &got);
    if (result == CURLE_OK && got > 0) {
        wire->at = 0;
        wire->end = got;
        return true;
    }
    *come = false;
    return result == CURLE_AGAIN || fail(error, "the server has closed the connection");
}

bool imap_wire_await(ImapWire *wire, int other, gint64 until, gsize most, ImapWireWake *wake,
                     GError **error)
{
    bool come = false;
    struct pollfd fds[] = {{.fd = wire->socket, .events = POLLIN}, {.fd = other, .events = POLLIN}};
    *wake = IMAP_WIRE_TIME;
    while (has_come(wire, &come, error)) {
        const gint64 left = until - clock_monotonic_us();
        if (come) {
            imap_wire_renew(wire);
            wire->left = most;
            *wake = IMAP_WIRE_DATA;
            return true;
        }
        if (left <= 0) {
            return true;
        }
        if (poll(fds, G_N_ELEMENTS(fds), (int)(left / 1000) + 1) > 0 && fds[1].revents != 0) {
            *wake = IMAP_WIRE_OTHER;
            return true;
        }
    }
    return false;
}

static bool take(ImapWire *wire, gsize count, GByteArray *response, GError **error)
{
    if (count > wire->left) {
        return fail(error, "the server says more than any answer needs");
    }
    wire->left -= count;
    g_byte_array_append(response, (const guint8 *)wire->buffer + wire->at, (guint)count);
    wire->at += count;
    return true;
}

/* Appends the bytes up to the next line feed. */
static bool read_line(ImapWire *wire, GByteArray *response, GError **error)
{
    for (;;) {
        if (wire->at == wire->end && !receive(wire, error)) {
            return false;
        }
        const char *start = wire->buffer + wire->at;
        const char *feed = memchr(start, '\n', wire->end - wire->at);
        const gsize count = feed != NULL ? (gsize)(feed + 1 - start) : wire->end - wire->at;
        if (!take(wire, count, response, error)) {
            return false;
        }
        if (feed != NULL) {
            return true;
        }
    }
}

static bool read_literal(ImapWire *wire, uint64_t size, GByteArray *response, GError **error)
{
    while (size > 0) {
        if (wire->at == wire->end && !receive(wire, error)) {
            return false;
        }
        const gsize count = (gsize)MIN(size, wire->end - wire->at);
        if (!take(wire, count, response, error)) {
            return false;
        }
        size -= count;
    }
    return true;
}

static bool pass_over(ImapWire *wire, uint64_t size, GError **error)
{
    while (size > 0) {
        if (wire->at == wire->end && !receive(wire, error)) {
            return false;
        }
        const gsize count = (gsize)MIN(size, wire->end - wire->at);
        wire->at += count;
        size -= count;
    }
    return true;
}

/* The literal that the line announced, whose marker stands at `marker`. */
static bool read_or_pass(ImapWire *wire, uint64_t size, gsize marker, GByteArray *response,
                         bool *passed_over, GError **error)
{
    if (size <= MIN(wire->literal_most, wire->left)) {
        return read_literal(wire, size, response, error);
    }
    *passed_over = true;
    g_byte_array_set_size(response, (guint)marker);
    g_byte_array_append(response, (const guint8 *)"{0}\r\n", 5);
    return pass_over(wire, size, error);
}

bool imap_wire_read(ImapWire *wire, GByteArray *response, bool *passed_over, GError **error)
{
    bool going = true;
    bool status = false;
    *passed_over = false;
    g_byte_array_set_size(response, 0);
    for (gsize line = 0; going; line = response->len) {
        if (!read_line(wire, response, error)) {
            return false;
        }
        const char *data = (const char *)response->data;
        status = line == 0 ? imap_response_is_status(data, response->len) : status;
        uint64_t size = 0;
        gsize marker = 0;
        going =
            imap_response_has_literal(data + line, response->len - line, status, &size, &marker);
        if (going && !read_or_pass(wire, size, line + marker, response, passed_over, error)) {
            return false;
        }
    }
    return true;
}

void imap_wire_break(ImapWire *wire)
{
    (void)shutdown(wire->socket, SHUT_RDWR);
}

void imap_wire_free(ImapWire *wire)
{
    if (wire == NULL) {
        return;
    }
    curl_easy_cleanup(wire->curl);
    g_free(wire->buffer);
    g_free(wire);
}
