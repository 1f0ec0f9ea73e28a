/* What of a mail GMime is given to find its parts: header fields and all that may be a boundary,
 * but of lines that say nothing of parts only the first, for each field costs GMime memory and
 * time, be there millions of them. What is left out is part of the mail all the same: it is read
 * and searched where it stands. */
#ifndef ISSUER_MAIL_MIME_OUTLINE_H
#define ISSUER_MAIL_MIME_OUTLINE_H

#include <glib.h>
#include <stdbool.h>

typedef struct MimeOutline MimeOutline;

/* The outline of the mail of `length` bytes at `data`, which must outlive it; as good as always it
 * is that mail itself, uncopied. NULL if the mail has too many lines that may be boundaries. The
 * caller owns it. */
MimeOutline *mime_outline_new(const char *data, gsize length);

/* Its bytes, of which `*length` are set. Owned by the outline or the mail. */
const char *mime_outline_bytes(const MimeOutline *outline, gsize *length);

/* Where in the mail the part begins, or ends, that begins or ends at byte `at` of the outline: with
 * all that was left out between the two. GMime ends a part before the line break that belongs to
 * the boundary behind it. */
gsize mime_outline_start(const MimeOutline *outline, gsize at);
gsize mime_outline_end(const MimeOutline *outline, gsize at);

/* Whether fields were left out that would say of parts what they are. */
bool mime_outline_is_short(const MimeOutline *outline);

void mime_outline_free(MimeOutline *outline);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MimeOutline, mime_outline_free)

#endif
