#include "base/error.h"
#include "service/fetch_box_internal.h"

static FetchBox *new_box(const char *name)
{
    FetchBox *box = g_new0(FetchBox, 1);
    box->called = g_strdup(name);
    box->listed = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    box->described = g_array_new(FALSE, FALSE, sizeof(ImapMail));
    box->ahead = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_bytes_unref);
    g_mutex_init(&box->talking);
    return box;
}

FetchBox *fetch_box_new(Mailbox *set, guint number, GError **error)
{
    Imap *imap = imap_new(error);
    if (imap == NULL) {
        mailbox_free(set);
        return NULL;
    }
    FetchBox *box = new_box(set->name);
    box->set = set;
    box->imap = imap;
    box->number = number;
    return box;
}

FetchBox *fetch_box_new_failed(const char *name, const GError *problem)
{
    FetchBox *box = new_box(name);
    fetch_box_fail(box, g_error_copy(problem));
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
    g_hash_table_unref(box->ahead);
    g_clear_pointer(&box->bytes, g_bytes_unref);
    g_clear_error(&box->failure);
    g_mutex_clear(&box->talking);
    g_free(box->note);
    g_free(box->called);
    g_free(box->name);
    g_free(box->trouble);
    g_free(box);
}

void fetch_box_fail(FetchBox *box, GError *cause)
{
    box->open = false;
    g_prefix_error(&cause, "mailbox %s: ", box->called);
    if (box->failure == NULL) {
        box->failure = cause;
    } else {
        g_error_free(cause);
    }
}

Imap *fetch_box_connection(const FetchBox *box)
{
    return box->open ? box->imap : NULL;
}

void fetch_box_break(FetchBox *box, GError *cause)
{
    g_mutex_lock(&box->talking);
    fetch_box_fail(box, cause);
    g_mutex_unlock(&box->talking);
}

bool fetch_box_is_refused(const FetchBox *box)
{
    return box->failure != NULL && imap_was_refused(box->imap);
}

bool fetch_box_is_elsewhere(const FetchBox *box)
{
    return box->elsewhere;
}

void fetch_box_set_patience(FetchBox *box, ImapPatience patience, gpointer data)
{
    imap_set_patience(box->imap, patience, data);
}

bool fetch_box_recover(FetchBox *box, GError **error)
{
    if (imap_has_ended(box->imap)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "mailbox %s: the process that speaks "
                    "to its server has ended",
                    box->called);
        return false;
    }
    g_clear_error(&box->failure);
    return mailbox_read_secret(box->set, error);
}

const char *fetch_box_name(const FetchBox *box)
{
    return box->called;
}

const char *fetch_box_place(const FetchBox *box)
{
    return box->set != NULL ? box->set->place : NULL;
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
