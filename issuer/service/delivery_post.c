/* Replies by the mail server, one after the other. Each is on record as being sent before the
 * server hears of it, and what became of it after: whoever is killed in between leaves one that was
 * perhaps sent, and that is sent again, under the same Message-ID, once nobody else can be at it
 * any more. */
#include "base/clock.h"
#include "base/error.h"
#include "service/delivery_internal.h"

#define TROUBLES_MOST 3 /* in a row, before it is the server that is taken to be ill */
#define TRIES_MOST    5 /* at a record that others write at the same time */

#define WHY_REFUSED    "the mail server refuses it"
#define WHY_UNSENDABLE "it cannot be sent as it is"

typedef struct {
    const Delivery *delivery;
    unsigned lease;    /* seconds for which a reply is ours */
    unsigned troubles; /* replies in a row at which the server was of no use */
} Post;

/* A reply that is being sent. */
typedef struct {
    ReplyQueue *queue; /* holds it alone */
    Outgoing *outgoing;
    ReplyAttempt attempt;
    int64_t begun; /* clock_monotonic_us() */
} Sending;

static void sending_clear(Sending *sending)
{
    g_clear_pointer(&sending->outgoing, delivery_outgoing_free);
    g_clear_pointer(&sending->queue, reply_queue_free);
}

/* What is done with a reply that was taken, within that transaction: one that does not go out has
 * come to its end. */
static bool begin(const Post *post, Sending *sending, int64_t now, GError **error)
{
    Database *database = post->delivery->context->database;
    const Outgoing *outgoing = sending->outgoing;
    if (outgoing->mail != NULL) {
        return delivery_store_begin(database, outgoing->reply->id, post->lease, now,
                                    &sending->attempt, error);
    }
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(ReplyEndRow));
    const ReplyEndRow row = delivery_outgoing_row(outgoing);
    g_array_append_val(rows, row);
    return delivery_store_end(database, rows, now, error);
}

/* Takes the next reply that is due; none: `sending` stays empty. Whether it may still go out is
 * seen while it is locked. */
static bool take(const Post *post, Sending *sending, GError **error)
{
    const Delivery *delivery = post->delivery;
    Database *database = delivery->context->database;
    const ReplyTake what = {.now = clock_now(), .most = 1};
    sending->begun = clock_monotonic_us();
    sending->queue = delivery_outgoing_take(delivery, &what, error);
    if (sending->queue == NULL) {
        return false;
    }
    const GPtrArray *replies = reply_queue_replies(sending->queue);
    if (replies->len == 0) {
        database_rollback(database);
        return true;
    }
    sending->outgoing = delivery_outgoing_new(delivery, g_ptr_array_index(replies, 0));
    if (!begin(post, sending, what.now, error)) {
        database_rollback(database);
        return false;
    }
    return database_commit(database, error);
}

/* We could not put it on the wire, which says nothing of whom it goes to. */
static bool is_ours(const GError *failure)
{
    return failure != NULL && failure->code == ISSUER_ERROR_INPUT;
}

static AttemptEnd end_of(SmtpVerdict verdict, const GError *failure)
{
    switch (verdict) {
    case SMTP_TAKEN:
        return ATTEMPT_SENT;
    case SMTP_REFUSED:
        return is_ours(failure) ? ATTEMPT_REFUSED : ATTEMPT_DOUBTFUL;
    case SMTP_UNWELCOME:
        return ATTEMPT_REFUSED;
    case SMTP_NOT_NOW:
    case SMTP_LOST:
        return ATTEMPT_PUT_OFF;
    case SMTP_NO_SERVICE:
        return ATTEMPT_VOID;
    }
    g_assert_not_reached();
}

/* In one statement, and so in a transaction of its own. Who erases an address, say, may have locked
 * its contact and want this reply: then one of the two gives way, and the server is not asked again
 * for that. */
static bool store(Database *database, const ReplyAttempt *attempt, const AttemptResult *result,
                  AttemptRecord *record, GError **error)
{
    for (unsigned tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        if (delivery_store_finish(database, attempt, result, record, &problem)) {
            return true;
        }
        if (tries == TRIES_MOST || !g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_CONFLICT)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
    }
}

/* Puts on record what became of it, and tells
 * of it. Of what is another's by now, that one tells; of what has not been tried, nobody. */
static bool finish(const Post *post, Sending *sending, SmtpVerdict verdict, const GError *failure,
                   GError **error)
{
    const Context *context = post->delivery->context;
    Outgoing *outgoing = sending->outgoing;
    const AttemptResult result = {
        .end = end_of(verdict, failure),
        .why = is_ours(failure) ? WHY_UNSENDABLE : WHY_REFUSED,
        .problem = failure != NULL ? failure->message : NULL,
        .days = (unsigned)config_number(settings_config(context->settings), "reply-days"),
        .now = clock_now(),
    };
    AttemptRecord record = {0};
    if (!store(context->database, &sending->attempt, &result, &record, error)) {
        return false;
    }
    outgoing->end = record.end;
    outgoing->until = record.until;
    outgoing->error = g_strdup(result.problem);
    if (record.end == REPLY_UNDELIVERED) {
        outgoing->why = result.end == ATTEMPT_PUT_OFF
                            ? g_strdup_printf("given up after %u days", result.days)
                            : g_strdup(result.why);
    }
    if (!record.over && result.end != ATTEMPT_VOID) {
        delivery_outgoing_tell(post->delivery, outgoing);
    }
    return true;
}

/* Somebody has stopped this program for so long that the reply may be another's by now. */
static bool is_late(const Sending *sending)
{
    return clock_monotonic_us() - sending->begun > (int64_t)DELIVERY_MARGIN / 2 * G_USEC_PER_SEC;
}

static bool complain(const Post *post, const GError *failure, GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "%s%s; what is queued stays queued",
                failure->message, post->troubles > 0 ? ", as before" : "");
    return false;
}

/* False: nothing more can be sent. */
static bool send_mail(Post *post, Sending *sending, GError **error)
{
    const Delivery *delivery = post->delivery;
    const Outgoing *outgoing = sending->outgoing;
    if (is_late(sending)) {
        return true; /* it is sent again once its time is over */
    }
    gsize size = 0;
    const void *mail = g_bytes_get_data(outgoing->mail, &size);
    g_autoptr(GError) failure = NULL;
    const SmtpVerdict verdict = smtp_send(delivery->mailer->smtp, delivery->mailer->address,
                                          outgoing->reply->recipient, mail, size, &failure);
    if (!finish(post, sending, verdict, failure, error)) {
        return false;
    }
    const bool trouble = verdict == SMTP_LOST || verdict == SMTP_UNWELCOME;
    post->troubles = trouble ? post->troubles + 1 : 0;
    return (verdict != SMTP_NO_SERVICE && post->troubles < TROUBLES_MOST) ||
           complain(post, failure, error);
}

static bool run_one(Post *post, bool *more, GError **error)
{
    Sending sending = {0};
    bool good = take(post, &sending, error);
    *more = good && sending.outgoing != NULL;
    if (*more && sending.outgoing->mail != NULL) {
        good = send_mail(post, &sending, error);
    } else if (*more) {
        delivery_outgoing_tell(post->delivery, sending.outgoing);
    }
    sending_clear(&sending);
    return good;
}

bool delivery_post_run(const Delivery *delivery, GError **error)
{
    ReplyWaiting waiting = {0};
    if (!delivery_store_waiting(delivery->context->database, &waiting, error)) {
        return false;
    }
    if (waiting.count == 0 || waiting.next > clock_now()) {
        return true;
    }
    Post post = {
        .delivery = delivery,
        .lease = delivery_run_longest(delivery),
    };
    /* Before any reply is touched: most of what can be wrong is wrong for all of them. A server
     * that has just taken one need not be asked. */
    g_autoptr(GError) failure = NULL;
    if (!smtp_is_fresh(delivery->mailer->smtp) && !smtp_greet(delivery->mailer->smtp, &failure)) {
        return complain(&post, failure, error);
    }
    bool more = true;
    bool good = true;
    while (good && more && !delivery_stops(delivery)) {
        good = run_one(&post, &more, error);
    }
    return good;
}
