/* What would become of the replies that are queued, either way; nothing is sent or changed. */
#include "base/clock.h"
#include "service/delivery_internal.h"

#define ROUND 64 /* replies that are looked at together */

static void rehearse(const Delivery *delivery, const QueuedReply *reply, int64_t now)
{
    g_autoptr(Outgoing) outgoing = delivery_outgoing_new(delivery, reply);
    if (outgoing->mail != NULL && delivery->folder != NULL) {
        delivery_outgoing_place(delivery, outgoing);
    } else if (outgoing->mail != NULL && reply->not_before > now) {
        outgoing->end = REPLY_QUEUED;
        outgoing->until = reply->not_before;
        outgoing->error = g_strdup(reply->last_error);
    }
    delivery_outgoing_tell(delivery, outgoing);
}

bool delivery_rehearsal_run(const Delivery *delivery, GError **error)
{
    ReplyTake what = {.now = clock_now(), .early = true, .most = ROUND};
    guint found = 0;
    do {
        g_autoptr(ReplyQueue) queue = delivery_outgoing_take(delivery, &what, error);
        if (queue == NULL) {
            return false;
        }
        database_rollback(delivery->context->database);
        const GPtrArray *replies = reply_queue_replies(queue);
        found = replies->len;
        what.skip += found;
        for (guint i = 0; i < found; i++) {
            rehearse(delivery, g_ptr_array_index(replies, i), what.now);
        }
    } while (found > 0);
    return true;
}
