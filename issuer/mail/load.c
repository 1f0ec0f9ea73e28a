#include "mail/load.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
    g_free(load);
}

/* A parser that is stuck takes nothing, or a byte now and then. */
static bool send_bytes(int fd, struct iovec *parts, size_t count, int64_t until_us)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    while (message.msg_iovlen > 0) {
        ssize_t put = sendmsg(fd, &message, MSG_NOSIGNAL);
        if ((put < 0 && errno != EINTR) || clock_monotonic_us() > until_us) {
            return false;
        }
        size_t left = put > 0 ? (size_t)put : 0;
        while (message.msg_iovlen > 0 && left >= message.msg_iov->iov_len) {
            left -= message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen > 0) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + left;
            message.msg_iov->iov_len -= left;
        }
    }
    return true;
}

/* Sends what follows of a mail that is not in memory, piece by piece. A file that has become
 * shorter is filled up with empty lines: the parser was promised so many bytes. */
static bool send_from_file(int socket, const Load *load)
{
    char piece[PIECE_SIZE];
    uint64_t done = 0;
    while (done < load->request.size) {
        gsize want = (gsize)MIN(load->request.size - done, PIECE_SIZE);
        ssize_t got = pread(load->fd, piece, want, (off_t)(load->offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            memset(piece, '\n', want);
            got = (ssize_t)want;
        }
        struct iovec part = {piece, (size_t)got};
        if (!send_bytes(socket, &part, 1, load->until_us)) {
            return false;
        }
        done += (uint64_t)got;
    }
    return true;
}

/* The request and, in the same piece, the mail if it is in memory. */
static bool send_held(int socket, const Load *load, const void *data, gsize size)
{
    // Only read by sendmsg; the interface has no const.
    union {
        const void *given;
        void *asked;
    } head = {.given = &load->request}, bytes = {.given = data};
    struct iovec parts[2] = {{head.asked, sizeof load->request}, {bytes.asked, size}};
    return send_bytes(socket, parts, 2, load->until_us);
}

bool load_can_send_again(const Load *load)
{
    return load->raw != NULL || load->fd >= 0;
}

bool load_send_again(const Load *load, int socket)
{
    if (load->raw != NULL) {
        gsize size = 0;
        const void *data = g_bytes_get_data(load->raw, &size);
        return send_held(socket, load, data != NULL ? data : "", size);
    }
    return send_held(socket, load, "", 0) && send_from_file(socket, load);
}

bool load_send_first(const Load *load, const SourceItem *item, int socket)
{
    return load->raw == NULL && item->bytes != NULL
               ? send_held(socket, load, item->bytes, (gsize)item->size)
               : load_send_again(load, socket);
}
