#include "mail/parser_process.h"

#include "base/socket.h"
#include "mail/frame.h"

#include <unistd.h>

/* Sends the frame with its length before it, in one piece. */
static bool answer(int fd, const ParsedMail *mail)
{
    g_autoptr(GByteArray) frame = frame_write(mail);
    uint64_t size = frame->len;
    g_byte_array_prepend(frame, (const guint8 *)&size, sizeof size);
    return socket_send_all(fd, frame->data, frame->len);
}

static bool serve_one(int fd, const MailSettings *settings)
{
    ParserRequest request;
    if (!socket_receive_all(fd, &request, sizeof request) || request.size > MAIL_MAX_SIZE) {
        return false;
    }
    gsize size = (gsize)request.size;
    g_autofree char *data = g_malloc(size + 1);
    if (!socket_receive_all(fd, data, size)) {
        return false;
    }
    data[size] = '\0';
    MessageOrigin origin = {request.from_mbox != 0, request.deleted != 0, request.ours != 0};
    g_autoptr(ParsedMail) mail = request.bare != 0 ? message_parse_bare(data, size, settings)
                                                   : message_parse(data, size, &origin, settings);
    return answer(fd, mail);
}

void parser_process_run(int fd, const MailSettings *settings)
{
    while (serve_one(fd, settings)) {
    }
    _exit(0);
}
