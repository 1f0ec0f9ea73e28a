#include "mail/parser_process.h"

#include "mail/frame.h"

#include <errno.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_MEMORY     (512UL * 1024 * 1024) /* bytes of address space */
#define MAX_OPEN_FILES 16                    /* enough to load a rare character set's converter */
#define BIG            (256UL * 1024)        /* bytes; memory of this size is given back at once */

static void limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit limits = {value, value};
    (void)setrlimit(resource, &limits); /* without the limit it still works */
}

void parser_process_confine(void)
{
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, MAX_OPEN_FILES);
#if !defined(__SANITIZE_ADDRESS__) // the sanitizer reserves terabytes of address space
    limit(RLIMIT_AS, MAX_MEMORY);
    // A fixed threshold: else glibc raises it at the first free and keeps big blocks for good.
    (void)mallopt(M_MMAP_THRESHOLD, BIG);
    // Libraries complain there before they give up; that is told in a line of ours.
    (void)dup2(STDOUT_FILENO, STDERR_FILENO);
#endif
}

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
    MessageOrigin origin = {request.from_mbox != 0, request.deleted != 0};
    g_autoptr(ParsedMail) mail = message_parse(data, size, &origin, settings);
    return answer(fd, mail);
}

void parser_process_run(int fd, const MailSettings *settings)
{
    while (serve_one(fd, settings)) {
    }
    _exit(0);
}
