/* What is on record of a mailbox, and where reading goes on in it. */
#include "base/clock.h"
#include "service/fetch_box_internal.h"

#define CLAIM_US   ((gint64)5 * G_USEC_PER_SEC) /* that a connection may take to end */
#define CLAIM_STEP 100000                       /* microseconds */

/* The record of a generation; `id` is 0 where there is none, and is to be none. */
static bool find_record(const FetchBox *box, Database *database, guint generation, bool finds_only,
                        int64_t *id, GError **error)
{
    const Digest digest = mailbox_digest(box->set->group, generation);
    g_autoptr(GError) failure = NULL;
    *id = mailbox_store_find(database, &digest, box->set->place, finds_only, &failure);
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}

static bool load_rows(FetchBox *box, Database *database, GError **error)
{
    g_clear_pointer(&box->positions, g_array_unref);
    g_clear_pointer(&box->unsettled, g_array_unref);
    box->positions = mailbox_store_positions(database, box->id, error);
    box->unsettled =
        box->positions != NULL ? mailbox_store_unsettled(database, box->id, error) : NULL;
    return box->unsettled != NULL;
}

/* What is on record of the newest generation. */
static bool load(FetchBox *box, Database *database, GError **error)
{
    box->generation = 0;
    if (!find_record(box, database, 0, box->manner == FETCH_DRY, &box->id, error)) {
        return false;
    }
    for (int64_t next = box->id; next != 0;) {
        if (!find_record(box, database, box->generation + 1, true, &next, error)) {
            return false;
        }
        box->generation += next != 0;
        box->id = next != 0 ? next : box->id;
    }
    return load_rows(box, database, error);
}

static void note(FetchBox *box, char *what)
{
    g_free(box->note);
    box->note = g_strdup_printf("mailbox %s: the server has numbered its mails anew (%s): all are "
                                "read again, and what is on record stays as it is",
                                box->called, what);
    g_free(what);
}

/* How far its mails were read that are numbered as they are now; NULL: they never were. */
static const MailboxPosition *position_of(const FetchBox *box)
{
    for (guint i = 0; i < box->positions->len; i++) {
        const MailboxPosition *position = &g_array_index(box->positions, MailboxPosition, i);
        if (position->validity == box->folder.validity) {
            return position;
        }
    }
    return NULL;
}

/* Where reading goes on. Numbers that are no more the ones on record are read from the start: what
 * comes again is known by its identity. */
static void find_position(FetchBox *box)
{
    const MailboxPosition *position = position_of(box);
    box->behind = position != NULL && box->folder.next != 0 && box->folder.next <= position->last;
    box->last = position != NULL && !box->behind ? position->last : 0;
    if (box->behind) {
        note(box,
             g_strdup_printf("UIDNEXT %u, after %u was read", box->folder.next, position->last));
    } else if (position == NULL && box->positions->len > 0) {
        note(box, g_strdup_printf("UIDVALIDITY %u", box->folder.validity));
    }
}

/* Where it goes on over a connection that stands: what the server said when it was opened, of the
 * next number, is of then. */
static void resume(FetchBox *box)
{
    const MailboxPosition *position = position_of(box);
    box->behind = false;
    box->last = position != NULL ? position->last : 0;
}

/* What a run before this one has not come to is found again. */
static void forget(FetchBox *box)
{
    g_array_set_size(box->listed, 0);
    g_array_set_size(box->described, 0);
    g_hash_table_remove_all(box->ahead);
    box->listed_at = box->described_at = box->ahead_end = 0;
    box->looked = false;
}

void fetch_box_open(FetchBox *box)
{
    GError *failure = NULL;
    if (!mailbox_open(box->set, box->imap, &box->folder, &failure)) {
        fetch_box_fail(box, failure);
        return;
    }
    box->open = true;
    box->opened_at = clock_monotonic_us();
    find_position(box);
}

/* The server counts again under a UIDVALIDITY that was there before, as another server in its place
 * may: without a new generation its new mails would be taken for old ones. */
static bool begin_generation(FetchBox *box, Database *database, GError **error)
{
    return !box->behind || box->manner == FETCH_DRY ||
           (find_record(box, database, ++box->generation, false, &box->id, error) &&
            load_rows(box, database, error));
}

/* A mail that two have read would be decided once, but read and parsed twice. What was killed may
 * have it for a moment yet: who follows it comes again. */
static bool claim(FetchBox *box, Database *database, GError **error)
{
    const Digest digest = mailbox_digest(box->set->group, 0);
    const gint64 until = clock_monotonic_us() + CLAIM_US;
    bool ours = box->manner == FETCH_DRY;
    bool asked = ours || mailbox_store_claim(database, &digest, &ours, error);
    while (asked && !ours && box->manner == FETCH_ONCE && clock_monotonic_us() < until) {
        g_usleep(CLAIM_STEP);
        asked = mailbox_store_claim(database, &digest, &ours, error);
    }
    box->elsewhere = !ours;
    if (asked && !ours) {
        box->open = false;
        g_free(box->note);
        box->note = g_strdup_printf("mailbox %s: another process reads it, as issuer run does; its "
                                    "mails are left to that one",
                                    box->called);
    }
    return asked;
}

/* Opened, unless it is. */
static bool open_folder(FetchBox *box)
{
    g_mutex_lock(&box->talking);
    forget(box);
    if (box->open) {
        resume(box);
    } else if (box->failure == NULL) {
        fetch_box_open(box);
    }
    const bool opened = box->failure == NULL;
    g_mutex_unlock(&box->talking);
    return opened;
}

bool fetch_box_begin(FetchBox *box, Database *database, FetchManner manner, GError **error)
{
    box->manner = manner;
    g_clear_pointer(&box->note, g_free);
    if (box->set == NULL) {
        return true; /* born failed */
    }
    if (!claim(box, database, error) || (!box->elsewhere && !load(box, database, error))) {
        return false;
    }
    return box->elsewhere || !open_folder(box) || manner == FETCH_DRY ||
           (begin_generation(box, database, error) &&
            fetch_box_settle_earlier(box, database, error));
}
