/* What becomes of the mails of a mailbox: on record, and there. */
#include "base/clock.h"
#include "service/fetch_box_internal.h"

/* Marks besides those of the protocol, where the server takes any; so that a person sees what came
 * from whom. */
#define DONE_FLAGS "\\Seen"
#define DONE_MARK  " $IssuerDone"
#define KEPT_FLAGS "\\Flagged"
#define KEPT_MARK  " $IssuerQuarantined"

/* UIDs by what is to become of their mails. */
typedef struct {
    GArray *done;
    GArray *kept;
    GArray *left; /* marked \Deleted: no business of ours */
} Sorted;

static void sorted_clear(Sorted *sorted)
{
    g_array_unref(sorted->done);
    g_array_unref(sorted->kept);
    g_array_unref(sorted->left);
}

static Sorted sorted_new(void)
{
    return (Sorted){.done = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
                    .kept = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
                    .left = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
}

static bool mark(const FetchBox *box, const GArray *uids, const char *flags, const char *own,
                 GError **error)
{
    g_autofree char *all = g_strconcat(flags, box->folder.keywords ? own : "", NULL);
    return imap_mark(box->imap, uids, all, error);
}

static bool settle_there(const FetchBox *box, const Sorted *sorted, GError **error)
{
    return mark(box, sorted->kept, KEPT_FLAGS, KEPT_MARK, error) &&
           mark(box, sorted->done, DONE_FLAGS, DONE_MARK, error) &&
           (box->set->done_folder == NULL ||
            imap_move(box->imap, sorted->done, box->set->done_folder, error));
}

/* First there, then on record that it was done there: a break in between has it done again, which
 * changes nothing. */
static bool settle(FetchBox *box, Database *database, const Sorted *sorted, GError **error)
{
    const MailboxMail of = {.mailbox_id = box->id, .validity = box->folder.validity};
    g_mutex_lock(&box->talking);
    GError *failure = NULL;
    if (box->failure == NULL && !settle_there(box, sorted, &failure)) {
        fetch_box_fail(box, failure);
    }
    const bool settled = box->failure == NULL;
    g_mutex_unlock(&box->talking);
    if (!settled) {
        return true; /* the next run does it */
    }
    box->counts.settled += sorted->done->len;
    box->counts.kept += sorted->kept->len;
    const int64_t now = clock_now();
    return mailbox_store_settle(database, &of, sorted->done, now, error) &&
           mailbox_store_settle(database, &of, sorted->kept, now, error) &&
           mailbox_store_settle(database, &of, sorted->left, now, error);
}

bool fetch_box_settle_earlier(FetchBox *box, Database *database, GError **error)
{
    Sorted sorted = sorted_new();
    for (guint i = 0; i < box->unsettled->len; i++) {
        const MailboxMail *mail = &g_array_index(box->unsettled, MailboxMail, i);
        if (mail->validity == box->folder.validity) {
            g_array_append_val(mail->quarantined ? sorted.kept : sorted.done, mail->uid);
        }
    }
    const bool done = settle(box, database, &sorted, error);
    sorted_clear(&sorted);
    return done;
}

static uint32_t uid_of(const ParsedMail *mail)
{
    return (uint32_t)(mail->fed & G_MAXUINT32);
}

static bool has_read(const FetchBox *box, const ParsedMail *mail)
{
    return mail != NULL && mail->fed >> NUMBER_BITS == box->number;
}

bool fetch_box_record(const FetchBox *box, Database *database, const GPtrArray *items,
                      GError **error)
{
    g_autoptr(GArray) mails = g_array_new(FALSE, FALSE, sizeof(MailboxMail));
    for (guint i = 0; i < items->len; i++) {
        const BatchItem *item = g_ptr_array_index(items, i);
        if (has_read(box, item->mail) && !item->mail->absent) {
            const MailboxMail mail = {.mailbox_id = box->id,
                                      .validity = box->folder.validity,
                                      .uid = uid_of(item->mail),
                                      .message_id = item->message_id};
            g_array_append_val(mails, mail);
        }
    }
    return mailbox_store_take(database, mails, error);
}

static GArray *list_for(const Sorted *sorted, const IntakeItem *item)
{
    if (item->mail->kind == MAIL_UNREADABLE) {
        return sorted->kept;
    }
    return item->mail->kind == MAIL_DELETED ? sorted->left : sorted->done;
}

bool fetch_box_settle(FetchBox *box, Database *database, const GPtrArray *items, GError **error)
{
    Sorted sorted = sorted_new();
    for (guint i = 0; i < items->len; i++) {
        const IntakeItem *item = g_ptr_array_index(items, i);
        if (has_read(box, item->mail) && !item->mail->absent) {
            const uint32_t uid = uid_of(item->mail);
            box->counts.read++;
            g_array_append_val(list_for(&sorted, item), uid);
        }
    }
    const bool done = box->manner == FETCH_DRY || settle(box, database, &sorted, error);
    sorted_clear(&sorted);
    return done;
}
