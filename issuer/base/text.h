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

/* How many bytes the character of UTF-8 takes with which the `left` bytes at `text` begin; 0 if
 * there is none (RFC 3629), or none is left. `c` is set to it. Here, for it is asked for each
 * character of long texts. */
static inline gsize text_read_utf8(const char *text, gsize left, gunichar *c)
{
    static const gunichar least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t first = left > 0 ? (uint8_t)text[0] : 0xFF;
    const gsize length = first < 0x80   ? 1
                         : first < 0xC2 ? 0
                         : first < 0xE0 ? 2
                         : first < 0xF0 ? 3
                                        : 4;
    if (length < 2) {
        *c = first;
        return length;
    }
    if (first > 0xF4 || left < length) {
        return 0;
    }
    gunichar value = first & (0x7FU >> length);
    for (gsize i = 1; i < length; i++) {
        if (((uint8_t)text[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | ((uint8_t)text[i] & 0x3F);
    }
    *c = value;
    return value < least[length] || value > 0x10FFFF || (value & ~0x7FFU) == 0xD800 ? 0 : length;
}

/* The texts of a NULL-terminated list with `between` between them. New string. */
char *text_join(const char *const *texts, const char *between);

/* A whole decimal number from `least` to `most`, nothing before or after it; false otherwise. */
bool text_read_number(const char *text, int64_t least, int64_t most, int64_t *out);

#endif
