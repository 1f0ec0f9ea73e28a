/* Rich text as Outlook writes it: compressed (MS-OXRTFCP), and read as text (RTF 1.9.1,
 * MS-OXRTFEX). */
#ifndef ISSUER_MAIL_RTF_H
#define ISSUER_MAIL_RTF_H

#include <glib.h>
#include <stdbool.h>

#define RTF_MAX_SIZE (32UL * 1024 * 1024) /* bytes of decompressed RTF */

/* Whether this is RTF: it begins with "{\rtf". */
bool rtf_is(const char *data, gsize length);

/* The RTF that `length` bytes at `data` are the compressed form of: LZFu, MELA (not compressed), or
 * RTF that somebody has stored as it is. What is damaged is read as far as it goes; `trouble` then
 * says what is wrong with it, a clause such as "its checksum is wrong" (static), else it is NULL.
 * NULL if it is none of these. The caller owns the result. */
GByteArray *rtf_decompress(const char *data, gsize length, const char **trouble);

/* The text of `length` bytes of RTF, in UTF-8. Where the RTF is a wrapping around HTML (\fromhtml1)
 * this is the HTML that the sender wrote, and `is_html` is set. Linear in `length`, whatever the
 * nesting; damaged RTF is read as far as it goes. The caller owns the result. */
GString *rtf_text(const char *rtf, gsize length, bool *is_html);

#endif
