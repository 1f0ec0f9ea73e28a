#include "mail/unpacker.h"

#include "base/clock.h"
#include "base/text.h"
#include "mail/archive.h"
#include "mail/spool.h"
#include "mail/unpack_process.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WHAT_TO_DO "unpack it by hand and give what comes out"
#define MAX_WHY    1000 /* code points of what the process says */

struct Unpacker {
    Nursery *nursery;
    Budget *budget;
    unsigned time_limit_ms;
    int socket; /* -1: the process has ended */
    pid_t pid;
    bool stays; /* for what is given to it next */
    bool ended;
    bool broken;   /* it has failed */
    bool has_head; /* of what follows */
    UnpackHead head;
    char piece[UNPACK_PIECE];
    char *name;
    GByteArray *mail;
    char *trouble;
    char *failed; /* why nothing will come out, to be told */
};

/* Starts the process; `file` is -1 for one that gets what it unpacks sent. */
static Unpacker *start(Nursery *nursery, ContainerKind kind, int file, GError **error)
{
    pid_t pid = -1;
    int socket = nursery_spawn_unpacker(nursery, kind, file, &pid, error);
    if (socket < 0) {
        return NULL;
    }
    Unpacker *unpacker = g_new0(Unpacker, 1);
    unpacker->nursery = nursery;
    unpacker->socket = socket;
    unpacker->pid = pid;
    unpacker->stays = file < 0;
    unpacker->mail = g_byte_array_new();
    return unpacker;
}

Unpacker *unpacker_new(Nursery *nursery, ContainerKind kind, int fd, unsigned time_limit_ms,
                       Budget *budget, GError **error)
{
    Unpacker *unpacker = start(nursery, kind, fd, error);
    if (unpacker != NULL) {
        unpacker->budget = budget;
        unpacker->time_limit_ms = time_limit_ms;
    }
    return unpacker;
}

Unpacker *unpacker_new_small(Nursery *nursery, unsigned time_limit_ms, Budget *budget,
                             GError **error)
{
    return unpacker_new(nursery, CONTAINER_ARCHIVE, -1, time_limit_ms, budget, error);
}

static void end_process(Unpacker *unpacker)
{
    if (unpacker->socket >= 0) {
        (void)close(unpacker->socket);
        unpacker->socket = -1;
        nursery_kill(unpacker->nursery, unpacker->pid);
    }
    unpacker->ended = true;
}

void unpacker_free(Unpacker *unpacker)
{
    if (unpacker == NULL) {
        return;
    }
    end_process(unpacker);
    g_free(unpacker->name);
    g_free(unpacker->trouble);
    g_free(unpacker->failed);
    g_byte_array_unref(unpacker->mail);
    g_free(unpacker);
}

/* The first trouble counts; takes `why`. */
static void set_trouble(Unpacker *unpacker, char *why)
{
    if (unpacker->trouble == NULL) {
        unpacker->trouble = why;
    } else {
        g_free(why);
    }
}

/* The process is of no more use; takes `why`. */
static bool give_up(Unpacker *unpacker, char *why)
{
    end_process(unpacker);
    unpacker->broken = true;
    set_trouble(unpacker, g_strdup_printf("is unpacked up to here: %s; " WHAT_TO_DO, why));
    g_free(why);
    return false;
}

/* The process has ended before it said so. */
static bool bury(Unpacker *unpacker)
{
    (void)close(unpacker->socket);
    unpacker->socket = -1;
    g_autoptr(GError) error = NULL;
    g_autofree char *how = nursery_bury(unpacker->nursery, unpacker->pid, &error);
    return give_up(unpacker, how == NULL ? g_strdup(error->message)
                                         : g_strdup_printf("its unpacker %s", how));
}

// ---- receiving ----

/* Waits until something can be received (POLLIN) or sent (POLLOUT), or until the deadline. */
static bool await(Unpacker *unpacker, short events, int64_t deadline_us)
{
    for (;;) {
        int64_t left_us = deadline_us - clock_monotonic_us();
        struct pollfd polled = {.fd = unpacker->socket, .events = events};
        int ready = left_us <= 0 ? 0 : poll(&polled, 1, (int)MIN(left_us / 1000 + 1, G_MAXINT));
        if (ready > 0) {
            return true;
        }
        if (ready == 0) {
            return give_up(unpacker, g_strdup_printf("nothing more came out within %.1f s",
                                                     (double)unpacker->time_limit_ms / 1000));
        }
        if (errno != EINTR) {
            return give_up(unpacker, g_strdup(g_strerror(errno)));
        }
    }
}

static int64_t deadline(const Unpacker *unpacker)
{
    return clock_monotonic_us() + 1000 * (int64_t)unpacker->time_limit_ms;
}

static bool receive(Unpacker *unpacker, void *data, gsize size)
{
    const int64_t deadline_us = deadline(unpacker);
    gsize done = 0;
    while (done < size) {
        if (!await(unpacker, POLLIN, deadline_us)) {
            return false;
        }
        ssize_t got = recv(unpacker->socket, (char *)data + done, size - done, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
            return bury(unpacker);
        }
        done += got > 0 ? (gsize)got : 0;
    }
    return true;
}

/* Has the next head, and what is behind it. */
static bool look(Unpacker *unpacker)
{
    if (unpacker->has_head) {
        return true;
    }
    if (!receive(unpacker, &unpacker->head, sizeof unpacker->head)) {
        return false;
    }
    if (unpacker->head.kind >= UNPACK_KINDS || unpacker->head.size > UNPACK_PIECE) {
        return give_up(unpacker, g_strdup("its unpacker gave a wrong answer"));
    }
    unpacker->has_head = receive(unpacker, unpacker->piece, unpacker->head.size);
    return unpacker->has_head;
}

/* The text behind the head, as it may be shown. New string. */
static char *take_text(Unpacker *unpacker, gsize most)
{
    g_autofree char *text = g_utf8_make_valid(unpacker->piece, (gssize)unpacker->head.size);
    unpacker->has_head = false;
    return text_one_line(text, most);
}

// ---- what comes out ----

static void set_spent(Unpacker *unpacker, UnpackerItem *out)
{
    g_autofree char *why = budget_why(unpacker->budget);
    set_trouble(unpacker, g_strdup_printf("%s: nothing more of it is read; " WHAT_TO_DO, why));
    out->spent = true;
    end_process(unpacker);
}

static bool keep(Unpacker *unpacker, Spool *spool)
{
    const UnpackHead *head = &unpacker->head;
    if (spool == NULL && unpacker->mail->len + head->size > MAIL_MAX_SIZE) {
        set_trouble(unpacker, g_strdup_printf("has more than the %lu MiB that are read of a mail; "
                                              "open it by hand",
                                              MAIL_MAX_SIZE >> 20));
        return false;
    }
    if (spool == NULL) {
        g_byte_array_append(unpacker->mail, (const guint8 *)unpacker->piece, head->size);
        return true;
    }
    g_autoptr(GError) error = NULL;
    if (!spool_add(spool, unpacker->piece, head->size, &error)) {
        set_trouble(unpacker, g_strdup(error->message));
        return false;
    }
    return true;
}

/* Takes one piece of content; false if nothing more may come. */
static bool take_bytes(Unpacker *unpacker, Spool *spool, UnpackerItem *out)
{
    unpacker->has_head = false;
    BudgetState state = budget_spend(unpacker->budget, unpacker->head.size);
    if (state == BUDGET_SPENT) {
        set_spent(unpacker, out);
        return false;
    }
    if (state == BUDGET_MEMBER_SPENT && unpacker->trouble == NULL) {
        g_autofree char *why = budget_why(unpacker->budget);
        set_trouble(unpacker, g_strdup_printf("%s: what follows is not read; " WHAT_TO_DO, why));
    }
    // Of what has a trouble the rest is passed over.
    if (unpacker->trouble == NULL) {
        (void)keep(unpacker, spool);
    }
    return true;
}

/* Takes the content of what has begun, up to what comes next. */
static void take_content(Unpacker *unpacker, Spool *spool, UnpackerItem *out)
{
    while (look(unpacker)) {
        if (unpacker->head.kind == UNPACK_BYTES) {
            if (!take_bytes(unpacker, spool, out)) {
                return;
            }
        } else if (unpacker->head.kind == UNPACK_TROUBLE) {
            set_trouble(unpacker, take_text(unpacker, MAX_WHY));
        } else {
            return;
        }
    }
}

static void take_file(Unpacker *unpacker, UnpackerItem *out)
{
    g_autofree char *name = take_text(unpacker, ARCHIVE_NAME_MOST);
    unpacker->name = name[0] == '\0' ? NULL : g_steal_pointer(&name);
    g_autoptr(Spool) spool = spool_new();
    take_content(unpacker, spool, out);
    g_autoptr(GError) error = NULL;
    out->kind = UNPACKER_FILE;
    out->name = unpacker->name;
    out->size = (gsize)spool_size(spool);
    out->fd = spool_take(spool, &error);
    if (out->fd < 0) {
        set_trouble(unpacker, g_strdup(error->message));
    }
}

static void take_mail(Unpacker *unpacker, UnpackerItem *out)
{
    out->kind = UNPACKER_MAIL;
    out->ours = (unpacker->head.flags & UNPACK_OURS) != 0;
    out->partial = (unpacker->head.flags & UNPACK_PARTIAL) != 0;
    out->in_mbox = (unpacker->head.flags & UNPACK_IN_MBOX) != 0;
    out->deleted = (unpacker->head.flags & UNPACK_DELETED) != 0;
    unpacker->has_head = false;
    g_byte_array_set_size(unpacker->mail, 0);
    take_content(unpacker, NULL, out);
    out->bytes = (const char *)unpacker->mail->data;
    out->size = unpacker->mail->len;
}

/* All has come out. */
static void finish(Unpacker *unpacker)
{
    unpacker->has_head = false;
    unpacker->ended = true;
    if (!unpacker->stays) {
        end_process(unpacker);
    }
}

static void take_next(Unpacker *unpacker, UnpackerItem *out)
{
    const UnpackKind kind = (UnpackKind)unpacker->head.kind;
    if ((kind == UNPACK_MEMBER || kind == UNPACK_MAIL) && !budget_begin_member(unpacker->budget)) {
        set_spent(unpacker, out);
        return;
    }
    switch (kind) {
    case UNPACK_MEMBER:
        take_file(unpacker, out);
        break;
    case UNPACK_MAIL:
        take_mail(unpacker, out);
        break;
    case UNPACK_FAULT:
        set_trouble(unpacker, take_text(unpacker, MAX_WHY));
        break;
    case UNPACK_END:
        finish(unpacker);
        out->kind = UNPACKER_END;
        break;
    default:
        (void)give_up(unpacker, g_strdup("its unpacker gave a wrong answer"));
        break;
    }
}

void unpacker_next(Unpacker *unpacker, UnpackerItem *out)
{
    *out = (UnpackerItem){.kind = unpacker->ended ? UNPACKER_END : UNPACKER_FAULT, .fd = -1};
    g_clear_pointer(&unpacker->name, g_free);
    g_clear_pointer(&unpacker->trouble, g_free);
    if (unpacker->failed != NULL) {
        out->kind = UNPACKER_FAULT;
        set_trouble(unpacker, g_steal_pointer(&unpacker->failed));
    } else if (!unpacker->ended && look(unpacker)) {
        take_next(unpacker, out);
    }
    out->trouble = unpacker->trouble;
    out->broken = unpacker->broken;
}

// ---- what goes in ----

static void send_all(Unpacker *unpacker, const void *data, gsize size)
{
    const int64_t deadline_us = deadline(unpacker);
    gsize done = 0;
    while (done < size && await(unpacker, POLLOUT, deadline_us)) {
        ssize_t put = send(unpacker->socket, (const char *)data + done, size - done,
                           MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && errno != EINTR && errno != EAGAIN) {
            return; // it is gone, which shows when nothing comes out
        }
        done += put > 0 ? (gsize)put : 0;
    }
}

void unpacker_give(Unpacker *unpacker, const void *data, gsize size)
{
    const UnpackRequest request = {size};
    unpacker->ended = false;
    g_clear_pointer(&unpacker->trouble, g_free);
    send_all(unpacker, &request, sizeof request);
    if (!unpacker->ended) {
        send_all(unpacker, data, size);
    }
    if (unpacker->ended) {
        unpacker->failed = g_steal_pointer(&unpacker->trouble);
    }
}

bool unpacker_can_take(const Unpacker *unpacker)
{
    return unpacker->stays && unpacker->ended && unpacker->socket >= 0;
}
