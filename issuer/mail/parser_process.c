#include "mail/parser_process.h"

#include "mail/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static bool receive(int fd, void *data, gsize length)
{
    gsize done = 0;
    while (done < length) {
        ssize_t got = recv(fd, (char *)data + done, length - done, 0);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        done += got > 0 ? (gsize)got : 0;
    }
    return true;
}

static bool send_all(int fd, const guint8 *data, gsize length)
{
    gsize done = 0;
    while (done < length) {
        ssize_t put = send(fd, data + done, length - done, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (gsize)put : 0;
    }
    return true;
}

/* Sends the frame with its length before it, in one piece. */
static bool answer(int fd, const ParsedMail *mail)
{
    g_autoptr(GByteArray) frame = frame_write(mail);
    uint64_t size = frame->len;
    g_byte_array_prepend(frame, (const guint8 *)&size, sizeof size);
    return send_all(fd, frame->data, frame->len);
}

static bool serve_one(int fd, const MailSettings *settings)
{
    ParserRequest request;
    if (!receive(fd, &request, sizeof request) || request.size > MAIL_MAX_SIZE) {
        return false;
    }
    gsize size = (gsize)request.size;
    g_autofree char *data = g_malloc(size + 1);
    if (!receive(fd, data, size)) {
        return false;
    }
    data[size] = '\0';
    MessageOrigin origin = {request.from_mbox != 0, request.deleted != 0, request.ours != 0};
    g_autoptr(ParsedMail) mail = message_parse(data, size, &origin, settings);
    return answer(fd, mail);
}

void parser_process_run(int fd, const MailSettings *settings)
{
    while (serve_one(fd, settings)) {
    }
    _exit(0);
}
