/* What a part of a mail is, whatever its type says. */
#ifndef ISSUER_MAIL_PART_KIND_H
#define ISSUER_MAIL_PART_KIND_H

#include "mail/mime.h"

/* Whether a text is HTML. */
bool part_kind_is_html(const MimePart *part, const char *text, gsize length);

/* Whether decoded content is a mail of its own. */
bool part_kind_is_mail(const MimePart *part, const char *data, gsize length);

/* What decoded content that begins like this is, if it is no text, for a person ("a PDF file").
 * NULL: text, or nothing. What is called text may hold anything that no file type begins with: zero
 * bytes do not make it binary. */
const char *part_kind_unless_text(const MimePart *part, const char *data, gsize length);

#endif
