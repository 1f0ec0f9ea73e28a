/* Mails that belong to a case, for they answer one of ours or quote its number, and replies that
 * came back. Joining decides nothing: a person sees the mail with the case. */
#include "service/batch_internal.h"

#include "core/address.h"
#include "core/mail_words.h"
#include "db/case_store.h"

#include <string.h>

/* So far above the newest case a number is taken for that of a case to come, which other daemons
 * may be about to open too; above it, for a number of somebody else's. */
#define NUMBERS_AHEAD 10000

/* ---- what mails name ---- */

static bool is_from_person(const BatchItem *item)
{
    return item->mail != NULL && item->mail->kind == MAIL_FROM_PERSON;
}

static void add_reply(GArray *named, const CaseNamed *like, const char *message_id, const char *how)
{
    CaseNamed row = *like;
    row.how = how;
    if (message_id != NULL && reply_id_read(message_id, &row.reply)) {
        g_array_append_val(named, row);
    }
}

static void add_numbers(GArray *named, const CaseNamed *like, const char *text)
{
    g_autoptr(GArray) numbers = mail_words_case_numbers(text);
    for (guint i = 0; i < numbers->len; i++) {
        CaseNamed row = *like;
        row.case_number = g_array_index(numbers, int64_t, i);
        row.how = "case-number";
        g_array_append_val(named, row);
    }
}

static void add_named(Batch *batch, guint at, GArray *named)
{
    const BatchItem *item = g_ptr_array_index(batch->items, at);
    if (!is_from_person(item)) {
        return;
    }
    const ParsedMail *mail = item->mail;
    char *sender = item->sender != NULL ? address_key(item->sender) : NULL;
    g_ptr_array_add(batch->texts, sender);
    const CaseNamed like = {.mail = at, .sender = sender};
    add_reply(named, &like, mail->in_reply_to, "in-reply-to");
    for (guint i = 0; i < mail->references->len; i++) {
        add_reply(named, &like, g_ptr_array_index(mail->references, i), "references");
    }
    add_numbers(named, &like, mail->subject);
    add_numbers(named, &like, mail->text);
}

static bool names_number(const GArray *named)
{
    for (guint i = 0; i < named->len; i++) {
        if (g_array_index(named, CaseNamed, i).case_number != 0) {
            return true;
        }
    }
    return false;
}

/* Which items name cases that are not on record and may be those that this batch opens. Looked at
 * before the cases are looked for, so that none is missed in between. */
static bool find_ahead(Batch *batch, const GArray *named, GError **error)
{
    batch->ahead = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!names_number(named)) {
        return true;
    }
    int64_t newest = 0;
    if (!case_store_newest(batch->context->database, &newest, error)) {
        return false;
    }
    for (guint i = 0; i < named->len; i++) {
        const CaseNamed *row = &g_array_index(named, CaseNamed, i);
        if (row->case_number > newest && row->case_number <= newest + NUMBERS_AHEAD) {
            g_array_append_val(batch->ahead, row->mail);
        }
    }
    return true;
}

bool batch_find_cases(Batch *batch, GError **error)
{
    g_autoptr(GArray) named = g_array_new(FALSE, TRUE, sizeof(CaseNamed));
    for (guint i = 0; i < batch->items->len; i++) {
        add_named(batch, i, named);
    }
    if (!find_ahead(batch, named, error)) {
        return false;
    }
    batch->joins = case_store_find(batch->context->database, named, error);
    for (guint i = 0; batch->joins != NULL && i < batch->joins->len; i++) {
        const CaseJoin *join = &g_array_index(batch->joins, CaseJoin, i);
        BatchItem *item = g_ptr_array_index(batch->items, join->mail);
        if (join->may_speak && item->case_number == 0) {
            item->case_number = join->case_number;
        }
    }
    return batch->joins != NULL;
}

static bool opens_case(const Batch *batch, guint end)
{
    for (guint i = 0; i < batch->holds->len; i++) {
        if (g_array_index(batch->holds, HoldRow, i).opened_by != 0) {
            return true;
        }
    }
    for (guint i = 0; i < end; i++) {
        if (((const BatchItem *)g_ptr_array_index(batch->items, i))->lost_of != 0) {
            return true;
        }
    }
    return false;
}

bool batch_waits_for_case(const Batch *batch, guint at)
{
    for (guint i = 0; i < batch->ahead->len; i++) {
        if (g_array_index(batch->ahead, guint, i) == at) {
            const BatchItem *item = g_ptr_array_index(batch->items, at);
            return !item->known && opens_case(batch, at);
        }
    }
    return false;
}

const char *batch_item_class(const BatchItem *item)
{
    return item->case_number != 0 && g_strcmp0(item->class_name, "unrecognised") == 0
               ? "about-license"
               : item->class_name;
}

char *batch_case_note(const Batch *batch, const BatchItem *item)
{
    GString *note = g_string_new(item->why);
    for (guint i = 0; i < batch->joins->len; i++) {
        const CaseJoin *join = &g_array_index(batch->joins, CaseJoin, i);
        if (g_ptr_array_index(batch->items, join->mail) != item) {
            continue;
        }
        g_string_append_printf(note, "%s%s case %" G_GINT64_FORMAT "%s", note->len > 0 ? "; " : "",
                               join->may_speak ? "it belongs to" : "it names", join->case_number,
                               join->may_speak ? "" : ", and its sender is no contact there");
    }
    return g_string_free(note, note->len == 0);
}

/* ---- what becomes of it ---- */

static bool write_joins(const Batch *batch, const BatchStamp *stamp, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(CaseMailRow));
    for (guint i = 0; i < batch->joins->len; i++) {
        const CaseJoin *join = &g_array_index(batch->joins, CaseJoin, i);
        const BatchItem *item = g_ptr_array_index(batch->items, join->mail);
        CaseMailRow row = {.message_id = item->message_id, .join = join};
        if (join->may_speak && !item->known) {
            g_array_append_val(rows, row);
        }
    }
    return case_store_join(batch->context->database, rows, stamp, error);
}

static bool write_returned(const Batch *batch, const BatchStamp *stamp, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(ReturnedRow));
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        const bool bounced = item->mail != NULL && item->mail->kind == MAIL_BOUNCE && !item->known;
        for (guint j = 0; bounced && j < item->mail->references->len; j++) {
            ReturnedRow row = {.message_id = item->message_id};
            if (reply_id_read(g_ptr_array_index(item->mail->references, j), &row.reply)) {
                g_array_append_val(rows, row);
            }
        }
    }
    return case_store_returned(batch->context->database, rows, stamp, error);
}

static bool write_reached(const Batch *batch, const BatchStamp *stamp, GError **error)
{
    g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        if (is_from_person(item) && item->sender != NULL && !item->known) {
            g_ptr_array_add(addresses, address_key(item->sender));
        }
    }
    return case_store_reached(batch->context->database, addresses, stamp, error);
}

/* What a person says of a held request closes no case by itself, but whoever says it has read what
 * came to it. */
static bool write_handled(const Batch *batch, const BatchStamp *stamp, GError **error)
{
    for (guint i = 0; i < batch->decided->len; i++) {
        const Matter *matter = g_ptr_array_index(batch->decided, i);
        const CaseHandledRow row = {
            .request_id = matter->request_id,
            .operator_id = matter->operator_id,
            .how = matter->question != NULL ? "asked back"
                   : matter->keeps          ? "kept"
                                            : rules_outcome_name(matter->decision.outcome),
        };
        if (matter->waited && row.operator_id != 0 &&
            !case_store_handled(batch->context->database, &row, stamp, error)) {
            return false;
        }
    }
    return true;
}

/* What a newer request, or a change of records, has decided needs nobody's look any more; a mail
 * that has no code is still listed as such. */
static bool write_over(const Batch *batch, const BatchStamp *stamp, GError **error)
{
    g_autoptr(GArray) requests = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < batch->holds->len; i++) {
        const HoldRow *row = &g_array_index(batch->holds, HoldRow, i);
        if (row->how != NULL) {
            batch_append_once(requests, row->request_id);
        }
    }
    return case_store_over(batch->context->database, requests, stamp, error);
}

static bool write_questions(const Batch *batch, const BatchStamp *stamp, GError **error)
{
    for (guint i = 0; i < batch->decided->len; i++) {
        const Matter *matter = g_ptr_array_index(batch->decided, i);
        if (matter->question != NULL &&
            !case_store_question(batch->context->database, matter->decision_id, matter->question,
                                 stamp, error)) {
            return false;
        }
    }
    return true;
}

bool batch_write_cases(Batch *batch, const BatchStamp *stamp, GError **error)
{
    return write_joins(batch, stamp, error) && write_returned(batch, stamp, error) &&
           write_reached(batch, stamp, error) && write_handled(batch, stamp, error) &&
           write_over(batch, stamp, error) && write_questions(batch, stamp, error);
}
