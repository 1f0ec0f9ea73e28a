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
    g_prefix_error(&cause, "mailbox %s: ", box->called);
    if (box->failure == NULL) {
        box->failure = cause;
    } else {
        g_error_free(cause);
    }
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
