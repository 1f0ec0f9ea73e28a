#include "mail/hex_dump.h"

#include <string.h>

#define STEP           512 /* bytes from one look to the next; the dump of a code is longer than two */
#define LOOK           64  /* bytes that are looked at: most of a dump's line */
#define LEAST_HEX      38  /* of them hexadecimal digits and blanks, */
#define LEAST_DIGITS   6   /* and decimal digits, of which prose has few */
#define LEAST_BYTES    200 /* of a dump; less is no code */
#define LINE_BYTES     16  /* in a line that begins with an offset, as all such programs have it */
#define LONG_WORD      64  /* digits; before such a word other words may stand */
#define LEAST_OFFSET   4   /* digits */
#define LONGEST_OFFSET 16
#define LONGEST_GAP    2 /* blanks between bytes; the characters stand further off */
#define NO_MORE_BYTES  G_MAXSIZE

bool hex_dump_is_in(const char *text, gsize length)
{
    for (gsize at = 0; at + LOOK <= length; at += STEP) {
        unsigned fitting = 0;
        unsigned digits = 0;
        for (gsize i = at; i < at + LOOK; i++) {
            const bool digit = text[i] >= '0' && text[i] <= '9';
            const guchar letter = (guchar)((text[i] | 0x20) - 'a');
            digits += digit;
            fitting += digit | (letter < 6) | (text[i] == ' ');
        }
        if (fitting >= LEAST_HEX && digits >= LEAST_DIGITS) {
            return true;
        }
    }
    return false;
}

/* A word of letters and digits within a line. */
typedef struct {
    gsize from;
    gsize to;
    bool hex;   /* it has no others than hexadecimal digits */
    bool bytes; /* and two for each byte */
} Word;

/* The next word at or after `at`, without the "0x", "x" or "\x" before its digits; false if there
 * is none. */
static bool next_word(const char *line, gsize length, gsize at, Word *word)
{
    while (at < length && !g_ascii_isalnum(line[at])) {
        at++;
    }
    const gsize left = length - at;
    if (left > 2 && line[at] == '0' && (line[at + 1] | 0x20) == 'x') {
        at += 2;
    } else if (left > 1 && (line[at] | 0x20) == 'x') {
        at++;
    }
    *word = (Word){.from = at, .to = at, .hex = true};
    while (word->to < length && g_ascii_isalnum(line[word->to])) {
        word->hex = word->hex && g_ascii_isxdigit(line[word->to]);
        word->to++;
    }
    word->bytes = word->hex && (word->to - word->from) % 2 == 0;
    return word->to > word->from;
}

/* Where the digits begin: behind an offset (then `most` is how many bytes may follow), or at a word
 * so long that other words may stand before it. */
static gsize digits_begin(const char *line, gsize length, gsize *most)
{
    Word word;
    Word next;
    *most = NO_MORE_BYTES;
    if (!next_word(line, length, 0, &word)) {
        return length;
    }
    const gsize size = word.to - word.from;
    const bool pairs = next_word(line, length, word.to, &next) && next.to - next.from == 2;
    const bool marked = word.to < length && line[word.to] == ':';
    if (word.hex && size >= LEAST_OFFSET && (marked || (pairs && size <= LONGEST_OFFSET))) {
        *most = LINE_BYTES;
        return word.to;
    }
    gsize at = 0;
    while (next_word(line, length, at, &word)) {
        if (word.bytes && word.to - word.from >= LONG_WORD) {
            return word.from;
        }
        at = word.to;
    }
    return 0;
}

/* Blanks in a row at `at`. */
static gsize gap_length(const char *line, gsize length, gsize at)
{
    gsize gap = 0;
    while (at + gap < length && (line[at + gap] == ' ' || line[at + gap] == '\t')) {
        gap++;
    }
    return gap;
}

/* Whether what stands at `end`, behind a word, parts bytes from the characters that they stand for.
 * hexdump has a wider gap in the middle of its line too. */
static bool ends_digits(const char *line, gsize length, gsize end, gsize read)
{
    const gsize gap = gap_length(line, length, end);
    return gap > LONGEST_GAP || (gap == LONGEST_GAP && read != LINE_BYTES / 2) ||
           (end + gap < length && line[end + gap] == '|');
}

static void put_bytes(GByteArray *dump, const char *digits, gsize count)
{
    for (gsize i = 0; i < count; i += 2) {
        const int value =
            g_ascii_xdigit_value(digits[i]) * 16 + g_ascii_xdigit_value(digits[i + 1]);
        const guint8 byte = (guint8)value;
        g_byte_array_append(dump, &byte, 1);
    }
}

static bool is_empty(const char *line, gsize length)
{
    Word word;
    return !next_word(line, length, 0, &word);
}

/* A dump that is being read. */
typedef struct {
    GByteArray *bytes;
    gsize from;    /* where it begins in the text */
    bool offsets;  /* its lines begin with one */
    GString *rest; /* the text without the dumps that were added; NULL: there was none */
} Reading;

/* Whether the line is what hexdump and od write at last: the offset of the end. */
static bool is_last_offset(const Reading *reading, const char *line, gsize length)
{
    Word word;
    Word next;
    return reading->offsets && next_word(line, length, 0, &word) &&
           !next_word(line, length, word.to, &next);
}

/* Reads the bytes of a line; false if it is no line of a dump: prose has words of such letters too.
 */
static bool read_line(Reading *reading, const char *line, gsize length)
{
    GByteArray *bytes = reading->bytes;
    gsize most = 0;
    gsize at = digits_begin(line, length, &most);
    const guint before = bytes->len;
    const bool words_before = at > 0;
    Word word;
    if (before > 0 && is_last_offset(reading, line, length)) {
        return false;
    }
    reading->offsets = most != NO_MORE_BYTES;
    while (bytes->len - before < most && next_word(line, length, at, &word)) {
        const gsize read = bytes->len - before;
        if (read > 0 && ((reading->offsets && ends_digits(line, length, at, read)) ||
                         (!word.bytes && words_before))) {
            break;
        }
        if (!word.bytes) {
            g_byte_array_set_size(bytes, before);
            break;
        }
        put_bytes(bytes, line + word.from, word.to - word.from);
        at = word.to;
    }
    return bytes->len > before;
}

/* Adds the dump, which ends at `to`, if it is worth reading, and begins another; false: a cap was
 * hit. */
static bool finish(Reading *reading, const char *text, gsize length, gsize to, Unpacked *unpacked)
{
    GByteArray *bytes = reading->bytes;
    bool more = true;
    if (bytes->len >= LEAST_BYTES &&
        unpacked_may_hold_code((const char *)bytes->data, bytes->len)) {
        more = unpacked_add(unpacked, UNPACKED_FILE, NULL, NULL, g_byte_array_ref(bytes));
        reading->bytes = g_byte_array_new();
        g_byte_array_unref(bytes);
        if (reading->rest == NULL) {
            reading->rest = g_string_new_len(text, (gssize)length);
        }
        memset(reading->rest->str + reading->from, '\n', to - reading->from);
    }
    g_byte_array_set_size(reading->bytes, 0);
    return more;
}

GString *hex_dump_unpack(const char *text, gsize length, Unpacked *unpacked)
{
    Reading reading = {.bytes = g_byte_array_new()};
    bool more = true;
    for (gsize at = 0; at < length && more;) {
        const char *end = memchr(text + at, '\n', length - at);
        const gsize size = (end == NULL ? length : (gsize)(end - text)) - at;
        reading.from = reading.bytes->len == 0 ? at : reading.from;
        if (!is_empty(text + at, size) && !read_line(&reading, text + at, size)) {
            more = finish(&reading, text, length, at, unpacked);
        }
        at += size + 1;
    }
    if (more) {
        (void)finish(&reading, text, length, length, unpacked);
    }
    g_byte_array_unref(reading.bytes);
    return reading.rest;
}
