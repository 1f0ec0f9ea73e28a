/* Small tools for text that comes from outside. */
#ifndef ISSUER_BASE_TEXT_H
#define ISSUER_BASE_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether a code point must never reach a terminal, a log line or a signed string: C0 and C1
 * controls, DEL, and the bidirectional controls of Unicode (UAX #9). */
bool text_is_unsafe(gunichar c);

/* Whether `text` can be signed, printed and logged as it is: valid UTF-8 of at most `most` code
 * points, none of them unsafe. */
bool text_is_safe(const char *text, gsize most);

/* Whether nothing of `text` (valid UTF-8) would be seen on paper: empty, blanks, what has no width.
 */
bool text_is_blank(const char *text);

/* `text` (of any bytes) as valid UTF-8 on one line: unsafe characters and line breaks become
 * spaces, invalid bytes U+FFFD; cut after `most` code points with "…" (0: never). New string. */
char *text_one_line(const char *text, gsize most);

/* The same, but LF and TAB stay. New string. */
char *text_printable(const char *text);

/* A file's name, which may be any bytes, as valid UTF-8: what is none is written \xHH, so that two
 * names do not become one. Not made safe for a terminal. New string. */
char *text_file_name(const char *name);

/* The texts of a NULL-terminated list with `between` between them. New string. */
char *text_join(const char *const *texts, const char *between);

/* A whole decimal number from `least` to `most`, nothing before or after it; false otherwise. */
bool text_read_number(const char *text, int64_t least, int64_t most, int64_t *out);

#endif
