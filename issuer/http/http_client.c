#include "http/http_client.h"

#include "base/error.h"
#include "base/socket.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static bool fail(const char *what, GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "no daemon answers: %s",
                errno == EAGAIN ? "it is silent" : what);
    return false;
}

static int dial(const struct sockaddr_storage *address, socklen_t size)
{
    const struct timeval patience = {.tv_sec = HTTP_CLIENT_SECONDS};
    const int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)address, size) != 0) {
        const int problem = errno;
        (void)close(fd);
        errno = problem;
        return -1;
    }
    return fd;
}

/* All until its end, or as much as is wanted of it. */
static bool receive(int fd, GString *answer)
{
    char part[512];
    ssize_t got = 0;
    do {
        got = recv(fd, part, sizeof part, 0);
        g_string_append_len(answer, part, MAX(got, 0));
    } while ((got > 0 && answer->len < HTTP_CLIENT_MOST) || (got < 0 && errno == EINTR));
    return got >= 0;
}

static bool read_answer(const GString *answer, unsigned *status, char **line)
{
    const char *end = strstr(answer->str, "\r\n\r\n");
    int64_t number = 0;
    if (!g_str_has_prefix(answer->str, "HTTP/1.1 ") || end == NULL) {
        return false;
    }
    g_autofree char *word = g_strndup(answer->str + strlen("HTTP/1.1 "), 3);
    if (!text_read_number(word, 100, 999, &number)) {
        return false;
    }
    g_auto(GStrv) lines = g_strsplit(end + strlen("\r\n\r\n"), "\n", 2);
    *status = (unsigned)number;
    *line = text_one_line(lines[0] != NULL ? lines[0] : "", 0);
    return true;
}

static bool converse(int fd, const char *path, GString *answer, GError **error)
{
    g_autofree char *request =
        g_strdup_printf("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    return (socket_send_all(fd, request, strlen(request)) && receive(fd, answer)) ||
           fail(g_strerror(errno), error);
}

bool http_client_get(const struct sockaddr_storage *address, socklen_t size, const char *path,
                     unsigned *status, char **line, GError **error)
{
    g_autoptr(GString) answer = g_string_new(NULL);
    const int fd = dial(address, size);
    if (fd < 0) {
        return fail(g_strerror(errno), error);
    }
    const bool heard = converse(fd, path, answer, error);
    (void)close(fd);
    errno = 0;
    return heard &&
           (read_answer(answer, status, line) || fail("who listens there is none of ours", error));
}
