#include "mail/archive_kind.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TAR_BLOCK      512
#define TAR_SUM        148   /* where a tar header has its checksum, */
#define TAR_SUM_SIZE   8     /* of so many bytes */
#define ZIP_END_SIZE   22    /* bytes */
#define ZIP_END_WITHIN 65557 /* bytes: the record at a zip's end with the longest comment */

typedef struct {
    const char *magic;
    gsize length;
    ArchiveKind kind;
} Mark;

static const Mark marks[] = {
    {"PK\x03\x04", 4, ARCHIVE_KIND_ZIP},
    {"PK\x05\x06", 4, ARCHIVE_KIND_ZIP},
    {"7z\xbc\xaf\x27\x1c", 6, ARCHIVE_KIND_7Z},
    {"\x1f\x8b\x08", 3, ARCHIVE_KIND_GZIP},
    {"BZh", 3, ARCHIVE_KIND_BZIP2},
    {"\xfd"
     "7zXZ",
     6, ARCHIVE_KIND_XZ}, // the literal's own zero is the mark's last byte
    {"\x28\xb5\x2f\xfd", 4, ARCHIVE_KIND_ZSTD},
};

/* A header's bytes add up to what it says, its own field counted as blanks (POSIX ustar). */
static bool is_tar(const char *data, gsize length)
{
    if (length < TAR_BLOCK || data[0] == '\0') {
        return false;
    }
    guint64 sum = 0;
    for (gsize i = 0; i < TAR_BLOCK; i++) {
        bool own = i >= TAR_SUM && i < TAR_SUM + TAR_SUM_SIZE;
        sum += own ? ' ' : (guchar)data[i];
    }
    g_autofree char *said = g_strndup(data + TAR_SUM, TAR_SUM_SIZE);
    guint64 number = 0;
    return g_ascii_string_to_unsigned(g_strstrip(said), 8, 1, G_MAXINT64, &number, NULL) &&
           number == sum;
}

ArchiveKind archive_kind_of(const char *data, gsize length)
{
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (length >= marks[i].length && memcmp(data, marks[i].magic, marks[i].length) == 0) {
            return marks[i].kind;
        }
    }
    return is_tar(data, length) ? ARCHIVE_KIND_TAR : ARCHIVE_KIND_NONE;
}

bool archive_kind_is_filter(ArchiveKind kind)
{
    return kind == ARCHIVE_KIND_GZIP || kind == ARCHIVE_KIND_BZIP2 || kind == ARCHIVE_KIND_XZ ||
           kind == ARCHIVE_KIND_ZSTD;
}

gssize archive_kind_read_at(const ArchiveBytes *bytes, uint64_t offset, void *out, gsize size)
{
    if (bytes->data != NULL) {
        gsize got = offset < bytes->size ? (gsize)MIN(bytes->size - offset, size) : 0;
        memcpy(out, bytes->data + MIN(offset, bytes->size), got);
        return (gssize)got;
    }
    ssize_t got = -1;
    do {
        got = pread(bytes->fd, out, size, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* Whether a zip's last bytes hold the record that ends its directory, whole (APPNOTE 4.3.16). */
static bool is_zip_end(const GByteArray *tail)
{
    const guint8 *end = memmem(tail->data, tail->len, "PK\x05\x06", 4);
    return end != NULL && tail->data + tail->len - end >= ZIP_END_SIZE;
}

static bool has_zip_end(const ArchiveBytes *bytes)
{
    const gsize size = (gsize)MIN(bytes->size, ZIP_END_WITHIN);
    g_autoptr(GByteArray) tail = g_byte_array_new();
    g_byte_array_set_size(tail, (guint)size);
    gssize got = archive_kind_read_at(bytes, bytes->size - size, tail->data, size);
    g_byte_array_set_size(tail, (guint)MAX(got, 0));
    return got > 0 && is_zip_end(tail);
}

/* Whether the last block that was read is one of the empty ones that end a tar. */
static bool has_tar_end(const ArchiveBytes *bytes, uint64_t consumed)
{
    static const char empty[TAR_BLOCK];
    char block[TAR_BLOCK];
    return consumed >= TAR_BLOCK &&
           archive_kind_read_at(bytes, consumed - TAR_BLOCK, block, TAR_BLOCK) == TAR_BLOCK &&
           memcmp(block, empty, TAR_BLOCK) == 0;
}

const char *archive_kind_fault(ArchiveKind kind, const ArchiveBytes *bytes, uint64_t consumed)
{
    static const char cut[] = "its end is missing, and files with it";
    if (kind == ARCHIVE_KIND_ZIP) {
        return has_zip_end(bytes) ? NULL : cut;
    }
    if (kind == ARCHIVE_KIND_TAR) {
        return has_tar_end(bytes, consumed) ? NULL : cut;
    }
    return archive_kind_is_filter(kind) && consumed < bytes->size
               ? "something follows its end that is not compressed"
               : NULL;
}
