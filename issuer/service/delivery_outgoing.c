#include "core/reply.h"
#include "core/reply_id.h"
#include "mail/compose.h"
#include "service/delivery_internal.h"

#define WHY_WITHDRAWN  "what it tells was superseded or has ended before it was sent"
#define WHY_CUT_OFF    "what it tells was superseded or has ended; an attempt before may have arrived"
#define WHY_STRANGER   "its recipient is no contact of %s now"
#define WHY_UNCOMPOSED "no mail can be made of it"

/* A notice tells what happened, whatever happened since; but of an end that lies ahead only while
 * it does. */
static bool lasts(const ReplyLine *line)
{
    return line->notice != NOTICE_NONE && line->notice != NOTICE_EXPIRES;
}

/* Nothing in it is of use any more. */
static bool is_void(const QueuedReply *reply)
{
    for (guint i = 0; i < reply->lines->len; i++) {
        const ReplyLine *line = g_ptr_array_index(reply->lines, i);
        if (!(line->voided || line->settled) || lasts(line)) {
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

/* Why it does not go out, if it does not. */
static void judge(Outgoing *outgoing)
{
    const QueuedReply *reply = outgoing->reply;
    if (is_void(reply)) {
        outgoing->end = REPLY_WITHDRAWN;
        outgoing->why = g_strdup(reply->cut_off ? WHY_CUT_OFF : WHY_WITHDRAWN);
    } else if (reply->stranger != NULL) {
        outgoing->end = is_notice(reply) ? REPLY_WITHDRAWN : REPLY_UNDELIVERED;
        outgoing->why = g_strdup_printf(WHY_STRANGER, reply->stranger);
    }
}

ReplyQueue *delivery_outgoing_take(const Delivery *delivery, const ReplyTake *what, GError **error)
{
    Database *database = delivery->context->database;
    if (!database_begin(database, error)) {
        return NULL;
    }
    ReplyQueue *queue = reply_store_take(database, what, error);
    if (queue == NULL) {
        database_rollback(database);
    }
    return queue;
}

Outgoing *delivery_outgoing_new(const Delivery *delivery, const QueuedReply *reply)
{
    Outgoing *outgoing = g_new0(Outgoing, 1);
    outgoing->reply = reply;
    outgoing->end = REPLY_SENT;
    g_autoptr(ReplyText) text = render(delivery, reply);
    outgoing->subject = g_strdup(text->subject);
    judge(outgoing);
    if (outgoing->end != REPLY_SENT) {
        return outgoing;
    }
    g_autoptr(GError) problem = NULL;
    outgoing->mail = compose(delivery, reply, text, &problem);
    if (outgoing->mail == NULL) {
        outgoing->end = REPLY_UNDELIVERED;
        outgoing->why = g_strdup(WHY_UNCOMPOSED);
        outgoing->error = g_strdup(problem->message);
    }
    return outgoing;
}

void delivery_outgoing_free(Outgoing *outgoing)
{
    if (outgoing == NULL) {
        return;
    }
    g_clear_pointer(&outgoing->mail, g_bytes_unref);
    g_free(outgoing->subject);
    g_free(outgoing->why);
    g_free(outgoing->error);
    g_free(outgoing->file);
    g_free(outgoing);
}

char *delivery_outgoing_name(const Outgoing *outgoing)
{
    return g_strdup_printf("reply-%" G_GINT64_FORMAT, outgoing->reply->id);
}

void delivery_outgoing_place(const Delivery *delivery, Outgoing *outgoing)
{
    g_autofree char *name = delivery_outgoing_name(outgoing);
    g_autofree char *file = g_strconcat(name, ".eml", NULL);
    outgoing->file = g_build_filename(delivery->folder, file, NULL);
}

ReplyEndRow delivery_outgoing_row(const Outgoing *outgoing)
{
    return (ReplyEndRow){
        .id = outgoing->reply->id,
        .end = outgoing->end,
        .why = outgoing->why,
        .error = outgoing->error,
    };
}

static void count(DeliveryTotals *totals, ReplyEnd end)
{
    switch (end) {
    case REPLY_SENT:
        totals->sent++;
        break;
    case REPLY_WITHDRAWN:
        totals->withdrawn++;
        break;
    case REPLY_UNDELIVERED:
        totals->undelivered++;
        break;
    case REPLY_QUEUED: /* told by what is left */
        break;
    }
}

void delivery_outgoing_tell(const Delivery *delivery, const Outgoing *outgoing)
{
    const bool both = outgoing->why != NULL && outgoing->error != NULL;
    g_autofree char *why = g_strconcat(outgoing->why != NULL ? outgoing->why : "", both ? ": " : "",
                                       outgoing->error != NULL ? outgoing->error : "", NULL);
    const DeliveryLine line = {
        .id = outgoing->reply->id,
        .state = delivery_store_name(outgoing->end),
        .recipient = outgoing->reply->recipient,
        .subject = outgoing->subject,
        .file = outgoing->file,
        .until = outgoing->until,
        .why = *why != '\0' ? why : NULL,
    };
    count(delivery->totals, outgoing->end);
    delivery->report(&line, delivery->data);
}
