#include "mail/source.h"

#include "base/file.h"
#include "base/text.h"
#include "mail/folder.h"
#include "mail/mail_reader.h"
#include "mail/mbox.h"
#include "mail/member_name.h"
#include "mail/multipart_end.h"
#include "mail/sniff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FOLDER_DEPTH 64

struct Source {
    const char *const *paths; /* those not yet begun */
    GPtrArray *folders;       /* of Folder, the innermost last */
    GHashTable *entered;      /* the folders so far, as "DEVICE:INODE": a link may lead in a ring */
    char *path;               /* of the file at hand; NULL: standard input */
    char *name;               /* the path as valid UTF-8, "-" for standard input */
    int fd;
    Mbox *mbox;
    bool in_doubt; /* whether the mbox is one: it does not begin as one, but may have been torn */
    uint64_t number;
    GByteArray *bytes; /* of a single mail, or the beginning of what is none */
    char *trouble;
};

static void folder_free_item(gpointer folder)
{
    folder_free(folder);
}

Source *source_new(const char *const *paths)
{
    Source *source = g_new0(Source, 1);
    source->paths = paths;
    source->folders = g_ptr_array_new_with_free_func(folder_free_item);
    source->entered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    source->bytes = g_byte_array_new();
    source->fd = -1;
    return source;
}

static void close_file(Source *source)
{
    g_clear_pointer(&source->mbox, mbox_free);
    if (source->fd > STDIN_FILENO) {
        (void)close(source->fd);
    }
    source->fd = -1;
    source->in_doubt = false;
    source->number = 0;
    g_clear_pointer(&source->path, g_free);
    g_clear_pointer(&source->name, g_free);
}

void source_free(Source *source)
{
    if (source == NULL) {
        return;
    }
    close_file(source);
    g_ptr_array_unref(source->folders);
    g_hash_table_unref(source->entered);
    g_byte_array_unref(source->bytes);
    g_free(source->trouble);
    g_free(source);
}

/* What a sentence calls the file at hand. */
static const char *spoken(const Source *source)
{
    return source->path == NULL ? "standard input" : source->name;
}

/* Fills `item` with the trouble that there is with a mail; takes `why`. */
static bool give_trouble(Source *source, SourceItem *item, char *why)
{
    g_free(source->trouble);
    source->trouble = why;
    *item = (SourceItem){.path = source->name,
                         .number = MAX(source->number, 1),
                         .fd = -1,
                         .trouble = source->trouble};
    return true;
}

/* The same for a path that gives no mail: it is missing, or the system does not let it be read. */
static bool give_absent(Source *source, SourceItem *item, char *why)
{
    give_trouble(source, item, why);
    item->absent = true;
    return true;
}

static bool give_unreadable(Source *source, SourceItem *item, const char *done)
{
    return give_absent(
        source, item,
        g_strdup_printf("%s cannot be %s: %s", spoken(source), done, g_strerror(errno)));
}

/* Reads up to `most` bytes of the file at hand from `offset` on into source->bytes. */
static bool read_bytes(Source *source, uint64_t offset, gsize most)
{
    g_byte_array_set_size(source->bytes, (guint)most);
    gsize length = 0;
    while (length < most) {
        ssize_t got = pread(source->fd, source->bytes->data + length, most - length,
                            (off_t)(offset + length));
        if (got < 0 && errno != EINTR) {
            g_byte_array_set_size(source->bytes, 0);
            return false;
        }
        if (got == 0) {
            break;
        }
        length += got > 0 ? (gsize)got : 0;
    }
    g_byte_array_set_size(source->bytes, (guint)length);
    return true;
}

/* The same for `size` bytes at `offset` that are not read as a mail. What they begin with makes
 * them others than the next ones in the same place. */
static bool give_unread(Source *source, SourceItem *item, uint64_t offset, uint64_t size, char *why)
{
    give_trouble(source, item, why);
    item->offset = offset;
    item->size = size;
    (void)read_bytes(source, offset, (gsize)MIN(size, SNIFF_SIZE));
    item->head = (const char *)source->bytes->data;
    item->head_size = source->bytes->len;
    return true;
}

static bool give_too_long(Source *source, SourceItem *item, uint64_t offset, uint64_t size)
{
    return give_unread(
        source, item, offset, size,
        g_strdup_printf("the mail at byte %llu of %s has %llu bytes, more than the %lu MiB "
                        "that are read; open it by hand",
                        (unsigned long long)offset, spoken(source), (unsigned long long)size,
                        MAIL_MAX_SIZE >> 20));
}

/* Whoever wrote it, it must not be read as a mail of the one before it. */
static bool give_torn(Source *source, SourceItem *item, const MboxMessage *piece)
{
    return give_unread(
        source, item, piece->offset, piece->size,
        g_strdup_printf("the start of a mail is lost at byte %llu of %s: whose the %llu bytes up "
                        "to the next mail are cannot be told; look for the mail in another copy of "
                        "the mailbox",
                        (unsigned long long)piece->offset, spoken(source),
                        (unsigned long long)piece->size));
}

static void give_bytes(const Source *source, SourceItem *item)
{
    *item = (SourceItem){.path = source->name,
                         .number = 1,
                         .size = source->bytes->len,
                         .bytes = (const char *)source->bytes->data,
                         .fd = -1};
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

/* The file at hand is none; source->bytes is how it begins. */
static bool give_no_mail(Source *source, SourceItem *item, uint64_t size)
{
    const char *data = (const char *)source->bytes->data;
    gsize length = source->bytes->len;
    return give_unread(source, item, 0, size,
                       what_instead(spoken(source), sniff_file(data, length), data, length));
}

/* The file at hand is one mail of `size` bytes. */
static bool give_single(Source *source, SourceItem *item, uint64_t size)
{
    if (size > MAIL_MAX_SIZE) {
        return give_too_long(source, item, 0, size);
    }
    if (size > MBOX_WINDOW) {
        *item = (SourceItem){.path = source->name, .number = 1, .size = size, .fd = source->fd};
        return true;
    }
    if (!read_bytes(source, 0, (gsize)size)) {
        return give_unreadable(source, item, "read");
    }
    give_bytes(source, item);
    return true;
}

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

/* Whether nothing in a file that is one mail, parts of it aside, looks like the start of another.
 * Such a file is never split: its lines are not quoted as in an mbox, so whoever wrote the mail
 * could have written another one into it, in another's name. */
static bool is_alone(const Source *source, SniffKind kind)
{
    g_autoptr(Mbox) mbox = mbox_new(source->fd, kind == SNIFF_MESSAGE);
    MboxMessage piece = {0};
    return !mbox_next(mbox, &piece, NULL) || mbox_ended(mbox) ||
           (piece.bytes != NULL && multipart_end_is_missing(piece.bytes, piece.size));
}

static bool give_one(Source *source, SourceItem *item, SniffKind kind, uint64_t size)
{
    const bool alone = is_alone(source, kind);
    const bool given = give_single(source, item, size);
    item->doubtful = !alone && item->trouble == NULL;
    return given;
}

/* Looks at the opened file and gives out its first item; false if it is an mbox, or empty where
 * that means no mail. */
static bool begin_content(Source *source, SourceItem *item, bool in_maildir)
{
    struct stat status;
    if (fstat(source->fd, &status) != 0 || !read_bytes(source, 0, SNIFF_SIZE)) {
        return give_unreadable(source, item, "read");
    }
    const char *data = (const char *)source->bytes->data;
    SniffKind kind = sniff_file(data, source->bytes->len);
    const bool torn = may_be_torn_mbox(kind, data, source->bytes->len);
    if (!in_maildir && (kind == SNIFF_MBOX || torn)) {
        source->mbox = mbox_new(source->fd, false);
        source->in_doubt = torn;
        return false;
    }
    if (kind == SNIFF_EMPTY && !in_maildir && source->path != NULL) {
        close_file(source); /* an mbox without a mail */
        return false;
    }
    if (kind == SNIFF_MESSAGE || kind == SNIFF_MBOX) {
        return give_one(source, item, kind, (uint64_t)status.st_size);
    }
    return give_no_mail(source, item, (uint64_t)status.st_size);
}

/* Takes an opened pipe's content in its place. */
static bool begin_pipe(Source *source, SourceItem *item)
{
    g_autoptr(GError) error = NULL;
    int pipe = source->fd;
    source->fd = file_open_copy(pipe, &error);
    if (pipe > STDIN_FILENO) {
        (void)close(pipe);
    }
    return source->fd < 0
               ? give_absent(source, item, g_strdup_printf("%s %s", spoken(source), error->message))
               : begin_content(source, item, false);
}

/* Opens the file or pipe at hand. A pipe that is named waits for its writer; one that only happens
 * to lie in a folder may have none. */
static bool begin_file(Source *source, SourceItem *item, bool is_pipe, bool in_maildir)
{
    bool waits = is_pipe && source->folders->len == 0;
    source->fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK));
    struct stat status;
    if (source->fd < 0 || fstat(source->fd, &status) != 0) {
        return give_unreadable(source, item, "opened");
    }
    if (waits && S_ISFIFO(status.st_mode)) {
        return begin_pipe(source, item);
    }
    if (!S_ISREG(status.st_mode)) {
        return give_absent(source, item,
                           g_strdup_printf("%s is neither a file nor a folder; give a mailbox, a "
                                           "mail or a folder of them",
                                           source->name));
    }
    return begin_content(source, item, in_maildir);
}

/* Gives out the first piece of a file that does not begin with a separator: it may be all of it. */
static bool give_first(Source *source, SourceItem *item, const MboxMessage *piece)
{
    if (!mbox_ended(source->mbox)) {
        return give_torn(source, item, piece);
    }
    g_clear_pointer(&source->mbox, mbox_free);
    struct stat status;
    if (fstat(source->fd, &status) != 0) {
        return give_unreadable(source, item, "read");
    }
    return give_no_mail(source, item, (uint64_t)status.st_size);
}

/* The next mail of the mbox at hand; false at its end. */
static bool next_of_mbox(Source *source, SourceItem *item)
{
    g_autoptr(GError) error = NULL;
    MboxMessage message;
    source->number++;
    if (!mbox_next(source->mbox, &message, &error)) {
        if (error != NULL) {
            g_clear_pointer(&source->mbox, mbox_free);
            return give_absent(source, item,
                               g_strdup_printf("%s %s", spoken(source), error->message));
        }
        return false;
    }
    if (message.torn) {
        bool first = source->in_doubt;
        source->in_doubt = false;
        return first ? give_first(source, item, &message) : give_torn(source, item, &message);
    }
    if (message.size > MAIL_MAX_SIZE) {
        return give_too_long(source, item, message.offset, message.size);
    }
    *item = (SourceItem){.path = source->name,
                         .number = source->number,
                         .offset = message.offset,
                         .size = message.size,
                         .bytes = message.bytes,
                         .fd = message.bytes == NULL ? source->fd : -1,
                         .from_mbox = true};
    return true;
}

/* Puts a folder on the stack, unless the run was in it before, by whatever path. Returns whether
 * that failed, with the trouble in `item`. */
static bool enter_folder(Source *source, SourceItem *item, const struct stat *status)
{
    guint depth = source->folders->len;
    char *key = g_strdup_printf("%llu:%llu", (unsigned long long)status->st_dev,
                                (unsigned long long)status->st_ino);
    if (g_hash_table_contains(source->entered, key)) {
        g_free(key);
        return false;
    }
    if (depth >= MAX_FOLDER_DEPTH) {
        g_free(key);
        return give_absent(
            source, item,
            g_strdup_printf("%s is nested too deeply; give it by itself", source->name));
    }
    g_hash_table_add(source->entered, key);
    const Folder *parent = depth > 0 ? g_ptr_array_index(source->folders, depth - 1) : NULL;
    g_autoptr(GError) error = NULL;
    Folder *folder = folder_new(source->path, parent, &error);
    if (folder == NULL) {
        return give_absent(source, item, g_strdup_printf("%s: %s", source->name, error->message));
    }
    g_ptr_array_add(source->folders, folder);
    return false;
}

/* Begins with the file or folder at source->path; true if that gives an item at once. */
static bool begin_path(Source *source, SourceItem *item, bool in_maildir)
{
    struct stat status = {0};
    if (stat(source->path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return enter_folder(source, item, &status);
    }
    if (!begin_file(source, item, S_ISFIFO(status.st_mode), in_maildir)) {
        return false;
    }
    item->deleted = in_maildir && member_name_is_trashed(source->path);
    return true;
}

/* Takes the next entry of the innermost folder; false if there is none or it gives no item. */
static bool next_of_folders(Source *source, SourceItem *item)
{
    guint last = source->folders->len - 1;
    Folder *folder = g_ptr_array_index(source->folders, last);
    bool in_maildir = folder_kind(folder) == FOLDER_OF_MAILS;
    source->path = folder_next(folder);
    if (source->path == NULL) {
        g_ptr_array_remove_index(source->folders, last);
        return false;
    }
    source->name = text_file_name(source->path);
    return begin_path(source, item, in_maildir);
}

static bool next_of_paths(Source *source, SourceItem *item)
{
    const char *path = *source->paths++;
    if (strcmp(path, "-") == 0) {
        source->name = g_strdup("-");
        source->fd = STDIN_FILENO;
        return begin_pipe(source, item);
    }
    source->path = g_strdup(path);
    source->name = text_file_name(path);
    return begin_path(source, item, false);
}

bool source_next(Source *source, SourceItem *item)
{
    for (;;) {
        if (source->mbox != NULL && next_of_mbox(source, item)) {
            return true;
        }
        close_file(source);
        bool given = false;
        if (source->folders->len > 0) {
            given = next_of_folders(source, item);
        } else if (*source->paths != NULL) {
            given = next_of_paths(source, item);
        } else {
            return false;
        }
        if (given) {
            return true;
        }
    }
}
