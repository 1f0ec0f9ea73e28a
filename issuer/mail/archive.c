#include "mail/archive.h"

#include "base/text.h"
#include "mail/archive_kind.h"
#include "mail/member_name.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE_SIZE  (64UL * 1024) /* bytes read at once */
#define MAX_RETRIES 1000          /* damaged places in one archive that are passed over */
#define WHAT_TO_DO  "unpack it by hand and give what comes out"
#define UNREADABLE  "cannot be read (%s): the fault is not the file's own; see to it, and try again"
#define LOCKED      "is locked with a password; " WHAT_TO_DO

struct Archive {
    struct archive *reader;
    Budget *budget;
    ArchiveKind kind;
    ArchiveBytes bytes;
    uint64_t at; /* where the library reads next */
    char piece[PIECE_SIZE];
    bool opened; /* the library has begun to read */
    bool ended;
    bool damaged; /* something was passed over that nobody can read */
    int failure;  /* errno of a read that failed */
    unsigned retries;
    unsigned count; /* of entries, for those without a name */
    char *name;
    char *why;
};

void archive_init(void)
{
    // Names become text of the locale's encoding; what cannot is lost.
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

bool archive_is_one(const char *data, gsize length)
{
    return archive_kind_of(data, length) != ARCHIVE_KIND_NONE;
}

// ---- what the library reads ----

static la_ssize_t read_piece(struct archive *reader, void *data, const void **piece)
{
    Archive *archive = data;
    gssize got = archive_kind_read_at(&archive->bytes, archive->at, archive->piece, PIECE_SIZE);
    if (got < 0) {
        archive->failure = errno;
        archive_set_error(reader, errno, "it cannot be read");
        return ARCHIVE_FATAL;
    }
    archive->at += (uint64_t)got;
    *piece = archive->piece;
    return got;
}

static la_int64_t skip_bytes(struct archive *reader, void *data, la_int64_t count)
{
    (void)reader;
    Archive *archive = data;
    la_int64_t left = (la_int64_t)archive->bytes.size - (la_int64_t)archive->at;
    la_int64_t skipped = CLAMP(count, 0, MAX(left, 0));
    archive->at += (uint64_t)skipped;
    return skipped;
}

static la_int64_t seek(struct archive *reader, void *data, la_int64_t offset, int whence)
{
    (void)reader;
    Archive *archive = data;
    const la_int64_t size = (la_int64_t)archive->bytes.size;
    la_int64_t base = 0;
    if (whence != SEEK_SET) {
        base = whence == SEEK_END ? size : (la_int64_t)archive->at;
    }
    if (offset < -base || offset > size - base) {
        return ARCHIVE_FATAL;
    }
    archive->at = (uint64_t)(base + offset);
    return base + offset;
}

// ---- opening ----

static void support_filter(struct archive *reader, ArchiveKind kind)
{
    switch (kind) {
    case ARCHIVE_KIND_GZIP:
        (void)archive_read_support_filter_gzip(reader);
        break;
    case ARCHIVE_KIND_BZIP2:
        (void)archive_read_support_filter_bzip2(reader);
        break;
    case ARCHIVE_KIND_XZ:
        (void)archive_read_support_filter_xz(reader);
        break;
    case ARCHIVE_KIND_ZSTD:
        (void)archive_read_support_filter_zstd(reader);
        break;
    default:
        break;
    }
}

/* Only what the content shows is tried: the library would open one filter behind another, and takes
 * a file of zeros for a tar. */
static void support_format(struct archive *reader, ArchiveKind kind)
{
    switch (kind) {
    case ARCHIVE_KIND_ZIP:
        (void)archive_read_support_format_zip(reader);
        break;
    case ARCHIVE_KIND_7Z:
        (void)archive_read_support_format_7zip(reader);
        break;
    case ARCHIVE_KIND_TAR:
        (void)archive_read_support_format_tar(reader);
        break;
    default:
        (void)archive_read_support_format_raw(reader);
        (void)archive_read_support_format_empty(reader);
        break;
    }
}

/* Has the library begin to read, as a file that is compressed (archive->kind) or not and has in it
 * what `format` says. */
static void start(Archive *archive, ArchiveKind format)
{
    archive->at = 0;
    archive->reader = archive_read_new();
    support_filter(archive->reader, archive->kind);
    support_format(archive->reader, format);
    (void)archive_read_set_read_callback(archive->reader, read_piece);
    (void)archive_read_set_skip_callback(archive->reader, skip_bytes);
    (void)archive_read_set_seek_callback(archive->reader, seek);
    (void)archive_read_set_callback_data(archive->reader, archive);
    // Bytes that no filter wants are given out as they are, compressed.
    archive->opened =
        archive_read_open1(archive->reader) >= ARCHIVE_WARN &&
        (archive_filter_count(archive->reader) > 1) == archive_kind_is_filter(archive->kind);
}

/* Whether a tar was compressed; leaves the library where it began. */
static bool holds_tar(Archive *archive)
{
    char head[ARCHIVE_KIND_LOOK];
    struct archive_entry *entry = NULL;
    start(archive, ARCHIVE_KIND_NONE);
    la_ssize_t got = archive->opened && archive_read_next_header(archive->reader, &entry) == 0
                         ? archive_read_data(archive->reader, head, sizeof head)
                         : 0;
    (void)archive_read_free(archive->reader);
    return got > 0 && archive_kind_of(head, (gsize)got) == ARCHIVE_KIND_TAR;
}

static Archive *open_archive(ArchiveBytes bytes, Budget *budget)
{
    Archive *archive = g_new0(Archive, 1);
    archive->budget = budget;
    archive->bytes = bytes;
    char head[ARCHIVE_KIND_LOOK];
    gssize got = archive_kind_read_at(&bytes, 0, head, sizeof head);
    archive->failure = got < 0 ? errno : 0;
    archive->kind = archive_kind_of(head, (gsize)MAX(got, 0));
    if (archive->kind == ARCHIVE_KIND_NONE) {
        archive->reader = archive_read_new();
    } else if (archive_kind_is_filter(archive->kind)) {
        start(archive, holds_tar(archive) ? ARCHIVE_KIND_TAR : ARCHIVE_KIND_NONE);
    } else {
        start(archive, archive->kind);
    }
    return archive;
}

Archive *archive_open_bytes(const char *data, gsize size, Budget *budget)
{
    return open_archive((ArchiveBytes){data, -1, size}, budget);
}

Archive *archive_open_fd(int fd, Budget *budget)
{
    off_t end = lseek(fd, 0, SEEK_END); // a confined process has no fstat()
    return open_archive((ArchiveBytes){NULL, fd, (uint64_t)MAX(end, 0)}, budget);
}

void archive_close(Archive *archive)
{
    if (archive == NULL) {
        return;
    }
    (void)archive_read_free(archive->reader);
    g_free(archive->name);
    g_free(archive->why);
    g_free(archive);
}

// ---- going through ----

/* 7-Zip may lock even the names of its files. */
static bool is_locked(const Archive *archive)
{
    return archive->kind == ARCHIVE_KIND_7Z &&
           archive_read_has_encrypted_entries(archive->reader) == 1;
}

/* What is wrong by the library's account. New string. */
static char *damage(const Archive *archive)
{
    if (archive->failure != 0) {
        return g_strdup_printf(UNREADABLE, g_strerror(archive->failure));
    }
    if (is_locked(archive)) {
        return g_strdup(LOCKED);
    }
    const char *said = archive_error_string(archive->reader);
    g_autofree char *line = text_one_line(said != NULL ? said : "its end is missing", 200);
    return g_strdup_printf("is damaged (%s); " WHAT_TO_DO, line);
}

/* Gives out a trouble with the archive as a whole, after which nothing follows; takes `why`. */
static bool give_end(Archive *archive, ArchiveMember *member, char *why)
{
    g_free(archive->why);
    archive->why = why;
    archive->ended = true;
    *member = (ArchiveMember){NULL, archive->why, is_locked(archive)};
    return true;
}

static bool give_spent(Archive *archive, ArchiveMember *member)
{
    g_autofree char *why = budget_why(archive->budget);
    return give_end(archive, member,
                    g_strdup_printf("%s: nothing more of it is read; " WHAT_TO_DO, why));
}

/* What the library does not tell: that an end is missing, or that something follows it. */
static bool give_fault(Archive *archive, ArchiveMember *member)
{
    const uint64_t consumed = (uint64_t)MAX(archive_filter_bytes(archive->reader, -1), 0);
    const char *fault = archive->damaged
                            ? "something in it cannot be read"
                            : archive_kind_fault(archive->kind, &archive->bytes, consumed);
    archive->ended = true;
    return fault != NULL &&
           give_end(archive, member, g_strdup_printf("is damaged: %s; " WHAT_TO_DO, fault));
}

/* The entry's name as a person may read it. */
static void take_name(Archive *archive, struct archive_entry *entry)
{
    g_clear_pointer(&archive->name, g_free);
    archive->count++;
    if (archive_format(archive->reader) == ARCHIVE_FORMAT_RAW) {
        return;
    }
    const char *name = archive_entry_pathname_utf8(entry);
    name = name != NULL ? name : archive_entry_pathname(entry);
    if (name == NULL || name[0] == '\0') {
        archive->name = g_strdup_printf("file %u", archive->count);
        return;
    }
    g_autofree char *valid = text_file_name(name);
    archive->name = text_one_line(valid, ARCHIVE_NAME_MOST);
}

static bool is_wanted(const Archive *archive, struct archive_entry *entry)
{
    return archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == NULL &&
           (archive->name == NULL || !member_name_is_beside(archive->name));
}

static bool give_member(Archive *archive, struct archive_entry *entry, ArchiveMember *member)
{
    g_clear_pointer(&archive->why, g_free);
    if (archive_entry_is_encrypted(entry)) {
        archive->why = g_strdup(LOCKED);
    }
    *member = (ArchiveMember){archive->name, archive->why, archive->why != NULL};
    return true;
}

/* The next entry's header: ARCHIVE_OK, ARCHIVE_EOF or ARCHIVE_FATAL. */
static int next_header(Archive *archive, struct archive_entry **entry)
{
    for (;;) {
        int result = archive_read_next_header(archive->reader, entry);
        if (result == ARCHIVE_OK || result == ARCHIVE_WARN) {
            return ARCHIVE_OK; // a warning is about the name
        }
        if (result == ARCHIVE_EOF || result == ARCHIVE_FATAL || archive->retries++ >= MAX_RETRIES) {
            return result == ARCHIVE_EOF ? ARCHIVE_EOF : ARCHIVE_FATAL;
        }
        archive->damaged = true;
    }
}

bool archive_next(Archive *archive, ArchiveMember *member)
{
    if (archive->ended) {
        return false;
    }
    if (!archive->opened) {
        return give_end(archive, member, damage(archive));
    }
    struct archive_entry *entry = NULL;
    for (;;) {
        int result = next_header(archive, &entry);
        if (result == ARCHIVE_FATAL) {
            return give_end(archive, member, damage(archive));
        }
        if (result == ARCHIVE_EOF) {
            return give_fault(archive, member);
        }
        if (!budget_begin_member(archive->budget)) {
            return give_spent(archive, member);
        }
        take_name(archive, entry);
        if (is_wanted(archive, entry)) {
            return give_member(archive, entry, member);
        }
    }
}

// ---- a member's content ----

/* The member goes no further; takes `why`. */
static gssize stop_member(Archive *archive, char *why)
{
    g_free(archive->why);
    archive->why = why;
    return -1;
}

gssize archive_read_some(Archive *archive, void *data, gsize size)
{
    la_ssize_t got = archive_read_data(archive->reader, data, size);
    if (got < 0) {
        // A zip goes on behind a damaged file, a 7z ends there without a word.
        archive->damaged = archive->damaged || archive->kind == ARCHIVE_KIND_7Z;
        return stop_member(archive, damage(archive));
    }
    BudgetState state = budget_spend(archive->budget, (uint64_t)got);
    if (state == BUDGET_HOLDS) {
        return got;
    }
    archive->ended = state == BUDGET_SPENT;
    g_autofree char *why = budget_why(archive->budget);
    return stop_member(archive, g_strdup_printf("%s: what follows is not read; " WHAT_TO_DO, why));
}

const char *archive_why(const Archive *archive)
{
    return archive->why;
}

GByteArray *archive_take(Archive *archive, char **why)
{
    GByteArray *content = g_byte_array_new();
    g_autofree char *piece = g_malloc(PIECE_SIZE);
    gssize got = 0;
    while ((got = archive_read_some(archive, piece, PIECE_SIZE)) > 0) {
        g_byte_array_append(content, (const guint8 *)piece, (guint)got);
    }
    *why = got < 0 ? g_strdup(archive->why) : NULL;
    return content;
}
