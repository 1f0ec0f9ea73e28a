/* What is on record of a mailbox, and where reading goes on in it. */
#include "base/clock.h"
#include "service/fetch_box_internal.h"

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
    if (!find_record(box, database, 0, box->dry_run, &box->id, error)) {
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

/* Where reading goes on. Numbers that are no more the ones on record are read from the start: what
 * comes again is known by its identity. */
static void find_position(FetchBox *box)
{
    box->last = 0;
    box->behind = false;
    for (guint i = 0; i < box->positions->len; i++) {
        const MailboxPosition *position = &g_array_index(box->positions, MailboxPosition, i);
        if (position->validity == box->folder.validity) {
            box->behind = box->folder.next != 0 && box->folder.next <= position->last;
            box->last = box->behind ? 0 : position->last;
            if (box->behind) {
                note(box, g_strdup_printf("UIDNEXT %u, after %u was read", box->folder.next,
                                          position->last));
            }
            return;
        }
    }
    if (box->positions->len > 0) {
        note(box, g_strdup_printf("UIDVALIDITY %u", box->folder.validity));
    }
}

void fetch_box_open(FetchBox *box)
{
    GError *failure = NULL;
    if (!mailbox_open(box->set, box->imap, &box->folder, &failure)) {
        fetch_box_fail(box, failure);
        return;
    }
    box->opened_at = clock_monotonic_us();
    find_position(box);
}

/* The server counts again under a UIDVALIDITY that was there before, as another server in its place
 * may: without a new generation its new mails would be taken for old ones. */
static bool begin_generation(FetchBox *box, Database *database, GError **error)
{
    return !box->behind || box->dry_run ||
           (find_record(box, database, ++box->generation, false, &box->id, error) &&
            load_rows(box, database, error));
}

bool fetch_box_begin(FetchBox *box, Database *database, bool dry_run, GError **error)
{
    box->dry_run = dry_run;
    if (box->set == NULL) {
        return true; /* born failed */
    }
    if (!load(box, database, error)) {
        return false;
    }
    g_mutex_lock(&box->talking);
    fetch_box_open(box);
    const bool opened = box->failure == NULL;
    g_mutex_unlock(&box->talking);
    return !opened || dry_run ||
           (begin_generation(box, database, error) &&
            fetch_box_settle_earlier(box, database, error));
}
