/* Bytes on their way out of a container, of which nobody knows how many there will be: few stay in
 * memory, many go into an unnamed file on the disk. */
#ifndef ISSUER_MAIL_SPOOL_H
#define ISSUER_MAIL_SPOOL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SPOOL_IN_MEMORY (8UL * 1024 * 1024) /* bytes */

typedef struct Spool Spool;

/* An empty spool. The caller owns it. */
Spool *spool_new(void);

/* Adds `size` bytes. ISSUER_ERROR_FAILED (the disk is full); its message goes on "FILE …". */
bool spool_add(Spool *spool, const void *data, gsize size, GError **error);

uint64_t spool_size(const Spool *spool);

/* The bytes as a regular file, open for reading alone; the caller closes it. -1 with
 * ISSUER_ERROR_FAILED; its message goes on "FILE …". */
int spool_take(Spool *spool, GError **error);

void spool_free(Spool *spool);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spool, spool_free)

#endif
