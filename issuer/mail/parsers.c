#include "mail/parsers.h"

#include "base/clock.h"
#include "mail/parser.h"

#include <poll.h>

#define MAX_PARSERS 64
#define MAX_WORK    (40UL * 1024 * 1024) /* bytes of mail with all parsers: no two of 30 MB */

struct Parsers {
    unsigned count;
    Parser *parsers[MAX_PARSERS];
};

Parsers *parsers_new(const MailSettings *settings, Nursery *nursery)
{
    Parsers *parsers = g_new0(Parsers, 1);
    parsers->count = CLAMP(settings->parsers, 1, MAX_PARSERS);
    for (unsigned i = 0; i < parsers->count; i++) {
        parsers->parsers[i] = parser_new(nursery, settings->time_limit_ms);
    }
    return parsers;
}

void parsers_free(Parsers *parsers)
{
    if (parsers == NULL) {
        return;
    }
    for (unsigned i = 0; i < parsers->count; i++) {
        parser_free(parsers->parsers[i]);
    }
    g_free(parsers);
}

bool parsers_have_room(const Parsers *parsers, uint64_t size)
{
    bool room = false;
    uint64_t work = 0;
    for (unsigned i = 0; i < parsers->count; i++) {
        room = room || parser_can_take(parsers->parsers[i], size);
        work += parser_bytes(parsers->parsers[i]);
    }
    return room && (work == 0 || work + size <= MAX_WORK);
}

/* The parser with the fewest mails, of these one that runs already. */
static Parser *find_free(const Parsers *parsers, uint64_t size)
{
    Parser *found = NULL;
    for (unsigned i = 0; i < parsers->count; i++) {
        Parser *parser = parsers->parsers[i];
        bool better = found == NULL || parser_loads(parser) < parser_loads(found) ||
                      (parser_loads(parser) == parser_loads(found) && parser_fd(found) < 0);
        if (better && parser_can_take(parser, size)) {
            found = parser;
        }
    }
    return found;
}

bool parsers_send(Parsers *parsers, const SourceItem *item, GBytes *raw, gpointer job,
                  GError **error)
{
    return parser_send(find_free(parsers, item->size), item, raw, job, error);
}

static int poll_timeout_ms(int64_t deadline_us)
{
    int64_t left_us = deadline_us - clock_monotonic_us();
    return left_us <= 0 ? 0 : (int)MIN(left_us / 1000 + 1, G_MAXINT);
}

/* Polls the busy parsers once, and looks at each. */
static gpointer wait_once(Parsers *parsers, ParsedMail **mail, char **why, GError **error)
{
    struct pollfd polled[MAX_PARSERS];
    int64_t deadline_us = G_MAXINT64;
    for (unsigned i = 0; i < parsers->count; i++) {
        const Parser *parser = parsers->parsers[i];
        bool busy = parser_loads(parser) > 0;
        polled[i] = (struct pollfd){.fd = busy ? parser_fd(parser) : -1, .events = POLLIN};
        deadline_us = busy ? MIN(deadline_us, parser_deadline_us(parser)) : deadline_us;
    }
    if (poll(polled, parsers->count, poll_timeout_ms(deadline_us)) < 0) {
        return NULL; /* interrupted by a signal */
    }
    gpointer job = NULL;
    for (unsigned i = 0; job == NULL && *error == NULL && i < parsers->count; i++) {
        Parser *parser = parsers->parsers[i];
        if (parser_loads(parser) > 0) {
            job = parser_check(parser, polled[i].revents != 0, mail, why, error);
        }
    }
    return job;
}

static bool any_busy(const Parsers *parsers)
{
    for (unsigned i = 0; i < parsers->count; i++) {
        if (parser_loads(parsers->parsers[i]) > 0) {
            return true;
        }
    }
    return false;
}

gpointer parsers_wait(Parsers *parsers, ParsedMail **mail, char **why, GError **error)
{
    *mail = NULL;
    *why = NULL;
    g_autoptr(GError) failure = NULL;
    gpointer job = NULL;
    for (unsigned i = 0; job == NULL && failure == NULL && i < parsers->count; i++) {
        Parser *parser = parsers->parsers[i];
        if (parser_loads(parser) > 0) {
            job = parser_take(parser, mail, why, &failure); /* it came along with another */
        }
    }
    while (job == NULL && failure == NULL && any_busy(parsers)) {
        job = wait_once(parsers, mail, why, &failure);
    }
    if (failure != NULL) {
        g_clear_pointer(why, g_free);
        g_propagate_error(error, g_steal_pointer(&failure));
    }
    return job;
}
