/* Opens archives and compressed files, one file in them after another: zip, 7z, tar, and what is
 * compressed with gzip, bzip2, xz or zstd, be it a tar or anything else. Read as hostile: by their
 * content, as a stream, under a budget; nothing is written anywhere, and paths, links and modes
 * mean nothing. An archive in an archive is a file like others: its bytes are given out, and
 * whoever wants to opens them, with the same budget.
 *
 *     Archive *archive = archive_open_bytes(data, size, &budget);
 *     ArchiveMember member;
 *     while (archive_next(archive, &member)) {
 *         if (member.trouble == NULL) {
 *             GByteArray *content = archive_take(archive, &why);
 *         …
 */
#ifndef ISSUER_MAIL_ARCHIVE_H
#define ISSUER_MAIL_ARCHIVE_H

#include "mail/budget.h"

#include <glib.h>
#include <stdbool.h>

#define ARCHIVE_NAME_MOST 255 /* code points of a member's name; what is longer is cut */

/* A file in an archive, or what is wrong with one. */
typedef struct {
    const char *name;    /* valid UTF-8 without control characters; NULL: it has none, as in a file
                            that is only compressed, or `trouble` is about the archive as a whole */
    const char *trouble; /* why it is not read, in words that go on "FILE …"; or NULL */
    bool locked;         /* with `trouble`: only whoever has its password can read it */
} ArchiveMember;

typedef struct Archive Archive;

/* Has names come out in UTF-8, by the process's locale; once in each process, while it may open
 * files. */
void archive_init(void);

/* Whether what begins with `length` bytes at `data` can be opened; 512 bytes are enough. */
bool archive_is_one(const char *data, gsize length);

/* Opens `size` bytes at `data`, which must outlive the archive, or the regular file `fd`, which
 * stays the caller's. `budget` may be shared by several; it must outlive the archive. What is no
 * archive is told by the first member's trouble. The caller owns the result. */
Archive *archive_open_bytes(const char *data, gsize size, Budget *budget);
Archive *archive_open_fd(int fd, Budget *budget);

/* The next file, or the next trouble: damage, a password, a cap of the budget. What came before is
 * good. Folders, links and what only stands beside mails (member_name.h) are passed over. False at
 * the end. The member's texts are valid until the next call. */
bool archive_next(Archive *archive, ArchiveMember *member);

/* Up to `size` bytes that follow in the member's content: their number, 0 at its end, -1 if it
 * cannot be read further; then archive_why() says why. */
gssize archive_read_some(Archive *archive, void *data, gsize size);

/* Why archive_read_some() failed, in words that go on "FILE …". Owned by the archive. */
const char *archive_why(const Archive *archive);

/* All of the member's content, as far as it can be read. `why`: NULL, or why that is not all (new
 * string). The caller owns both. */
GByteArray *archive_take(Archive *archive, char **why);

void archive_close(Archive *archive);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_close)

#endif
