/* Who is answered, and with which decisions. An answer goes to a contact of the license; where no
 * license could be told, only to a contact of some license and only so often; else the message is
 * listed for a person. */
#include "service/batch_internal.h"

#define LISTED_NO_CONTACT "the sender is no contact of any license"
#define LISTED_TOO_OFTEN  "this address had three answers within a day"
#define LISTED_NO_ACCOUNT "the mail has no sender that could be answered"

/* What the sender of a held request hears once, and what nobody hears: that a sender is unknown is
 * for a person to look into, and a request sent too often is not answered again. */
static bool is_told(const Matter *matter)
{
    if (!matter->decided || matter->known) {
        return false;
    }
    if (matter->decision.outcome != OUTCOME_HELD) {
        return true;
    }
    return !matter->heard && g_strcmp0(matter->decision.code, "unknown-sender") != 0 &&
           g_strcmp0(matter->decision.code, "resent-too-often") != 0;
}

static bool append_reply(Batch *batch, GArray *rows, const ReplyRow *like, GError **error)
{
    ReplyRow row = *like;
    row.id = batch_next_id(batch, INTAKE_REPLY_IDS, error);
    if (row.id == 0) {
        g_array_unref(row.decisions);
        return false;
    }
    g_array_append_val(rows, row);
    return true;
}

/* Lines for which no license could be told. */
static bool reply_to_stranger(Batch *batch, const BatchItem *item, GArray *decisions, GArray *rows,
                              GError **error)
{
    ReplyRow row = {.message_id = item->message_id, .decisions = decisions};
    bool often = false;
    if (item->sender == NULL) {
        row.why = LISTED_NO_ACCOUNT;
    } else if (!batch_knows_contact(batch, 0, item->sender)) {
        row.why = LISTED_NO_CONTACT;
    } else if (!intake_answered_often(batch->context->database, item->sender, batch->now, &often,
                                      error)) {
        g_array_unref(decisions);
        return false;
    } else if (often) {
        row.why = LISTED_TOO_OFTEN;
    } else {
        row.recipient = item->sender;
    }
    return append_reply(batch, rows, &row, error);
}

/* A mail without a usable code, for which there is a ready answer that a person may send. */
static bool list_ready_answer(Batch *batch, const BatchItem *item, GArray *rows, GError **error)
{
    if (item->ready == READY_NONE || item->known) {
        return true;
    }
    ReplyRow row = {.message_id = item->message_id,
                    .ready = (int)item->ready,
                    .why = "a ready answer, if a person agrees",
                    .decisions = g_array_new(FALSE, FALSE, sizeof(int64_t))};
    return append_reply(batch, rows, &row, error);
}

static bool reply_to_item(Batch *batch, const BatchItem *item, GArray *rows, GError **error)
{
    GArray *told = g_array_new(FALSE, FALSE, sizeof(int64_t));
    GArray *stranger = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < item->matters->len; i++) {
        const Matter *matter = g_ptr_array_index(item->matters, i);
        if (!is_told(matter)) {
            continue;
        }
        bool contact =
            matter->license_id != 0 && batch_knows_contact(batch, matter->license_id, item->sender);
        g_array_append_val(contact ? told : stranger, matter->decision_id);
    }
    bool done = list_ready_answer(batch, item, rows, error);
    if (told->len > 0) { /* one reply a message: what a stranger could hear stands in it too */
        g_array_append_vals(told, stranger->data, stranger->len);
        g_array_unref(stranger);
        ReplyRow row = {
            .message_id = item->message_id, .recipient = item->sender, .decisions = told};
        return append_reply(batch, rows, &row, error) && done;
    }
    g_array_unref(told);
    if (stranger->len == 0) {
        g_array_unref(stranger);
        return done;
    }
    return reply_to_stranger(batch, item, stranger, rows, error) && done;
}

GArray *batch_replies(Batch *batch, GError **error)
{
    GArray *rows = g_array_new(FALSE, TRUE, sizeof(ReplyRow));
    for (guint i = 0; i < batch->items->len; i++) {
        if (!reply_to_item(batch, g_ptr_array_index(batch->items, i), rows, error)) {
            for (guint j = 0; j < rows->len; j++) {
                g_array_unref(g_array_index(rows, ReplyRow, j).decisions);
            }
            g_array_unref(rows);
            return NULL;
        }
    }
    return rows;
}
