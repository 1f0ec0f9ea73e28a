/* A file that is written piece by piece and is there only when it is whole. */
#ifndef ISSUER_BASE_DRAFT_H
#define ISSUER_BASE_DRAFT_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct Draft Draft;

/* Begins `path`, under another name beside it. ISSUER_ERROR_CONFLICT if anything has that name: it
 * is never written over; ISSUER_ERROR_NOT_FOUND if its folder is missing, ISSUER_ERROR_FAILED. The
 * caller owns it. */
Draft *draft_new(const char *path, GError **error);

/* Where it is written; owned by the draft. */
FILE *draft_stream(const Draft *draft);

/* Ends it: brings it to the disk and gives it its name. The SHA-256 of its bytes, in hex, is a new
 * string; NULL with the errors of draft_new(). */
char *draft_finish(Draft *draft, GError **error);

/* What was not finished leaves nothing behind. */
void draft_free(Draft *draft);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Draft, draft_free)

#endif
