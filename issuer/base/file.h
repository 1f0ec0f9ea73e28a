/* Files that must be private or must survive a crash, and files that a person names. */
#ifndef ISSUER_BASE_FILE_H
#define ISSUER_BASE_FILE_H

#include "base/secret.h"

#include <glib.h>
#include <stdbool.h>

/* Writes `size` bytes as `path` with `mode`, so that after a crash the file is the old one or the
 * new one, whole: temporary file beside it (O_EXCL), fsync, rename, fsync of the folder.
 * ISSUER_ERROR_FAILED, or ISSUER_ERROR_NOT_FOUND if the folder is missing. */
bool file_write_durably(const char *path, const void *data, gsize size, int mode, GError **error);

/* Writes `size` bytes as `path`, which must not be there yet, with `mode`, and brings them to the
 * disk. ISSUER_ERROR_CONFLICT if anything has that name, a link too: it is left alone. Else the
 * errors of file_write_durably(), and nothing is left behind. */
bool file_create(const char *path, const void *data, gsize size, int mode, GError **error);

/* Writes `size` bytes of `data` where `fd` stands. False, with errno, where not all could be. */
bool file_write_all(int fd, const void *data, gsize size);

/* Takes the lock of an open file or folder, for itself alone; it goes with the descriptor. Waits at
 * most `ms` milliseconds for another that has it, who may have been stopped. False, with errno:
 * EWOULDBLOCK where it was that. */
bool file_lock(int fd, unsigned ms);

/* Brings the name of `path` to the disk, once it stands in its folder. ISSUER_ERROR_FAILED. */
bool file_sync_folder(const char *path, GError **error);

/* Gives the file or folder `from` the name `to`, which must not be taken, on the same file system.
 * ISSUER_ERROR_CONFLICT if anything has that name: it is left alone. ISSUER_ERROR_NOT_FOUND if
 * `from` is gone, ISSUER_ERROR_DENIED if the system does not let it be moved, else
 * ISSUER_ERROR_FAILED. */
bool file_move(const char *from, const char *to, GError **error);

/* Reads a secret file of at most `most` bytes. Refused (ISSUER_ERROR_DENIED) unless it is a
 * regular file of this process's user, or of root, that nobody else may read or write, and no
 * symbolic link. Missing: ISSUER_ERROR_NOT_FOUND; larger: ISSUER_ERROR_INPUT. The caller owns it.
 */
Secret *file_read_private(const char *path, gsize most, GError **error);

/* Whether file_read_private() would take it, of whatever size; reads nothing. Its errors. */
bool file_check_private(const char *path, GError **error);

/* Reads all of the file at `path`, or of standard input where that is "-"; a pipe does too.
 * Missing: ISSUER_ERROR_NOT_FOUND; more than `most` bytes, or a folder: ISSUER_ERROR_INPUT. The
 * caller owns it. */
GBytes *file_read_whole(const char *path, gsize most, GError **error);

/* A regular file, open at its start, with all that can still be read from `fd`: that file itself,
 * or of a pipe an unnamed copy on the disk. The caller closes it, and `fd` too. -1 with
 * ISSUER_ERROR_FAILED; its message goes on a sentence that names what is read. */
int file_open_copy(int fd, GError **error);

/* An empty file in the folder for temporary files that nobody else sees and that is gone with the
 * program, open for reading and writing. The caller closes it. -1 with ISSUER_ERROR_FAILED as
 * above. */
int file_open_unnamed(GError **error);

#endif
