/* A mailbox read mail by mail. */
#include "base/clock.h"
#include "base/error.h"
#include "service/fetch_box_internal.h"

#define FRONT_SIZE    4096
#define TOGETHER_SIZE ((gsize)1024 * 1024)       /* bytes of mails that are read at one go */
#define FRESH_US      ((gint64)60 * 1000 * 1000) /* for how long an idle connection is trusted */

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
    box->ahead_end = 0;
    g_hash_table_remove_all(box->ahead);
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
    box->looked = true;
    *more = uids->len > 0;
    return true;
}

/* Whether there is a mail to be read; false at the end, and with an error. Who follows a mailbox is
 * told of what comes meanwhile. */
static bool find_more(FetchBox *box, GError **error)
{
    bool more = true;
    while (more && box->described_at == box->described->len) {
        const bool listed = box->listed_at < box->listed->len;
        if (!listed && box->looked && box->manner == FETCH_FOLLOWS) {
            return false;
        }
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

/* How many of the mails described from `at` on can be read at one go, by what the server says of
 * their sizes. */
static guint count_together(const FetchBox *box, guint at)
{
    gsize total = 0;
    guint end = at;
    for (; end < box->described->len && end - at < IMAP_TOGETHER; end++) {
        const uint64_t size = g_array_index(box->described, ImapMail, end).size;
        if (size == 0 || size > TOGETHER_SIZE - total) {
            break;
        }
        total += (gsize)size;
    }
    return end - at;
}

/* Reads the mails from `at` on, a round trip for all of them. If that breaks, those that came
 * before are still given out: a line that breaks ever again gets on. */
static void read_ahead(FetchBox *box, guint at)
{
    const guint count = count_together(box, at);
    if (count < 2) {
        return;
    }
    uint32_t uids[IMAP_TOGETHER];
    for (guint i = 0; i < count; i++) {
        uids[i] = g_array_index(box->described, ImapMail, at + i).uid;
    }
    GError *broken = NULL;
    g_autoptr(GArray) reads = imap_read_some(box->imap, uids, count, 2 * TOGETHER_SIZE, &broken);
    for (guint i = 0; i < reads->len; i++) {
        const ImapRead *read = &g_array_index(reads, ImapRead, i);
        g_hash_table_insert(box->ahead, GUINT_TO_POINTER(read->uid), g_bytes_ref(read->bytes));
    }
    box->ahead_end = at + count;
    if (broken != NULL) {
        fetch_box_fail(box, broken);
    }
}

/* The mail described last, if it was read with others; NULL: it is to be read alone. */
static GBytes *take_ahead(FetchBox *box, uint32_t uid)
{
    const guint at = box->described_at - 1;
    if (at >= box->ahead_end) {
        read_ahead(box, at);
    }
    gpointer bytes = NULL;
    (void)g_hash_table_steal_extended(box->ahead, GUINT_TO_POINTER(uid), NULL, &bytes);
    return bytes;
}

/* Whether the next mail was read before. */
static bool is_ahead(const FetchBox *box)
{
    return box->described_at < box->described->len &&
           g_hash_table_contains(
               box->ahead,
               GUINT_TO_POINTER(g_array_index(box->described, ImapMail, box->described_at).uid));
}

static bool read_whole(FetchBox *box, const ImapMail *mail, ImapReading *reading, GError **error)
{
    box->bytes = take_ahead(box, mail->uid);
    if (box->bytes != NULL || box->failure != NULL) {
        *reading = IMAP_MAIL_READ;
        return box->bytes != NULL;
    }
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
        fetch_box_open(box);
        if (box->behind && box->manner != FETCH_DRY) {
            fetch_box_fail(box, g_error_new(ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                                            "its mails were numbered anew meanwhile: fetch again"));
        }
    }
    box->started = true;
}

bool fetch_box_next(FetchBox *box, FedMail *mail)
{
    g_mutex_lock(&box->talking);
    GError *failure = NULL;
    if (!box->elsewhere) {
        start(box);
    }
    const bool found = !box->elsewhere && (box->failure == NULL || is_ahead(box)) &&
                       read_next(box, mail, &failure);
    if (failure != NULL) {
        fetch_box_fail(box, failure);
    }
    g_mutex_unlock(&box->talking);
    return found;
}
