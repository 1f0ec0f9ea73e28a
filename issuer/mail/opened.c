#include "mail/opened.h"

#include "mail/emlx.h"
#include "mail/mail_reader.h"
#include "mail/mbox.h"
#include "mail/multipart_end.h"
#include "mail/read_failure.h"
#include "mail/sniff.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct Opened {
    OpenedFile file;
    char *name;
    char *cut;
    uint64_t size;
    int failure;       /* errno if it cannot be read, else 0 */
    GByteArray *head;  /* how it begins */
    bool begun;        /* the first item was asked for */
    Mbox *mbox;        /* NULL: it is none, or at its end */
    bool in_doubt;     /* whether the mbox is one: it does not begin as one, but may be torn */
    uint64_t number;   /* of the mbox's mails so far */
    GByteArray *bytes; /* of a single mail, or the beginning of what is not read */
    char *trouble;
};

/* Reads up to `most` bytes from `offset` on. On failure `bytes` has those that came before it. */
static bool read_bytes(int fd, uint64_t offset, gsize most, GByteArray *bytes)
{
    g_byte_array_set_size(bytes, (guint)most);
    gsize length = 0;
    while (length < most) {
        ssize_t got = pread(fd, bytes->data + length, most - length, (off_t)(offset + length));
        if (got < 0 && errno != EINTR) {
            const int failure = errno;
            g_byte_array_set_size(bytes, (guint)length);
            errno = failure;
            return false;
        }
        if (got == 0) {
            break;
        }
        length += got > 0 ? (gsize)got : 0;
    }
    g_byte_array_set_size(bytes, (guint)length);
    return true;
}

Opened *opened_new(const OpenedFile *file)
{
    Opened *opened = g_new0(Opened, 1);
    opened->name = g_strdup(file->name);
    opened->cut = g_strdup(file->cut);
    opened->file = *file;
    opened->file.name = opened->name;
    opened->file.cut = opened->cut;
    opened->head = g_byte_array_new();
    opened->bytes = g_byte_array_new();
    struct stat status = {0};
    if (fstat(file->fd, &status) != 0 || !read_bytes(file->fd, 0, SNIFF_SIZE, opened->head)) {
        opened->failure = errno;
    }
    opened->size = (uint64_t)MAX(status.st_size, 0);
    return opened;
}

void opened_free(Opened *opened)
{
    if (opened == NULL) {
        return;
    }
    mbox_free(opened->mbox);
    if (opened->file.fd > STDIN_FILENO) {
        (void)close(opened->file.fd);
    }
    g_byte_array_unref(opened->head);
    g_byte_array_unref(opened->bytes);
    g_free(opened->name);
    g_free(opened->cut);
    g_free(opened->trouble);
    g_free(opened);
}

const OpenedFile *opened_file(const Opened *opened)
{
    return &opened->file;
}

const char *opened_spoken(const char *name)
{
    return strcmp(name, "-") == 0 ? "standard input" : name;
}

static const char *spoken(const Opened *opened)
{
    return opened_spoken(opened->name);
}

static const char *head_of(const Opened *opened)
{
    return (const char *)opened->head->data;
}

ContainerKind opened_container(const Opened *opened)
{
    bool emlx = !opened->file.in_maildir && emlx_is_one(head_of(opened), opened->head->len);
    return opened->failure != 0 || emlx ? CONTAINER_NONE
                                        : container_kind(head_of(opened), opened->head->len);
}

// ---- what cannot be given out as a mail ----

/* Fills `item` with the trouble that there is with a mail; takes `why`. */
static bool give_trouble(Opened *opened, SourceItem *item, char *why)
{
    g_free(opened->trouble);
    opened->trouble = why;
    *item = (SourceItem){.path = opened->name,
                         .number = MAX(opened->number, 1),
                         .fd = -1,
                         .trouble = opened->trouble};
    return true;
}

/* Its bytes cannot be had from `offset` on; see read_failure_text(). */
static bool give_unreadable(Opened *opened, SourceItem *item, uint64_t offset, int failure)
{
    g_autofree char *what = read_failure_text(offset, failure);
    give_trouble(opened, item, g_strdup_printf("%s %s", spoken(opened), what));
    item->absent = true;
    return true;
}

/* The same for `size` bytes at `offset` that are not read as a mail. What they begin with makes
 * them others than the next ones in the same place. */
static bool give_unread(Opened *opened, SourceItem *item, uint64_t offset, uint64_t size, char *why)
{
    give_trouble(opened, item, why);
    item->offset = offset;
    item->size = size;
    (void)read_bytes(opened->file.fd, offset, (gsize)MIN(size, SNIFF_SIZE), opened->bytes);
    item->head = (const char *)opened->bytes->data;
    item->head_size = opened->bytes->len;
    return true;
}

static bool give_too_long(Opened *opened, SourceItem *item, uint64_t offset, uint64_t size)
{
    return give_unread(
        opened, item, offset, size,
        g_strdup_printf("the mail at byte %llu of %s has %llu bytes, more than the %lu MiB "
                        "that are read; open it by hand",
                        (unsigned long long)offset, spoken(opened), (unsigned long long)size,
                        MAIL_MAX_SIZE >> 20));
}

/* Whoever wrote it, it must not be read as a mail of the one before it. */
static bool give_torn(Opened *opened, SourceItem *item, const MboxMessage *piece)
{
    return give_unread(
        opened, item, piece->offset, piece->size,
        g_strdup_printf("the start of a mail is lost at byte %llu of %s: whose the %llu bytes up "
                        "to the next mail are cannot be told; look for the mail in another copy of "
                        "the mailbox",
                        (unsigned long long)piece->offset, spoken(opened),
                        (unsigned long long)piece->size));
}

/* A mail whose end did not come out of its container. */
static bool give_cut(Opened *opened, SourceItem *item, uint64_t offset, uint64_t size)
{
    return give_unread(opened, item, offset, size,
                       g_strdup_printf("the mail at byte %llu of %s is cut off: %s",
                                       (unsigned long long)offset, spoken(opened), opened->cut));
}

static char *what_instead(const char *path, SniffKind kind, const char *data, gsize length)
{
    if (kind == SNIFF_EMPTY) {
        return g_strdup_printf(
            "%s is no mail: it is empty; look for the mail in the mailbox it was "
            "copied from",
            path);
    }
    if (kind == SNIFF_TEXT) {
        return g_strdup_printf("%s is no mail: it is text without mail headers; export the mails "
                               "as mbox, Maildir or .eml",
                               path);
    }
    return g_strdup_printf("%s is no mail: it looks like %s; unpack it, or export the mails as "
                           "mbox, Maildir or .eml",
                           path, sniff_name(data, length));
}

// ---- one mail ----

/* The `size` bytes at `offset` are one mail. */
static bool give_single(Opened *opened, SourceItem *item, uint64_t offset, uint64_t size)
{
    if (size > MAIL_MAX_SIZE) {
        return give_too_long(opened, item, offset, size);
    }
    *item = (SourceItem){.path = opened->name,
                         .number = 1,
                         .offset = offset,
                         .size = size,
                         .fd = opened->file.fd,
                         .deleted = opened->file.deleted};
    if (size > MBOX_WINDOW) {
        return true;
    }
    const bool read = read_bytes(opened->file.fd, offset, (gsize)size, opened->bytes);
    if (!read || opened->bytes->len < size) {
        return give_unreadable(opened, item, offset + opened->bytes->len, read ? 0 : errno);
    }
    item->bytes = (const char *)opened->bytes->data;
    item->fd = -1;
    return true;
}

/* Gives out what is no mail: text as such, for somebody may have saved a code; else as trouble. */
static bool give_no_mail(Opened *opened, SourceItem *item)
{
    const char *data = head_of(opened);
    gsize length = opened->head->len;
    const SniffKind kind = sniff_file(data, length);
    if (kind == SNIFF_TEXT && opened->cut == NULL && opened->size <= MAIL_MAX_SIZE) {
        const bool given = give_single(opened, item, 0, opened->size);
        item->bare = item->trouble == NULL;
        return given;
    }
    char *why = opened->cut != NULL ? g_strdup(opened->cut)
                                    : what_instead(spoken(opened), kind, data, length);
    return give_unread(opened, item, 0, opened->size, why);
}

/* Whether nothing in a file that is one mail, parts of it aside, looks like the start of another.
 * Such a file is never split: its lines are not quoted as in an mbox, so whoever wrote the mail
 * could have written another one into it, in another's name. */
static bool is_alone(const Opened *opened, SniffKind kind)
{
    g_autoptr(Mbox) mbox = mbox_new(opened->file.fd, kind == SNIFF_MESSAGE);
    MboxMessage piece = {0};
    return !mbox_next(mbox, &piece, NULL) || mbox_ended(mbox) ||
           (piece.bytes != NULL && multipart_end_is_missing(piece.bytes, piece.size));
}

static bool give_one(Opened *opened, SourceItem *item, SniffKind kind)
{
    if (opened->cut != NULL) {
        return give_cut(opened, item, 0, opened->size);
    }
    const bool alone = is_alone(opened, kind);
    const bool given = give_single(opened, item, 0, opened->size);
    item->doubtful = !alone && item->trouble == NULL;
    return given;
}

static bool give_emlx(Opened *opened, SourceItem *item)
{
    const gsize length = (gsize)MIN(opened->size, EMLX_TAIL);
    g_autoptr(GByteArray) tail = g_byte_array_new();
    if (!read_bytes(opened->file.fd, opened->size - length, length, tail)) {
        return give_unreadable(opened, item, opened->size - length + tail->len, errno);
    }
    Emlx emlx = emlx_read(head_of(opened), opened->head->len, (const char *)tail->data, tail->len,
                          opened->size);
    if (emlx.cut && opened->cut == NULL) {
        opened->cut = g_strdup("the file ends before the mail does; look for it in another copy");
    }
    if (opened->cut != NULL) {
        return give_cut(opened, item, emlx.offset, emlx.size);
    }
    bool given = give_single(opened, item, emlx.offset, emlx.size);
    item->deleted = item->deleted || emlx.deleted;
    item->partial = item->bytes != NULL && emlx_is_partial(item->bytes, (gsize)item->size);
    return given;
}

// ---- mailboxes ----

/* Whether what is no mail may be a mailbox that begins in the middle of one, or in a hole of NUL
 * bytes. */
static bool may_be_torn_mbox(SniffKind kind, const char *data, gsize length)
{
    if (kind != SNIFF_TEXT && kind != SNIFF_BINARY) {
        return false;
    }
    g_autoptr(GString) text = g_string_sized_new(length);
    for (gsize i = 0; i < length; i++) {
        if (data[i] != '\0') {
            g_string_append_c(text, data[i]);
        }
    }
    return sniff_is_text(text->str, text->len);
}

/* Gives out the first piece of a file that does not begin with a separator: it may be all of it. */
static bool give_first(Opened *opened, SourceItem *item, const MboxMessage *piece)
{
    if (!mbox_ended(opened->mbox)) {
        return give_torn(opened, item, piece);
    }
    g_clear_pointer(&opened->mbox, mbox_free);
    return give_no_mail(opened, item);
}

static bool give_of_mbox(Opened *opened, SourceItem *item, const MboxMessage *message)
{
    if (message->torn) {
        bool first = opened->in_doubt;
        opened->in_doubt = false;
        return first ? give_first(opened, item, message) : give_torn(opened, item, message);
    }
    if (opened->cut != NULL && mbox_ended(opened->mbox)) {
        return give_cut(opened, item, message->offset, message->size);
    }
    if (message->size > MAIL_MAX_SIZE) {
        return give_too_long(opened, item, message->offset, message->size);
    }
    *item = (SourceItem){.path = opened->name,
                         .number = opened->number,
                         .offset = message->offset,
                         .size = message->size,
                         .bytes = message->bytes,
                         .fd = message->bytes == NULL ? opened->file.fd : -1,
                         .from_mbox = true};
    return true;
}

/* Whether it ends before the end that it had when it was opened: what was found last may be half a
 * mail. */
static bool has_shrunk(const Opened *opened)
{
    return mbox_ended(opened->mbox) && mbox_seen(opened->mbox) < opened->size;
}

/* The next mail of the mbox; false at its end. */
static bool next_of_mbox(Opened *opened, SourceItem *item)
{
    g_autoptr(GError) error = NULL;
    MboxMessage message;
    opened->number++;
    const bool found = mbox_next(opened->mbox, &message, &error);
    if (error == NULL && has_shrunk(opened)) {
        const uint64_t end = mbox_seen(opened->mbox);
        g_clear_pointer(&opened->mbox, mbox_free);
        return give_unreadable(opened, item, end, 0);
    }
    if (found) {
        return give_of_mbox(opened, item, &message);
    }
    g_clear_pointer(&opened->mbox, mbox_free);
    if (error == NULL) {
        return false;
    }
    give_trouble(opened, item, g_strdup_printf("%s %s", spoken(opened), error->message));
    item->absent = true;
    return true;
}

// ---- telling what it is ----

/* Gives out the first item; false if there is none. */
static bool begin(Opened *opened, SourceItem *item)
{
    if (opened->failure != 0) {
        return give_unreadable(opened, item, opened->head->len, opened->failure);
    }
    const bool in_maildir = opened->file.in_maildir;
    const char *data = head_of(opened);
    const gsize length = opened->head->len;
    if (!in_maildir && emlx_is_one(data, length)) {
        return give_emlx(opened, item);
    }
    const SniffKind kind = sniff_file(data, length);
    const bool torn = may_be_torn_mbox(kind, data, length);
    if (!in_maildir && (kind == SNIFF_MBOX || torn)) {
        opened->mbox = mbox_new(opened->file.fd, false);
        opened->in_doubt = torn;
        return next_of_mbox(opened, item);
    }
    if (kind == SNIFF_EMPTY && !in_maildir && opened->cut == NULL &&
        strcmp(opened->name, "-") != 0) {
        return false; /* an mbox without a mail */
    }
    return kind == SNIFF_MESSAGE || kind == SNIFF_MBOX ? give_one(opened, item, kind)
                                                       : give_no_mail(opened, item);
}

bool opened_next(Opened *opened, SourceItem *item)
{
    if (!opened->begun) {
        opened->begun = true;
        return begin(opened, item);
    }
    return opened->mbox != NULL && next_of_mbox(opened, item);
}
