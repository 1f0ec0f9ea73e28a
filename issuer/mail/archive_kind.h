/* What an archive is by its first bytes, and whether it is there to its end: the library that reads
 * it takes a tar or zip that was cut off between two files for a whole one, and passes over what
 * follows compressed data. */
#ifndef ISSUER_MAIL_ARCHIVE_KIND_H
#define ISSUER_MAIL_ARCHIVE_KIND_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define ARCHIVE_KIND_LOOK 512 /* bytes of the beginning that are enough to tell */

typedef enum {
    ARCHIVE_KIND_NONE,
    ARCHIVE_KIND_ZIP,
    ARCHIVE_KIND_7Z,
    ARCHIVE_KIND_TAR,
    ARCHIVE_KIND_GZIP,
    ARCHIVE_KIND_BZIP2,
    ARCHIVE_KIND_XZ,
    ARCHIVE_KIND_ZSTD,
} ArchiveKind;

/* An archive's bytes. */
typedef struct {
    const char *data; /* or NULL: in the regular file `fd` */
    int fd;
    uint64_t size; /* bytes */
} ArchiveBytes;

/* What begins with `length` bytes at `data`. */
ArchiveKind archive_kind_of(const char *data, gsize length);

/* Whether it is one file that was compressed, be it a tar. */
bool archive_kind_is_filter(ArchiveKind kind);

/* Up to `size` bytes from `offset` on, fewer only at the end; -1 with errno. */
gssize archive_kind_read_at(const ArchiveBytes *bytes, uint64_t offset, void *out, gsize size);

/* What is missing or left over, in words that go on "it is damaged:", once all of its files were
 * read and `consumed` bytes with them; NULL if it is whole. Static. */
const char *archive_kind_fault(ArchiveKind kind, const ArchiveBytes *bytes, uint64_t consumed);

#endif
