#include "mail/parser.h"

#include "base/clock.h"
#include "mail/frame.h"
#include "mail/job.h"
#include "mail/load.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_WAITING 32             /* mails with one parser */
#define MAX_AHEAD   (512UL * 1024) /* bytes of mails with a parser that gets no more */
#define RECEIVED    (32UL * 1024)  /* bytes taken at once */

struct Parser {
    Nursery *nursery;
    int64_t time_limit_us;
    int fd; /* -1: not started */
    pid_t pid;
    GQueue loads;        /* of Load: the first is being parsed, the others wait in the socket, or
                            before it */
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

/* What a process has left; a new one is started when it is needed. */
static void forget_process(Parser *parser)
{
    (void)close(parser->fd);
    parser->fd = -1;
    g_byte_array_set_size(parser->answer, 0);
}

static void end_process(Parser *parser)
{
    if (parser->fd >= 0) {
        nursery_kill(parser->nursery, parser->pid);
        forget_process(parser);
    }
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
    return parser->loads.length == 0 ||
           (parser->fd >= 0 && parser->loads.length < MAX_WAITING && size <= MAIL_STORED_RAW &&
            parser_bytes(parser) < MAX_AHEAD);
}

int parser_fd(const Parser *parser)
{
    return parser->fd;
}

int64_t parser_deadline_us(const Parser *parser)
{
    return parser->deadline_us;
}

static void set_deadline(Parser *parser)
{
    parser->deadline_us = clock_monotonic_us() + parser->time_limit_us;
}

/* A process that takes nothing must not stop the program. */
static void start_process(Parser *parser, GError **error)
{
    const struct timeval limit = {parser->time_limit_us / G_USEC_PER_SEC,
                                  parser->time_limit_us % G_USEC_PER_SEC};
    parser->fd = nursery_spawn(parser->nursery, &parser->pid, error);
    if (parser->fd >= 0) {
        (void)setsockopt(parser->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }
}

/* Sends on, in the order of the mails. Only with the first may this wait: the parser has answered
 * all before it and reads it. Whoever waited for a parser to read the next one while it waits for
 * its answer to be read would wait for ever. One that died meanwhile or is stuck is noticed by
 * parser_check(), and at once one that waits for bytes of the first which cannot be read. */
static void send_on(Parser *parser, const SourceItem *last)
{
    bool full = false;
    for (GList *at = parser->loads.head; at != NULL && !full; at = at->next) {
        Load *load = at->data;
        const bool is_first = at->prev == NULL;
        load->until_us = is_first ? parser->deadline_us : 0;
        full = !load_is_sent(load) &&
               (!load_send(load, at->next == NULL ? last : NULL, parser->fd, is_first) ||
                !load_is_sent(load));
        if (is_first && load->trouble != NULL) {
            (void)shutdown(parser->fd, SHUT_RDWR);
        }
    }
}

bool parser_send(Parser *parser, const SourceItem *item, GBytes *raw, gpointer job, GError **error)
{
    if (parser->fd < 0) {
        start_process(parser, error);
    }
    if (parser->fd < 0) {
        return false;
    }
    Load *load = load_new(item, raw, job);
    g_queue_push_tail(&parser->loads, load);
    if (parser->loads.length == 1) {
        set_deadline(parser);
    }
    send_on(parser, item);
    return true;
}

/* After a parser's death: a new one gets the mails that it had not answered. */
static bool start_again(Parser *parser, GError **error)
{
    end_process(parser);
    if (g_queue_is_empty(&parser->loads)) {
        return true;
    }
    set_deadline(parser);
    start_process(parser, error);
    for (GList *at = parser->loads.head; at != NULL; at = at->next) {
        ((Load *)at->data)->sent = 0;
    }
    if (parser->fd >= 0) {
        send_on(parser, NULL);
    }
    return parser->fd >= 0;
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
static gpointer drop_first(Parser *parser)
{
    Load *load = g_queue_pop_head(&parser->loads);
    gpointer job = load->job;
    load_free(load);
    set_deadline(parser);
    return job;
}

static gpointer finish_first(Parser *parser)
{
    gpointer job = drop_first(parser);
    send_on(parser, NULL);
    return job;
}

/* The first mail cost the parser its life; those behind it go to another. */
static gpointer fail_first(Parser *parser, GError **error)
{
    gpointer job = drop_first(parser);
    return start_again(parser, error) ? job : NULL;
}

gpointer parser_take(Parser *parser, ParsedMail **mail, char **why, GError **error)
{
    switch (take_answer(parser, mail)) {
    case ANSWER_WHOLE:
        return finish_first(parser);
    case ANSWER_BAD:
        *why = g_strdup("its parser gave a wrong answer");
        return fail_first(parser, error);
    case ANSWER_PARTIAL:
        break;
    }
    return NULL;
}

/* The parser is gone. Once that may have had other reasons than the mail: memory ran out, somebody
 * ended the process. */
static gpointer bury(Parser *parser, char **why, GError **error)
{
    g_autofree char *end = nursery_bury(parser->nursery, parser->pid, error);
    forget_process(parser);
    if (end == NULL) {
        return NULL;
    }
    Load *first = g_queue_peek_head(&parser->loads);
    if (!first->again && load_can_send_again(first)) {
        first->again = true;
        (void)start_again(parser, error);
        return NULL;
    }
    *why = g_strdup_printf("its parser %s", end);
    return fail_first(parser, error);
}

gpointer parser_check(Parser *parser, bool readable, ParsedMail **mail, char **why, GError **error)
{
    Load *first = g_queue_peek_head(&parser->loads);
    if (first->trouble != NULL) {
        *mail = job_unread(g_steal_pointer(&first->trouble));
        return fail_first(parser, error);
    }
    bool alive = !readable || receive(parser);
    g_autoptr(GError) failure = NULL;
    gpointer job = parser_take(parser, mail, why, &failure);
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    if (job != NULL) {
        return job;
    }
    if (!alive) {
        return bury(parser, why, error);
    }
    if (readable || clock_monotonic_us() < parser->deadline_us) {
        return NULL;
    }
    *why = g_strdup_printf("it could not be read within %.1f s",
                           (double)parser->time_limit_us / G_USEC_PER_SEC);
    return fail_first(parser, error);
}
