/* Where a mail's parts end, without parsing them: for bytes that no parser process has. */
#ifndef ISSUER_MAIL_MULTIPART_END_H
#define ISSUER_MAIL_MULTIPART_END_H

#include <glib.h>
#include <stdbool.h>

/* Whether the mail that begins with `length` bytes at `data` has parts that do not end in them: a
 * boundary is declared, and its closing line is missing. */
bool multipart_end_is_missing(const char *data, gsize length);

#endif
