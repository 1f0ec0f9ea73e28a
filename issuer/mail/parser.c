#include "mail/parser.h"

#include "base/clock.h"
#include "mail/frame.h"
#include "mail/parser_process.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_WAITING 8             /* mails with one parser, if they are small */
#define SMALL_SIZE  (8UL * 1024)  /* bytes; as many fit into a socket's buffer */
#define RECEIVED    (32UL * 1024) /* bytes taken at once */
#define PIECE_SIZE  (64UL * 1024) /* bytes read at once of a mail that is not in memory */

/* A mail that is with a parser. */
typedef struct {
    gpointer job;
    ParserRequest request;
    GBytes *raw; /* to send it again if the mail before it kills the parser; may be NULL */
} Load;

struct Parser {
    Nursery *nursery;
    int64_t time_limit_us;
    int fd; /* -1: not started */
    pid_t pid;
    GQueue loads;        /* of Load: the first is being parsed, the others wait in the socket */
    int64_t deadline_us; /* of the first */
    GByteArray *answer;  /* length and frame, as far as received */
};

Parser *parser_new(Nursery *nursery, unsigned time_limit_ms)
{
    Parser *parser = g_new0(Parser, 1);
    parser->nursery = nursery;
    parser->time_limit_us = 1000 * (int64_t)time_limit_ms;
    parser->fd = -1;
    parser->answer = g_byte_array_new();
    g_queue_init(&parser->loads);
    return parser;
}

static void load_free(gpointer data)
{
    Load *load = data;
    g_clear_pointer(&load->raw, g_bytes_unref);
    g_free(load);
}

/* Ends a parser's process; a new one is started when it is needed. */
static void end_process(Parser *parser)
{
    if (parser->fd >= 0) {
        (void)close(parser->fd);
        parser->fd = -1;
        nursery_kill(parser->nursery, parser->pid);
    }
    g_byte_array_set_size(parser->answer, 0);
}

void parser_free(Parser *parser)
{
    if (parser == NULL) {
        return;
    }
    end_process(parser);
    g_queue_clear_full(&parser->loads, load_free);
    g_byte_array_unref(parser->answer);
    g_free(parser);
}

unsigned parser_loads(const Parser *parser)
{
    return parser->loads.length;
}

uint64_t parser_bytes(const Parser *parser)
{
    uint64_t bytes = 0;
    for (const GList *at = parser->loads.head; at != NULL; at = at->next) {
        const Load *load = at->data;
        bytes += load->request.size;
    }
    return bytes;
}

bool parser_can_take(const Parser *parser, uint64_t size)
{
    const Load *last = parser->loads.tail == NULL ? NULL : parser->loads.tail->data;
    return last == NULL || (parser->fd >= 0 && parser->loads.length < MAX_WAITING &&
                            size <= SMALL_SIZE && last->request.size <= SMALL_SIZE);
}

int parser_fd(const Parser *parser)
{
    return parser->fd;
}

int64_t parser_deadline_us(const Parser *parser)
{
    return parser->deadline_us;
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

/* Sends a mail that is too long to be kept. */
static bool send_unheld(int fd, const SourceItem *item)
{
    if (item->bytes == NULL) {
        return send_from_file(fd, item);
    }
    union {
        const char *given;
        void *asked;
    } bytes = {.given = item->bytes}; // only read; the interface has no const
    struct iovec part = {bytes.asked, (size_t)item->size};
    return send_bytes(fd, &part, 1);
}

static bool send_load(int fd, Load *load)
{
    // Only read by sendmsg; the interface has no const.
    union {
        gconstpointer given;
        void *asked;
    } bytes = {.given = load->raw == NULL ? "" : g_bytes_get_data(load->raw, NULL)};
    gsize size = load->raw == NULL ? 0 : g_bytes_get_size(load->raw);
    struct iovec parts[2] = {{&load->request, sizeof load->request}, {bytes.asked, size}};
    return send_bytes(fd, parts, 2);
}

static void set_deadline(Parser *parser)
{
    parser->deadline_us = clock_monotonic_us() + parser->time_limit_us;
}

bool parser_send(Parser *parser, const SourceItem *item, GBytes *raw, gpointer job, GError **error)
{
    if (parser->fd < 0) {
        parser->fd = nursery_spawn(parser->nursery, &parser->pid, error);
        if (parser->fd < 0) {
            return false;
        }
    }
    Load *load = g_new(Load, 1);
    *load = (Load){job, {item->size, item->from_mbox, item->deleted}, NULL};
    load->raw = raw == NULL ? NULL : g_bytes_ref(raw);
    g_queue_push_tail(&parser->loads, load);
    // A parser that died meanwhile is noticed by parser_check(): its socket is at its end.
    if (send_load(parser->fd, load) && raw == NULL) {
        (void)send_unheld(parser->fd, item);
    }
    if (parser->loads.length == 1) {
        set_deadline(parser);
    }
    return true;
}

/* After the first mail killed the parser: the others, which waited behind it, go to a new one. They
 * are small, so they are in memory. */
static void send_rest_again(Parser *parser)
{
    end_process(parser);
    if (g_queue_is_empty(&parser->loads)) {
        return;
    }
    parser->fd = nursery_spawn(parser->nursery, &parser->pid, NULL);
    if (parser->fd < 0) {
        parser->deadline_us = 0; /* nobody will answer for them */
    }
    for (GList *at = parser->loads.head; parser->fd >= 0 && at != NULL; at = at->next) {
        (void)send_load(parser->fd, at->data);
    }
}

/* Receives what is there. False if the parser is gone. */
static bool receive(const Parser *parser)
{
    guint8 piece[RECEIVED];
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
    if (size > FRAME_MAX_SIZE) {
        return ANSWER_BAD;
    }
    return answer->len >= sizeof size + size ? ANSWER_WHOLE : ANSWER_PARTIAL;
}

/* Takes the first answer, if it is there whole; the next one may follow it at once. */
static AnswerState take_answer(Parser *parser, ParsedMail **mail)
{
    AnswerState state = answer_state(parser->answer);
    if (state == ANSWER_WHOLE) {
        uint64_t size = 0;
        memcpy(&size, parser->answer->data, sizeof size);
        *mail = frame_read(parser->answer->data + sizeof size, (gsize)size);
        g_byte_array_remove_range(parser->answer, 0, (guint)(sizeof size + size));
    }
    return state == ANSWER_WHOLE && *mail == NULL ? ANSWER_BAD : state;
}

/* The first mail is done; the next one's time begins. */
static gpointer finish_first(Parser *parser)
{
    Load *load = g_queue_pop_head(&parser->loads);
    gpointer job = load->job;
    load_free(load);
    set_deadline(parser);
    return job;
}

/* The first mail cost the parser its life. */
static gpointer fail_first(Parser *parser)
{
    gpointer job = finish_first(parser);
    send_rest_again(parser);
    return job;
}

gpointer parser_take(Parser *parser, ParsedMail **mail, char **why)
{
    switch (take_answer(parser, mail)) {
    case ANSWER_WHOLE:
        return finish_first(parser);
    case ANSWER_BAD:
        *why = g_strdup("its parser gave a wrong answer");
        return fail_first(parser);
    case ANSWER_PARTIAL:
        break;
    }
    return NULL;
}

gpointer parser_check(Parser *parser, bool readable, ParsedMail **mail, char **why)
{
    bool alive = !readable || receive(parser);
    gpointer job = parser_take(parser, mail, why);
    if (job != NULL) {
        return job;
    }
    if (!alive || parser->fd < 0) {
        *why = g_strdup("its parser crashed");
    } else if (!readable && clock_monotonic_us() >= parser->deadline_us) {
        *why = g_strdup_printf("it could not be read within %.1f s",
                               (double)parser->time_limit_us / G_USEC_PER_SEC);
    } else {
        return NULL;
    }
    return fail_first(parser);
}
