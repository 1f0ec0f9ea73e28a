/* What a parser sends back, as bytes. The parser has read hostile mail, so its answer is read as
 * if the mail's sender had written it: every length and count has a cap, every text is UTF-8. */
#ifndef ISSUER_MAIL_FRAME_H
#define ISSUER_MAIL_FRAME_H

#include "mail/mail_reader.h"

#define FRAME_MAX_SIZE (8UL * 1024 * 1024) /* bytes, without the length before them */

/* What the parser found out about a mail: all fields but source, offset, size and raw. Texts that
 * are too long are cut. The caller owns the result. */
GByteArray *frame_write(const ParsedMail *mail);

/* The way back; NULL if the bytes are no whole, well-formed frame. The caller owns the result. */
ParsedMail *frame_read(const guint8 *data, gsize length);

#endif
