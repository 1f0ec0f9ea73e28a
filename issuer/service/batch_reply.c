/* Who is answered, and with which decisions. An answer goes to a contact of the license; where no
 * license could be told, only to a contact of some license and only so often; else the message is
 * listed for a person. */
#include "service/batch_internal.h"

#define LISTED_NO_CONTACT "the sender is no contact of any license"
#define LISTED_TOO_OFTEN  "this address had three answers within a day"
#define MOST_ANSWERS      3 /* to one address within a day, where no license could be told */
#define LISTED_UNPROVEN   "no server that is trusted vouches for its sender"
#define LISTED_NO_ACCOUNT "the mail has no sender that could be answered"
#define LISTED_NO_ADDRESS "the sender is no contact of the license, which has no contact's address"

/* What the sender of a held request hears once, and what nobody hears: that a sender is unknown,
 * or may be another than it says, is for a person to look into, and a request sent too often is not
 * answered again. */
static bool is_told(const Matter *matter)
{
    if (!matter->decided || matter->known || matter->stays) {
        return false;
    }
    if (matter->decision.outcome != OUTCOME_HELD || matter->question != NULL) {
        return true;
    }
    static const char *const quiet[] = {"unknown-sender", "unproven-sender", "resent-too-often",
                                        NULL};
    return !matter->heard && !g_strv_contains(quiet, matter->decision.code);
}

/* Who hears of a decision. */
typedef enum {
    HEARER_SENDER,   /* a contact of its license */
    HEARER_CONTACT,  /* a contact of its license, who is not the sender */
    HEARER_STRANGER, /* the sender, though no license could be told */
} Hearer;

static Hearer hearer_of(const Batch *batch, const BatchItem *item, const Matter *matter)
{
    if (matter->license_id == 0) {
        return HEARER_STRANGER;
    }
    return batch_knows_contact(batch, matter->license_id, item->sender) ? HEARER_SENDER
                                                                        : HEARER_CONTACT;
}

/* A code that comes again changes nothing, so who has not sent it does not hear of it again: else a
 * stranger who has one could have us write to a contact as often as he likes. */
static bool hears(const Batch *batch, const BatchItem *item, const Matter *matter, Hearer hearer)
{
    return is_told(matter) && hearer_of(batch, item, matter) == hearer &&
           (hearer != HEARER_CONTACT ||
            g_strcmp0(matter->decision.code, "repeated-deactivation") != 0);
}

/* The decisions that this hearer is told of, those of one license if one is named. New array. */
static GArray *decisions_for(const Batch *batch, const BatchItem *item, Hearer hearer,
                             int64_t license_id)
{
    GArray *decisions = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < item->matters->len; i++) {
        const Matter *matter = g_ptr_array_index(item->matters, i);
        if (hears(batch, item, matter, hearer) &&
            (license_id == 0 || matter->license_id == license_id)) {
            g_array_append_val(decisions, matter->decision_id);
        }
    }
    return decisions;
}

static bool append_reply(Batch *batch, const BatchItem *item, GArray *rows, const ReplyRow *like,
                         GError **error)
{
    ReplyRow row = *like;
    batch_limits_apply(batch, item, &row);
    row.id = batch_next_id(batch, INTAKE_REPLY_IDS, error);
    if (row.id == 0) {
        g_array_unref(row.decisions);
        return false;
    }
    g_array_append_val(rows, row);
    return true;
}

/* How many answers without a license the address had, those of this batch counted in. */
static bool count_answers(Batch *batch, const char *address, unsigned *count, GError **error)
{
    gpointer known = NULL;
    if (g_hash_table_lookup_extended(batch->answers, address, NULL, &known)) {
        *count = GPOINTER_TO_UINT(known);
        return true;
    }
    return intake_count_answers(batch->context->database, address, batch->now, count, error);
}

/* As intake_count_answers() will count the reply once it is written. */
static void note_answer(Batch *batch, const BatchItem *item, unsigned count)
{
    for (guint i = 0; i < item->matters->len; i++) {
        const Matter *matter = g_ptr_array_index(item->matters, i);
        if (is_told(matter) && (matter->deactivation_id != 0 ||
                                (matter->request_id != 0 && matter->license_id != 0))) {
            return;
        }
    }
    g_hash_table_replace(batch->answers, g_strdup(item->sender), GUINT_TO_POINTER(count + 1));
}

/* Lines for which no license could be told. */
static bool reply_to_stranger(Batch *batch, const BatchItem *item, GArray *decisions, GArray *rows,
                              GError **error)
{
    ReplyRow row = {.message_id = item->message_id, .decisions = decisions};
    unsigned answers = 0;
    if (item->sender == NULL) {
        row.why = LISTED_NO_ACCOUNT;
    } else if (!batch_knows_contact(batch, 0, item->sender)) {
        row.why = LISTED_NO_CONTACT;
    } else if (!batch_may_act_for(batch, item)) {
        row.why = LISTED_UNPROVEN;
    } else if (!count_answers(batch, item->sender, &answers, error)) {
        g_array_unref(decisions);
        return false;
    } else if (answers >= MOST_ANSWERS) {
        row.why = LISTED_TOO_OFTEN;
    } else {
        row.recipient = item->sender;
        note_answer(batch, item, answers);
    }
    return append_reply(batch, item, rows, &row, error);
}

/* A mail without a usable code, for which there is a ready answer that a person may send. */
static bool list_ready_answer(Batch *batch, const BatchItem *item, GArray *rows, GError **error)
{
    const bool has_case = item->case_number != 0 || item->lost_of != 0;
    if (item->ready == READY_NONE || item->known || has_case) {
        return true;
    }
    ReplyRow row = {.message_id = item->message_id,
                    .ready = (int)item->ready,
                    .why = "a ready answer, if a person agrees",
                    .decisions = g_array_new(FALSE, FALSE, sizeof(int64_t))};
    return append_reply(batch, item, rows, &row, error);
}

/* Lines about licenses of which the sender is no contact: each license's own contact is answered.
 */
static bool reply_to_contacts(Batch *batch, const BatchItem *item, GArray *rows, GError **error)
{
    g_autoptr(GArray) licenses = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < item->matters->len; i++) {
        const Matter *matter = g_ptr_array_index(item->matters, i);
        if (hears(batch, item, matter, HEARER_CONTACT)) {
            batch_append_once(licenses, matter->license_id);
        }
    }
    for (guint i = 0; i < licenses->len; i++) {
        const int64_t license_id = g_array_index(licenses, int64_t, i);
        ReplyRow row = {.message_id = item->message_id,
                        .contact_of = license_id,
                        .why = LISTED_NO_ADDRESS,
                        .decisions = decisions_for(batch, item, HEARER_CONTACT, license_id)};
        if (!append_reply(batch, item, rows, &row, error)) {
            return false;
        }
    }
    return true;
}

static bool reply_to_item(Batch *batch, const BatchItem *item, GArray *rows, GError **error)
{
    GArray *told = decisions_for(batch, item, HEARER_SENDER, 0);
    GArray *stranger = decisions_for(batch, item, HEARER_STRANGER, 0);
    bool done =
        list_ready_answer(batch, item, rows, error) && reply_to_contacts(batch, item, rows, error);
    if (told->len > 0) { /* one reply a message: what a stranger could hear stands in it too */
        g_array_append_vals(told, stranger->data, stranger->len);
        g_array_unref(stranger);
        ReplyRow row = {
            .message_id = item->message_id, .recipient = item->sender, .decisions = told};
        return append_reply(batch, item, rows, &row, error) && done;
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
