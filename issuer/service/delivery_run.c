#include "service/delivery_run.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/reply.h"
#include "core/reply_id.h"
#include "db/reply_store.h"
#include "delivery/outbox.h"
#include "mail/compose.h"

#define ROUND 64 /* replies in one transaction */

#define WHY_WITHDRAWN "what it tells was superseded or has ended before it was sent"
#define WHY_STRANGER  "its recipient is no contact of %s now"

typedef struct {
    const DeliveryOptions *options;
    Context *context;
    const char *folder;
    char *from;   /* our mailbox */
    char *domain; /* of our message ids */
    DeliveryReport report;
    gpointer data;
    DeliveryTotals *totals;
} Delivery;

/* One reply on its way. */
typedef struct {
    const QueuedReply *reply;
    ReplyText *text;
    ReplyEnd end;
    char *file;
    char *why;
} Outgoing;

static void outgoing_free(gpointer data)
{
    Outgoing *outgoing = data;
    reply_text_free(outgoing->text);
    g_free(outgoing->file);
    g_free(outgoing->why);
    g_free(outgoing);
}

/* Nothing in it is of use any more. A notice tells what happened, whatever happened since. */
static bool is_void(const QueuedReply *reply)
{
    for (guint i = 0; i < reply->lines->len; i++) {
        const ReplyLine *line = g_ptr_array_index(reply->lines, i);
        if (!(line->voided || line->settled) || line->notice != NOTICE_NONE) {
            return false;
        }
    }
    return reply->lines->len > 0;
}

static NoticeKind notice_of(const QueuedReply *reply)
{
    return reply->lines->len > 0 ? ((const ReplyLine *)g_ptr_array_index(reply->lines, 0))->notice
                                 : NOTICE_NONE;
}

static bool is_notice(const QueuedReply *reply)
{
    return notice_of(reply) != NOTICE_NONE;
}

/* A notice answers no mail of its recipient's, but who reported a lost server hears of the case. */
static bool answers_mail(const QueuedReply *reply)
{
    const NoticeKind notice = notice_of(reply);
    return !reply->others_mail && (notice == NOTICE_NONE || notice == NOTICE_CASE_OPENED ||
                                   notice == NOTICE_RESTORED || notice == NOTICE_NOT_RESTORED);
}

static GPtrArray *attachments_of(const ReplyText *text)
{
    GPtrArray *attachments = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < text->attachments->len; i++) {
        const ReplyAttachment *from = g_ptr_array_index(text->attachments, i);
        ComposeAttachment *to = g_new0(ComposeAttachment, 1);
        *to = (ComposeAttachment){.name = from->name, .content = from->content};
        g_ptr_array_add(attachments, to);
    }
    return attachments;
}

static GBytes *compose(const Delivery *delivery, const QueuedReply *reply, const ReplyText *text,
                       GError **error)
{
    const bool answers = answers_mail(reply);
    g_autoptr(GPtrArray) attachments = attachments_of(text);
    g_autoptr(GPtrArray) references = g_ptr_array_new_with_free_func(g_free);
    if (answers && reply->in_reply_to != NULL) {
        g_ptr_array_add(references, g_strdup(reply->in_reply_to));
    }
    g_autofree char *id = reply_id_text(reply->id, reply->tag, delivery->domain);
    const ComposeMail mail = {
        .from = delivery->from,
        .to = reply->recipient,
        .subject = text->subject,
        .message_id = id,
        .in_reply_to = answers ? reply->message_id : NULL,
        .references = references,
        .date = reply->queued_at,
        .text = text->text,
        .attachments = attachments,
    };
    return compose_mail(&mail, error);
}

static ReplyText *render(const Delivery *delivery, const QueuedReply *reply)
{
    const ReplyFacts facts = {
        .vendor = config_text(settings_config(delivery->context->settings), "vendor"),
        .subject = reply->subject,
        .others_mail = reply->others_mail,
        .lines = reply->lines,
        .ready = reply->ready,
        .words = reply->words,
    };
    return reply_render(&facts);
}

static bool write_mail(const Delivery *delivery, const char *name, GBytes *mail, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (delivery->options->dry_run || outbox_write(delivery->folder, name, mail, &problem)) {
        return true;
    }
    if (g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "the folder %s is not there: create it, or set reply-folder; the replies stay "
                    "queued",
                    delivery->folder);
    } else {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return false;
}

/* False when the folder cannot be written; all else is an end of the reply. */
static bool hand_over(const Delivery *delivery, Outgoing *outgoing, GError **error)
{
    const QueuedReply *reply = outgoing->reply;
    if (is_void(reply)) {
        outgoing->end = REPLY_WITHDRAWN;
        outgoing->why = g_strdup(WHY_WITHDRAWN);
        return true;
    }
    if (reply->stranger != NULL) {
        outgoing->end = is_notice(reply) ? REPLY_WITHDRAWN : REPLY_UNDELIVERED;
        outgoing->why = g_strdup_printf(WHY_STRANGER, reply->stranger);
        return true;
    }
    g_autoptr(GError) problem = NULL;
    g_autoptr(GBytes) mail = compose(delivery, reply, outgoing->text, &problem);
    if (mail == NULL) {
        outgoing->end = REPLY_UNDELIVERED;
        outgoing->why = g_strdup(problem->message);
        return true;
    }
    g_autofree char *name = g_strdup_printf("reply-%" G_GINT64_FORMAT, reply->id);
    g_autofree char *file = g_strconcat(name, ".eml", NULL);
    outgoing->end = REPLY_SENT;
    outgoing->file = g_build_filename(delivery->folder, file, NULL);
    return write_mail(delivery, name, mail, error);
}

static GArray *rows_of(const GPtrArray *done)
{
    GArray *rows = g_array_new(FALSE, TRUE, sizeof(ReplyEndRow));
    for (guint i = 0; i < done->len; i++) {
        const Outgoing *outgoing = g_ptr_array_index(done, i);
        ReplyEndRow row = {.id = outgoing->reply->id, .end = outgoing->end, .why = outgoing->why};
        g_array_append_val(rows, row);
    }
    return rows;
}

static void tell(const Delivery *delivery, const GPtrArray *done)
{
    for (guint i = 0; i < done->len; i++) {
        const Outgoing *outgoing = g_ptr_array_index(done, i);
        const DeliveryLine line = {
            .id = outgoing->reply->id,
            .state = reply_end_name(outgoing->end),
            .recipient = outgoing->reply->recipient,
            .subject = outgoing->text->subject,
            .file = outgoing->file,
            .why = outgoing->why,
        };
        guint64 *const counts[] = {
            [REPLY_SENT] = &delivery->totals->sent,
            [REPLY_WITHDRAWN] = &delivery->totals->withdrawn,
            [REPLY_UNDELIVERED] = &delivery->totals->undelivered,
        };
        ++*counts[outgoing->end];
        delivery->report(&line, delivery->data);
    }
}

/* What was written before the folder failed is recorded; the rest stays queued. */
static bool finish(Delivery *delivery, const GPtrArray *done, GError **error)
{
    Database *database = delivery->context->database;
    if (delivery->options->dry_run) {
        database_rollback(database);
        return true;
    }
    g_autoptr(GArray) rows = rows_of(done);
    if (!reply_store_end(database, rows, clock_now(), error)) {
        database_rollback(database);
        return false;
    }
    return database_commit(database, error);
}

/* What of `replies` was handed over, or needs no handing over, until the folder failed. */
static GPtrArray *hand_over_all(const Delivery *delivery, const GPtrArray *replies, GError **error)
{
    GPtrArray *done = g_ptr_array_new_with_free_func(outgoing_free);
    for (guint i = 0; i < replies->len; i++) {
        Outgoing *outgoing = g_new0(Outgoing, 1);
        outgoing->reply = g_ptr_array_index(replies, i);
        outgoing->text = render(delivery, outgoing->reply);
        if (!hand_over(delivery, outgoing, error)) {
            outgoing_free(outgoing);
            break;
        }
        g_ptr_array_add(done, outgoing);
    }
    return done;
}

/* One transaction. `after` is moved past the last reply; `more`: there was any. */
static bool run_round(Delivery *delivery, int64_t *after, bool *more, GError **error)
{
    Database *database = delivery->context->database;
    if (!database_begin(database, error)) {
        return false;
    }
    g_autoptr(ReplyQueue) queue = reply_store_take(database, *after, ROUND, error);
    if (queue == NULL) {
        database_rollback(database);
        return false;
    }
    const GPtrArray *replies = reply_queue_replies(queue);
    g_autoptr(GError) failure = NULL;
    g_autoptr(GPtrArray) done = hand_over_all(delivery, replies, &failure);
    if (!finish(delivery, done, error)) {
        return false;
    }
    tell(delivery, done);
    *more = replies->len > 0;
    if (*more) {
        *after = ((const QueuedReply *)g_ptr_array_index(replies, replies->len - 1))->id;
    }
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}

/* Our own mailbox: what reply-from says, else the first of our addresses. */
static bool find_sender(Delivery *delivery, GError **error)
{
    const char *from = settings_require_sender(delivery->context->settings, error);
    if (from == NULL) {
        return false;
    }
    delivery->from = g_strdup(from);
    delivery->domain = compose_domain(delivery->from, error);
    return delivery->domain != NULL;
}

bool delivery_run(const DeliveryOptions *options, DeliveryReport report, gpointer data,
                  DeliveryTotals *totals, GError **error)
{
    g_autoptr(Context) context =
        context_open(options->config_path, CONTEXT_DATABASE, "issuer deliver", error);
    if (context == NULL) {
        return false;
    }
    Delivery delivery = {
        .options = options,
        .context = context,
        .folder = options->folder != NULL
                      ? options->folder
                      : config_text(settings_config(context->settings), "reply-folder"),
        .report = report,
        .data = data,
        .totals = totals,
    };
    bool going = find_sender(&delivery, error);
    bool more = going;
    int64_t after = 0;
    while (going && more) {
        going = run_round(&delivery, &after, &more, error);
    }
    g_free(delivery.from);
    g_free(delivery.domain);
    return going;
}
