#include "mail/parser_process.h"

#include "base/socket.h"
#include "mail/frame.h"

#include <malloc.h>
#include <unistd.h>

#define KEPT_FREE (8 * 1024 * 1024) /* bytes that stay for the next mail */

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
    /* Else each mail's pages go back to the kernel, which has to clear others for the next. */
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_FREE / 2);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
    while (serve_one(fd, settings)) {
    }
    _exit(0);
}
