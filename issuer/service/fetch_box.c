#include "service/fetch_box.h"

#include "base/clock.h"
#include "base/error.h"
#include "db/mailbox_store.h"

#include <string.h>

#define NUMBER_BITS 32 /* of a mail's UID; the box's number stands above it */
#define FRONT_SIZE  4096
#define FRESH_US    ((gint64)60 * 1000 * 1000) /* for how long an idle connection is trusted */

/* Marks besides those of the protocol, where the server takes any; so that a person sees what came
 * from whom. */
#define DONE_FLAGS "\\Seen"
#define DONE_MARK  " $IssuerDone"
#define KEPT_FLAGS "\\Flagged"
#define KEPT_MARK  " $IssuerQuarantined"

struct FetchBox {
    Mailbox *set;
    guint number;
    bool dry_run;
    int64_t id;        /* on record; 0: not yet */
    GArray *positions; /* of MailboxPosition */
    GArray *unsettled; /* of MailboxMail, from earlier runs */
    char *note;
    FetchCounts counts;

    GMutex talking; /* guards all below */
    Imap *imap;
    ImapFolder folder;
    gint64 opened_at;  /* monotonic, microseconds */
    bool started;      /* to be read */
    GError *failure;   /* once set, nothing is said to the server any more */
    uint32_t last;     /* the highest UID that was read */
    GArray *listed;    /* of uint32_t: to be described */
    GArray *described; /* of ImapMail: to be read */
    guint listed_at;
    guint described_at;
    GBytes *bytes; /* of the mail at hand */
    char *name;
    char *trouble;
};

/* UIDs by what is to become of their mails. */
typedef struct {
    GArray *done;
    GArray *kept;
    GArray *left; /* marked \Deleted: no business of ours */
} Sorted;

FetchBox *fetch_box_new(Mailbox *set, guint number, GError **error)
{
    Imap *imap = imap_new(error);
    if (imap == NULL) {
        mailbox_free(set);
        return NULL;
    }
    FetchBox *box = g_new0(FetchBox, 1);
    box->set = set;
    box->imap = imap;
    box->number = number;
    box->listed = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    box->described = g_array_new(FALSE, FALSE, sizeof(ImapMail));
    g_mutex_init(&box->talking);
    return box;
}

void fetch_box_free(FetchBox *box)
{
    if (box == NULL) {
        return;
    }
    imap_free(box->imap);
    mailbox_free(box->set);
    g_clear_pointer(&box->positions, g_array_unref);
    g_clear_pointer(&box->unsettled, g_array_unref);
    g_array_unref(box->listed);
    g_array_unref(box->described);
    g_clear_pointer(&box->bytes, g_bytes_unref);
    g_clear_error(&box->failure);
    g_mutex_clear(&box->talking);
    g_free(box->note);
    g_free(box->name);
    g_free(box->trouble);
    g_free(box);
}

/* Ends the box; takes the error. */
static void fail(FetchBox *box, GError *cause)
{
    g_prefix_error(&cause, "mailbox %s: ", box->set->name);
    if (box->failure == NULL) {
        box->failure = cause;
    } else {
        g_error_free(cause);
    }
}

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

/* ---- opening ---- */

/* Two mailboxes are two where server, user or folder differ. */
static Digest digest_of(const Mailbox *set)
{
    g_autofree char *text =
        g_strdup_printf("%s\n%s\n%s", set->server.url, set->server.user, set->folder);
    return digest_sha256(text, strlen(text));
}

static bool load(FetchBox *box, Database *database, GError **error)
{
    const Digest digest = digest_of(box->set);
    g_autoptr(GError) failure = NULL;
    box->id = mailbox_store_find(database, &digest, box->set->place, box->dry_run, &failure);
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    box->positions = mailbox_store_positions(database, box->id, error);
    box->unsettled =
        box->positions != NULL ? mailbox_store_unsettled(database, box->id, error) : NULL;
    return box->unsettled != NULL;
}

/* Where reading goes on. Numbers that are no more the ones on record are read from the start: what
 * comes again is known by its identity. */
static void find_position(FetchBox *box)
{
    box->last = 0;
    for (guint i = 0; i < box->positions->len; i++) {
        const MailboxPosition *position = &g_array_index(box->positions, MailboxPosition, i);
        if (position->validity == box->folder.validity) {
            box->last = position->last;
            return;
        }
    }
    if (box->positions->len > 0 && box->note == NULL) {
        box->note = g_strdup_printf(
            "mailbox %s: the server has numbered its mails anew (UIDVALIDITY %u): all are read "
            "again, and what is on record stays as it is",
            box->set->name, box->folder.validity);
    }
}

static void open_box(FetchBox *box)
{
    GError *failure = NULL;
    if (!mailbox_open(box->set, box->imap, &box->folder, &failure)) {
        fail(box, failure);
        return;
    }
    box->opened_at = clock_monotonic_us();
    find_position(box);
}

/* ---- settling ---- */

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
        fail(box, failure);
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

static bool settle_earlier(FetchBox *box, Database *database, GError **error)
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

bool fetch_box_begin(FetchBox *box, Database *database, bool dry_run, GError **error)
{
    box->dry_run = dry_run;
    if (!load(box, database, error)) {
        return false;
    }
    g_mutex_lock(&box->talking);
    open_box(box);
    const bool opened = box->failure == NULL;
    g_mutex_unlock(&box->talking);
    return !opened || dry_run || settle_earlier(box, database, error);
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
    const bool done = box->dry_run || settle(box, database, &sorted, error);
    sorted_clear(&sorted);
    return done;
}

/* ---- reading ---- */

/* The mails of the next UIDs, or of none where all are described. */
static bool describe_some(FetchBox *box, GError **error)
{
    const uint32_t *uids = (const uint32_t *)(const void *)box->listed->data + box->listed_at;
    const guint count = MIN(IMAP_TOGETHER, box->listed->len - box->listed_at);
    GArray *mails = imap_describe(box->imap, uids, count, error);
    if (mails == NULL) {
        return false;
    }
    box->listed_at += count;
    box->last = uids[count - 1];
    box->counts.gone += count - mails->len;
    g_array_unref(box->described);
    box->described = mails;
    box->described_at = 0;
    return true;
}

/* Looks for mails that came since; `more` is set to whether there are any. */
static bool list_new(FetchBox *box, bool *more, GError **error)
{
    GArray *uids = imap_list(box->imap, box->last, error);
    if (uids == NULL) {
        return false;
    }
    g_array_unref(box->listed);
    box->listed = uids;
    box->listed_at = 0;
    *more = uids->len > 0;
    return true;
}

/* Whether there is a mail to be read; false at the end, and with an error. */
static bool find_more(FetchBox *box, GError **error)
{
    bool more = true;
    while (more && box->described_at == box->described->len) {
        const bool listed = box->listed_at < box->listed->len;
        if (!(listed ? describe_some(box, error) : list_new(box, &more, error))) {
            return false;
        }
    }
    return more;
}

/* The mail's own name, an IMAP URL (RFC 5092 section 6) without the user. New string. */
static char *name_of(const FetchBox *box, uint32_t uid)
{
    g_autofree char *host = imap_place(box->set->server.url);
    g_autofree char *folder = g_uri_escape_string(box->set->folder, "/", FALSE);
    return g_strdup_printf("imap://%s/%s;UIDVALIDITY=%u/;UID=%u", host, folder,
                           box->folder.validity, uid);
}

/* Where it is not read, it is told apart from others by its size and front. */
static bool read_front(FetchBox *box, const ImapMail *mail, GError **error)
{
    GError *failure = NULL;
    box->bytes = imap_read_front(box->imap, mail->uid, FRONT_SIZE, &failure);
    if (failure != NULL) {
        g_propagate_error(error, failure);
        return false;
    }
    return true;
}

/* Whether a mail that was not given is not there any more. */
static bool is_gone(const FetchBox *box, uint32_t uid, GError **error)
{
    g_autoptr(GArray) there = imap_describe(box->imap, &uid, 1, error);
    return there != NULL && there->len == 0;
}

/* Why a mail was not read that is not too long. New string. */
static char *trouble_of(const FetchBox *box, ImapReading reading, const char *why)
{
    if (reading == IMAP_MAIL_GONE) {
        return g_strdup_printf("the mail %s is not there any more: it was taken away before it "
                               "could be read",
                               box->name);
    }
    return g_strdup_printf("the server does not give out the mail %s: %s; open it with a mail "
                           "program",
                           box->name, why != NULL ? why : "it answers with nothing");
}

static bool read_whole(FetchBox *box, const ImapMail *mail, ImapReading *reading, GError **error)
{
    g_autofree char *why = NULL;
    GError *failure = NULL;
    box->bytes = imap_read(box->imap, mail->uid, MAIL_MAX_SIZE, reading, &why, &failure);
    if (failure == NULL && *reading == IMAP_MAIL_GONE && !is_gone(box, mail->uid, &failure)) {
        *reading = IMAP_MAIL_REFUSED;
    }
    if (failure != NULL) {
        g_propagate_error(error, failure);
        return false;
    }
    if (*reading == IMAP_MAIL_GONE || *reading == IMAP_MAIL_REFUSED) {
        box->trouble = trouble_of(box, *reading, why);
    }
    return true;
}

/* Reads the mail, or of one that is too long the front. What the server says of its size need not
 * be true, so the mail is looked at too. */
static bool read_bytes(FetchBox *box, const ImapMail *mail, ImapReading *reading, GError **error)
{
    g_clear_pointer(&box->bytes, g_bytes_unref);
    g_clear_pointer(&box->trouble, g_free);
    *reading = IMAP_MAIL_TOO_LONG;
    return (mail->size > MAIL_MAX_SIZE || read_whole(box, mail, reading, error)) &&
           (*reading != IMAP_MAIL_TOO_LONG || read_front(box, mail, error));
}

static uint64_t size_of(const ImapMail *mail, ImapReading reading, gsize given)
{
    if (reading == IMAP_MAIL_READ) {
        return given;
    }
    return reading == IMAP_MAIL_TOO_LONG ? MAX(mail->size, MAIL_MAX_SIZE + 1) : mail->size;
}

static bool read_mail(FetchBox *box, const ImapMail *mail, FedMail *fed, GError **error)
{
    ImapReading reading = IMAP_MAIL_READ;
    g_free(box->name);
    box->name = name_of(box, mail->uid);
    if (!read_bytes(box, mail, &reading, error)) {
        return false;
    }
    gsize given = 0;
    const char *bytes = box->bytes != NULL ? g_bytes_get_data(box->bytes, &given) : NULL;
    *fed = (FedMail){
        .number = (uint64_t)box->number << NUMBER_BITS | mail->uid,
        .name = box->name,
        .bytes = bytes != NULL ? bytes : "",
        .size = size_of(mail, reading, given),
        .front_size = given,
        .trouble = box->trouble,
        .deleted = mail->deleted,
        .absent = reading == IMAP_MAIL_GONE,
    };
    return true;
}

static bool read_next(FetchBox *box, FedMail *fed, GError **error)
{
    if (!find_more(box, error)) {
        return false;
    }
    const ImapMail *mail = &g_array_index(box->described, ImapMail, box->described_at++);
    if (!read_mail(box, mail, fed, error)) {
        return false;
    }
    box->counts.gone += fed->absent;
    return true;
}

/* A connection that has waited for its turn, while others were read, may be gone. */
static void start(FetchBox *box)
{
    if (!box->started && box->failure == NULL && clock_monotonic_us() - box->opened_at > FRESH_US) {
        open_box(box);
    }
    box->started = true;
}

bool fetch_box_next(FetchBox *box, FedMail *mail)
{
    g_mutex_lock(&box->talking);
    GError *failure = NULL;
    start(box);
    const bool found = box->failure == NULL && read_next(box, mail, &failure);
    if (failure != NULL) {
        fail(box, failure);
    }
    g_mutex_unlock(&box->talking);
    return found;
}

const Mailbox *fetch_box_set(const FetchBox *box)
{
    return box->set;
}

const FetchCounts *fetch_box_counts(const FetchBox *box)
{
    return &box->counts;
}

const char *fetch_box_note(const FetchBox *box)
{
    return box->note;
}

const GError *fetch_box_failure(const FetchBox *box)
{
    return box->failure;
}
