/* Compound files (MS-CFB): storages within each other like folders, and streams in them. */
#ifndef ISSUER_MAIL_COMPOUND_FILE_H
#define ISSUER_MAIL_COMPOUND_FILE_H

#include <glib.h>
#include <stdbool.h>

#define COMPOUND_FILE_ROOT 0U /* the entry of the outermost storage */

typedef struct CompoundFile CompoundFile;

/* Whether this begins as a compound file does. */
bool compound_file_begins(const char *data, gsize length);

/* The file of `length` bytes at `data`, which must outlive it. NULL if its directory cannot be
 * found. The caller owns it. Whatever links the file has, time and memory grow with `length`. */
CompoundFile *compound_file_new(const char *data, gsize length);

/* The entries in a storage (guint), in the order of their names. An entry that stands in another
 * storage too stands in the first one asked for. The caller owns the array. */
GArray *compound_file_children(CompoundFile *file, guint entry);

/* An entry's name; what is not ASCII is "?". New string. */
char *compound_file_name(const CompoundFile *file, guint entry);

bool compound_file_is_storage(const CompoundFile *file, guint entry);

/* How many bytes a stream says that it has. */
gsize compound_file_size(const CompoundFile *file, guint entry);

/* Appends the first `most` bytes of a stream to `out`, as far as they can be found; false if they
 * cannot all be. */
bool compound_file_read(const CompoundFile *file, guint entry, gsize most, GByteArray *out);

void compound_file_free(CompoundFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CompoundFile, compound_file_free)

#endif
