#include "mail/load.h"

#include "base/clock.h"
#include "mail/read_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIECE_SIZE (64UL * 1024) /* bytes read at once of a mail that is not in memory */

Load *load_new(const SourceItem *item, GBytes *raw, gpointer job)
{
    Load *load = g_new0(Load, 1);
    load->job = job;
    load->request =
        (ParserRequest){item->size, item->from_mbox, item->deleted, item->ours, item->bare};
    load->raw = raw == NULL ? NULL : g_bytes_ref(raw);
    load->fd = raw == NULL && item->fd >= 0 ? fcntl(item->fd, F_DUPFD_CLOEXEC, 0) : -1;
    load->offset = item->offset;
    return load;
}

void load_free(gpointer data)
{
    Load *load = data;
    g_clear_pointer(&load->raw, g_bytes_unref);
    if (load->fd >= 0) {
        (void)close(load->fd);
    }
    g_free(load->trouble);
    g_free(load);
}

/* How sending goes. */
typedef enum {
    SEND_GOES_ON,
    SEND_IS_FULL, /* the socket takes nothing now */
    SEND_FAILED,
} SendState;

/* Bytes of the request that are still to be sent. */
static gsize head_left(const Load *load)
{
    return sizeof load->request - (gsize)MIN(load->sent, sizeof load->request);
}

/* Sends of the load what is not sent yet, if `data` goes on where that is: the request and, in the
 * same piece, the mail. Once at most; how it went. */
static SendState send_once(Load *load, const char *data, gsize size, int socket, bool wait)
{
    // Only read by sendmsg; the interface has no const.
    union {
        const void *given;
        void *asked;
    } head = {.given = (const char *)&load->request + MIN(load->sent, sizeof load->request)},
      bytes = {.given = data};
    struct iovec parts[2] = {{head.asked, head_left(load)}, {bytes.asked, size}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    const ssize_t put = sendmsg(socket, &message, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    if (put < 0 && errno == EINTR) {
        return SEND_GOES_ON;
    }
    if (put < 0) {
        return !wait && (errno == EAGAIN || errno == EWOULDBLOCK) ? SEND_IS_FULL : SEND_FAILED;
    }
    load->sent += (uint64_t)put;
    return SEND_GOES_ON;
}

/* Sends from memory. */
static SendState send_held(Load *load, const char *data, gsize size, int socket, bool wait)
{
    const gsize done = (gsize)(load->sent - MIN(load->sent, sizeof load->request));
    return send_once(load, data + done, size - done, socket, wait);
}

/* Sends a piece of a mail that is not in memory. */
static SendState send_from_file(Load *load, int socket, bool wait)
{
    char piece[PIECE_SIZE];
    const uint64_t done = load->sent - MIN(load->sent, sizeof load->request);
    const gsize want = (gsize)MIN(load->request.size - done, PIECE_SIZE);
    ssize_t got = pread(load->fd, piece, want, (off_t)(load->offset + done));
    if (got < 0 && errno == EINTR) {
        return SEND_GOES_ON;
    }
    if (got <= 0) {
        load->trouble = read_failure_text(load->offset + done, got < 0 ? errno : 0);
        return SEND_FAILED;
    }
    return send_once(load, piece, (gsize)got, socket, wait);
}

static SendState send_piece(Load *load, const SourceItem *item, int socket, bool wait)
{
    if (load->raw != NULL) {
        gsize size = 0;
        const void *data = g_bytes_get_data(load->raw, &size);
        return send_held(load, data != NULL ? data : "", size, socket, wait);
    }
    if (item != NULL && item->bytes != NULL) {
        return send_held(load, item->bytes, (gsize)item->size, socket, wait);
    }
    return load->fd < 0 ? SEND_FAILED : send_from_file(load, socket, wait);
}

bool load_is_sent(const Load *load)
{
    return load->sent == sizeof load->request + load->request.size;
}

bool load_can_send_again(const Load *load)
{
    return load->raw != NULL || load->fd >= 0;
}

/* A parser that is stuck takes nothing, or a byte now and then. */
bool load_send(Load *load, const SourceItem *item, int socket, bool wait)
{
    SendState state = load->trouble == NULL ? SEND_GOES_ON : SEND_FAILED;
    while (state == SEND_GOES_ON && !load_is_sent(load)) {
        state = send_piece(load, item, socket, wait);
        if (wait && clock_monotonic_us() > load->until_us) {
            state = SEND_FAILED;
        }
    }
    return state != SEND_FAILED;
}
