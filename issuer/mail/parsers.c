#include "mail/parsers.h"

#include "base/clock.h"
#include "base/error.h"
#include "mail/frame.h"
#include "mail/nursery.h"
#include "mail/parser_process.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_PARSERS 64
#define PIECE_SIZE  (64UL * 1024) /* bytes read at once of a mail that is not in memory */

typedef struct {
    int fd; /* -1: not started */
    pid_t pid;
    gpointer job; /* NULL: idle */
    uint64_t bytes;
    int64_t deadline_us;
    GByteArray *answer; /* length and frame, as far as received */
} Parser;

struct Parsers {
    Nursery *nursery;
    const MailSettings *settings;
    unsigned count;
    Parser parsers[MAX_PARSERS];
};

Parsers *parsers_new(const MailSettings *settings, GError **error)
{
    g_autoptr(Nursery) nursery = nursery_new(settings, error);
    if (nursery == NULL) {
        return NULL;
    }
    Parsers *parsers = g_new0(Parsers, 1);
    parsers->nursery = g_steal_pointer(&nursery);
    parsers->settings = settings;
    parsers->count = CLAMP(settings->parsers, 1, MAX_PARSERS);
    for (unsigned i = 0; i < parsers->count; i++) {
        parsers->parsers[i].fd = -1;
        parsers->parsers[i].answer = g_byte_array_new();
    }
    return parsers;
}

bool parsers_have_idle(const Parsers *parsers)
{
    for (unsigned i = 0; i < parsers->count; i++) {
        if (parsers->parsers[i].job == NULL) {
            return true;
        }
    }
    return false;
}

uint64_t parsers_bytes(const Parsers *parsers)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < parsers->count; i++) {
        bytes += parsers->parsers[i].job == NULL ? 0 : parsers->parsers[i].bytes;
    }
    return bytes;
}

/* An idle parser, one that runs already if there is any. */
static Parser *find_idle(Parsers *parsers)
{
    Parser *found = NULL;
    for (unsigned i = 0; i < parsers->count; i++) {
        Parser *parser = &parsers->parsers[i];
        if (parser->job == NULL && (found == NULL || found->fd < 0)) {
            found = parser;
        }
    }
    return found;
}

/* Ends a parser; a new one is started when it is needed. */
static void discard(const Parsers *parsers, Parser *parser)
{
    if (parser->fd >= 0) {
        (void)close(parser->fd);
        parser->fd = -1;
        nursery_kill(parsers->nursery, parser->pid);
    }
    parser->job = NULL;
    g_byte_array_set_size(parser->answer, 0);
}

static bool send_bytes(int fd, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    while (message.msg_iovlen > 0) {
        ssize_t put = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR) {
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

/* Sends a mail that is not in memory, piece by piece. A file that has become shorter is filled up
 * with empty lines: the parser was promised so many bytes. */
static bool send_from_file(int fd, const SourceItem *item)
{
    char piece[PIECE_SIZE];
    uint64_t done = 0;
    while (done < item->size) {
        gsize want = (gsize)MIN(item->size - done, PIECE_SIZE);
        ssize_t got = pread(item->fd, piece, want, (off_t)(item->offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            memset(piece, '\n', want);
            got = (ssize_t)want;
        }
        struct iovec part = {piece, (size_t)got};
        if (!send_bytes(fd, &part, 1)) {
            return false;
        }
        done += (uint64_t)got;
    }
    return true;
}

static bool send_item(int fd, const SourceItem *item)
{
    ParserRequest request = {item->size, item->from_mbox, item->deleted};
    // Only read by sendmsg; the interface has no const.
    union {
        const char *given;
        void *asked;
    } bytes = {.given = item->bytes};
    struct iovec parts[2] = {{&request, sizeof request}, {bytes.asked, (size_t)item->size}};
    if (item->bytes != NULL) {
        return send_bytes(fd, parts, 2);
    }
    return send_bytes(fd, parts, 1) && send_from_file(fd, item);
}

bool parsers_send(Parsers *parsers, const SourceItem *item, gpointer job, GError **error)
{
    Parser *parser = find_idle(parsers);
    if (parser->fd < 0) {
        parser->fd = nursery_spawn(parsers->nursery, &parser->pid, error);
        if (parser->fd < 0) {
            return false;
        }
    }
    parser->job = job;
    parser->bytes = item->size;
    // A parser that died meanwhile is noticed by parsers_wait(): its socket is at its end.
    (void)send_item(parser->fd, item);
    parser->deadline_us = clock_monotonic_us() + 1000 * (int64_t)parsers->settings->time_limit_ms;
    return true;
}

/* Receives what is there. False if the parser is gone. */
static bool receive(const Parser *parser)
{
    guint8 piece[16 * 1024];
    ssize_t got = recv(parser->fd, piece, sizeof piece, MSG_DONTWAIT);
    if (got > 0) {
        g_byte_array_append(parser->answer, piece, (guint)got);
        return true;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

typedef enum {
    ANSWER_PARTIAL,
    ANSWER_WHOLE,
    ANSWER_BAD,
} AnswerState;

static AnswerState answer_state(const GByteArray *answer)
{
    uint64_t size = 0;
    if (answer->len < sizeof size) {
        return ANSWER_PARTIAL;
    }
    memcpy(&size, answer->data, sizeof size);
    if (size > FRAME_MAX_SIZE || answer->len > sizeof size + size) {
        return ANSWER_BAD;
    }
    return answer->len == sizeof size + size ? ANSWER_WHOLE : ANSWER_PARTIAL;
}

/* Takes a whole answer and makes the parser idle; NULL if it is nonsense. */
static ParsedMail *take_answer(Parser *parser)
{
    const gsize head = sizeof(uint64_t);
    ParsedMail *mail = frame_read(parser->answer->data + head, parser->answer->len - head);
    g_byte_array_set_size(parser->answer, 0);
    parser->job = NULL;
    return mail;
}

/* Looks at one busy parser. Returns its job if it is done, one way or another. */
static gpointer check(const Parsers *parsers, Parser *parser, bool readable, ParsedMail **mail,
                      char **why)
{
    gpointer job = parser->job;
    bool alive = !readable || receive(parser);
    AnswerState state = answer_state(parser->answer);
    if (state == ANSWER_WHOLE) {
        *mail = take_answer(parser);
        if (*mail != NULL) {
            return job;
        }
        state = ANSWER_BAD;
    }
    if (state == ANSWER_BAD) {
        *why = g_strdup("its parser gave a wrong answer");
    } else if (!alive) {
        *why = g_strdup("its parser crashed");
    } else if (!readable && clock_monotonic_us() >= parser->deadline_us) {
        *why = g_strdup_printf("it could not be read within %.1f s",
                               (double)parsers->settings->time_limit_ms / 1000);
    } else {
        return NULL;
    }
    discard(parsers, parser);
    return job;
}

static int poll_timeout_ms(int64_t deadline_us)
{
    int64_t left_us = deadline_us - clock_monotonic_us();
    return left_us <= 0 ? 0 : (int)MIN(left_us / 1000 + 1, G_MAXINT);
}

gpointer parsers_wait(Parsers *parsers, ParsedMail **mail, char **why)
{
    *mail = NULL;
    *why = NULL;
    for (;;) {
        struct pollfd polled[MAX_PARSERS];
        Parser *busy[MAX_PARSERS];
        nfds_t count = 0;
        int64_t deadline_us = G_MAXINT64;
        for (unsigned i = 0; i < parsers->count; i++) {
            Parser *parser = &parsers->parsers[i];
            if (parser->job != NULL) {
                deadline_us = MIN(deadline_us, parser->deadline_us);
                polled[count] = (struct pollfd){.fd = parser->fd, .events = POLLIN};
                busy[count++] = parser;
            }
        }
        if (count == 0) {
            return NULL;
        }
        if (poll(polled, count, poll_timeout_ms(deadline_us)) < 0) {
            continue; /* interrupted by a signal */
        }
        for (nfds_t i = 0; i < count; i++) {
            gpointer job = check(parsers, busy[i], polled[i].revents != 0, mail, why);
            if (job != NULL) {
                return job;
            }
        }
    }
}

void parsers_free(Parsers *parsers)
{
    if (parsers == NULL) {
        return;
    }
    for (unsigned i = 0; i < parsers->count; i++) {
        discard(parsers, &parsers->parsers[i]);
        g_byte_array_unref(parsers->parsers[i].answer);
    }
    nursery_free(parsers->nursery);
    g_free(parsers);
}
