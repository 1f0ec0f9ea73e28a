/* Replies into a folder: a round is one transaction, whose mails are written before it ends. */
#include "base/clock.h"
#include "base/error.h"
#include "delivery/outbox.h"
#include "service/delivery_internal.h"

#define ROUND 64 /* replies in one transaction */

/* What keeps the folder from being written into, and by which setting it is that folder; takes
 * `problem`. */
static bool refuse(const Delivery *delivery, GError *problem, GError **error)
{
    if (g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        g_set_error(&problem, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "the folder %s is not there: create it, or set reply-folder; the replies stay "
                    "queued",
                    delivery->folder);
    }
    if (delivery->folder_is_set) {
        config_blame(settings_config(delivery->context->settings), "reply-folder", &problem);
    }
    g_propagate_error(error, problem);
    return false;
}

bool delivery_folder_check(const Delivery *delivery, GError **error)
{
    GError *problem = NULL;
    return outbox_check(delivery->folder, &problem) || refuse(delivery, problem, error);
}

static bool write_mail(const Delivery *delivery, const Outgoing *outgoing, GError **error)
{
    g_autofree char *name = delivery_outgoing_name(outgoing);
    GError *problem = NULL;
    return outbox_write(delivery->folder, name, outgoing->mail, &problem) ||
           refuse(delivery, problem, error);
}

static void free_outgoing(gpointer outgoing)
{
    delivery_outgoing_free(outgoing);
}

/* What of `replies` was written, or needs no writing, until the folder failed. */
static GPtrArray *write_all(const Delivery *delivery, const GPtrArray *replies, GError **error)
{
    GPtrArray *done = g_ptr_array_new_with_free_func(free_outgoing);
    bool good = true;
    for (guint i = 0; good && i < replies->len; i++) {
        g_autoptr(Outgoing) outgoing =
            delivery_outgoing_new(delivery, g_ptr_array_index(replies, i));
        if (outgoing->mail != NULL) {
            delivery_outgoing_place(delivery, outgoing);
            good = write_mail(delivery, outgoing, error);
        }
        if (good) {
            g_ptr_array_add(done, g_steal_pointer(&outgoing));
        }
    }
    return done;
}

static bool record(const Delivery *delivery, const GPtrArray *done, GError **error)
{
    Database *database = delivery->context->database;
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(ReplyEndRow));
    for (guint i = 0; i < done->len; i++) {
        const ReplyEndRow row = delivery_outgoing_row(g_ptr_array_index(done, i));
        g_array_append_val(rows, row);
    }
    if (!delivery_store_end(database, rows, clock_now(), error)) {
        database_rollback(database);
        return false;
    }
    return database_commit(database, error);
}

/* One transaction; `more`: there was any. What was written before the folder failed is recorded;
 * the rest stays queued. */
static bool run_round(const Delivery *delivery, bool *more, GError **error)
{
    const ReplyTake what = {.now = clock_now(), .early = true, .most = ROUND};
    g_autoptr(ReplyQueue) queue = delivery_outgoing_take(delivery, &what, error);
    if (queue == NULL) {
        return false;
    }
    const GPtrArray *replies = reply_queue_replies(queue);
    g_autoptr(GError) failure = NULL;
    g_autoptr(GPtrArray) done = write_all(delivery, replies, &failure);
    if (!record(delivery, done, error)) {
        return false;
    }
    for (guint i = 0; i < done->len; i++) {
        delivery_outgoing_tell(delivery, g_ptr_array_index(done, i));
    }
    *more = replies->len > 0;
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}

bool delivery_folder_run(const Delivery *delivery, GError **error)
{
    bool more = true;
    bool good = true;
    while (good && more && !delivery_stops(delivery)) {
        good = run_round(delivery, &more, error);
    }
    return good;
}
