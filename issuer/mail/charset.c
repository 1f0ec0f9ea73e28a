#include "mail/charset.h"

#include "base/text.h"
#include "mail/converters.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <string.h>

#define ESCAPES_LOOK ((gsize)4096) /* bytes */
#define FALLBACK     "WINDOWS-1252"
#define MAX_LABEL    40
#define PIECE_SIZE   4096
#define SNIFFED      2048 /* bytes in which the pattern of UTF-16 is looked for */

static const char replacement[] = "\xEF\xBF\xBD";

static bool begins_with(const char *data, gsize length, const char *bytes, gsize count)
{
    return length >= count && memcmp(data, bytes, count) == 0;
}

/* The encoding that a byte order mark tells, and the mark's size. */
static const char *by_mark(const char *data, gsize length, gsize *mark)
{
    *mark = 3;
    if (begins_with(data, length, "\xEF\xBB\xBF", 3)) {
        return "UTF-8";
    }
    *mark = 4;
    if (begins_with(data, length, "\xFF\xFE\0\0", 4)) {
        return "UTF-32LE";
    }
    if (begins_with(data, length, "\0\0\xFE\xFF", 4)) {
        return "UTF-32BE";
    }
    *mark = 2;
    if (begins_with(data, length, "\xFF\xFE", 2)) {
        return "UTF-16LE";
    }
    if (begins_with(data, length, "\xFE\xFF", 2)) {
        return "UTF-16BE";
    }
    *mark = 0;
    return NULL;
}

/* Where in each four bytes the zeros of Latin letters stand. */
static const char *by_zeros(const gsize zeros[4], gsize look)
{
    const gsize most = look / 8; /* half of those at one place of four */
    const gsize few = look / 64; /* what may stand at the others */
    const gsize even = zeros[0] + zeros[2];
    const gsize odd = zeros[1] + zeros[3];
    if (zeros[1] > most && zeros[2] > most) {
        if (zeros[0] > most && zeros[3] <= few) {
            return "UTF-32BE";
        }
        return zeros[3] > most && zeros[0] <= few ? "UTF-32LE" : NULL;
    }
    if (MAX(even, odd) <= 2 * most || MIN(even, odd) > 2 * few) {
        return NULL;
    }
    return even > odd ? "UTF-16BE" : "UTF-16LE";
}

/* Whether bytes that begin with UTF-16's mark are text in it: of others one unit in ten is of
 * private use. */
static bool is_text_in_units(const char *data, gsize length, const char *encoding)
{
    const bool big = strcmp(encoding, "UTF-16BE") == 0;
    gsize wrong = 0;
    for (gsize i = 0; i + 1 < length; i += 2) {
        const guchar high = (guchar)data[i + (big ? 0 : 1)];
        const guchar low = (guchar)data[i + (big ? 1 : 0)];
        wrong +=
            (high >= 0xE0 && high <= 0xF8) || (high == 0 && low < ' ' && !g_ascii_isspace(low));
    }
    return wrong * 64 <= length;
}

const char *charset_wide(const char *data, gsize length)
{
    gsize look = MIN(length, SNIFFED);
    gsize mark = 0;
    const char *marked = by_mark(data, length, &mark);
    if (mark == 4 || (mark == 2 && is_text_in_units(data, look, marked))) {
        return marked;
    }
    if (look < 8 || memchr(data, '\0', look) == NULL) {
        return NULL;
    }
    gsize zeros[4] = {0, 0, 0, 0};
    for (gsize i = 0; i < look; i++) {
        zeros[i & 3] += data[i] == '\0';
    }
    return by_zeros(zeros, look);
}

/* A label that iconv may be asked for: it also takes paths and options. */
static char *safe_label(const char *label)
{
    gsize length = label == NULL ? 0 : strlen(label);
    if (length == 0 || length > MAX_LABEL) {
        return NULL;
    }
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isalnum(label[i]) && strchr("-_.:", label[i]) == NULL) {
            return NULL;
        }
    }
    return g_ascii_strup(label, (gssize)length);
}

/* Whether the beginning has more bytes beyond ASCII than a footer of another program has. */
static bool is_of_8_bits(const char *data, gsize length)
{
    const gsize look = MIN(length, ESCAPES_LOOK);
    gsize beyond = 0;
    for (gsize i = 0; i < look; i++) {
        beyond += (guchar)data[i] >> 7;
    }
    return beyond > look / 8;
}

/* The encoding that switches of character sets tell (ISO 2022, RFC 1468, RFC 1557), all of whose
 * bytes are ASCII's. */
static const char *by_escapes(const char *data, gsize length)
{
    if (memchr(data, '\x1b', length) == NULL || is_of_8_bits(data, length)) {
        return NULL;
    }
    if (memmem(data, length, "\x1b$)C", 4) != NULL) {
        return "ISO-2022-KR";
    }
    const bool japanese =
        memmem(data, length, "\x1b$B", 3) != NULL || memmem(data, length, "\x1b$@", 3) != NULL;
    return japanese ? "ISO-2022-JP-2" : NULL;
}

/* Encodings whose text is valid ASCII as it stands, but means something else. */
static bool has_escapes(const char *label, const char *data, gsize length)
{
    if (label == NULL) {
        return false;
    }
    if (g_str_has_prefix(label, "ISO-2022-") || g_str_has_prefix(label, "ISO2022")) {
        return memchr(data, '\x1b', length) != NULL || memchr(data, '\x0e', length) != NULL;
    }
    if (g_str_has_prefix(label, "HZ")) {
        return memmem(data, length, "~{", 2) != NULL;
    }
    return (strstr(label, "UTF-7") != NULL || strcmp(label, "UTF7") == 0) &&
           memchr(data, '+', length) != NULL;
}

/* Appends the bytes with a replacement for each that is no UTF-8; NUL is a character too. */
static void append_valid(GString *out, const char *data, gsize length)
{
    char piece[PIECE_SIZE];
    gsize filled = 0;
    for (gsize at = 0; at < length;) {
        gunichar c = 0;
        const gsize taken = text_read_utf8(data + at, length - at, &c);
        const gsize size = taken > 0 ? taken : sizeof replacement - 1;
        if (filled + size > sizeof piece) {
            g_string_append_len(out, piece, (gssize)filled);
            filled = 0;
        }
        const char *from = taken > 0 ? data + at : replacement;
        for (gsize i = 0; i < size; i++) {
            piece[filled++] = from[i];
        }
        at += MAX(taken, 1);
    }
    g_string_append_len(out, piece, (gssize)filled);
}

/* glibc's converters also let pass what is beyond Unicode's last code point. */
static GString *made_valid(GString *text)
{
    if (g_utf8_validate_len(text->str, text->len, NULL)) {
        return text; // as good as always
    }
    GString *valid = g_string_sized_new(text->len);
    append_valid(valid, text->str, text->len);
    g_string_free(text, TRUE);
    return valid;
}

static bool is_utf8(const char *name)
{
    return g_ascii_strcasecmp(name, "UTF-8") == 0 || g_ascii_strcasecmp(name, "UTF8") == 0;
}

/* Also asks for the name with hyphens, which some programs write with underscores ("EUC_JP"). */
static iconv_t open_converter(const char *from)
{
    iconv_t converter = iconv_open("UTF-8", from);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv_open's own error value
    if (converter == (iconv_t)-1 && strchr(from, '_') != NULL) {
        g_autofree char *hyphened = g_strdelimit(g_strdup(from), "_", '-');
        converter = iconv_open("UTF-8", converters_named(hyphened));
    }
    return converter;
}

/* Converts with replacements; NULL if there is no such converter. */
static GString *convert(const char *from, const char *data, gsize length)
{
    if (is_utf8(from)) { // the C library takes a call for each wrong byte
        GString *valid = g_string_sized_new(length + 16);
        append_valid(valid, data, length);
        return valid;
    }
    iconv_t converter = open_converter(from);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv_open's own error value
    if (converter == (iconv_t)-1) {
        return NULL;
    }
    GString *out = g_string_sized_new(length + 16);
    union {
        const char *given;
        char *asked;
    } in = {.given = data}; // iconv only reads; its interface has no const
    size_t left = length;
    while (left > 0) {
        char piece[PIECE_SIZE];
        char *write = piece;
        size_t room = sizeof piece;
        size_t result = iconv(converter, &in.asked, &left, &write, &room);
        int failure = result == (size_t)-1 ? errno : 0;
        g_string_append_len(out, piece, (gssize)(sizeof piece - room));
        if (failure == EILSEQ || failure == EINVAL) {
            g_string_append(out, replacement);
            in.given++;
            left--;
        }
    }
    (void)iconv_close(converter);
    return made_valid(out);
}

static CharsetText converted(GString *text)
{
    return (CharsetText){text->str, text->len, text};
}

CharsetText charset_read(const char *label, const char *data, gsize length)
{
    if (length == 0) { // an empty array has no bytes to point to
        return (CharsetText){"", 0, NULL};
    }
    gsize mark = 0;
    const char *seen = by_mark(data, length, &mark);
    data += mark;
    length -= mark;
    if (seen == NULL) {
        seen = charset_wide(data, length);
    }
    GString *text = seen == NULL || mark == 3 ? NULL : convert(seen, data, length);
    if (text != NULL) {
        return converted(text);
    }
    g_autofree char *named = safe_label(label);
    bool escapes = has_escapes(named, data, length);
    const char *switched = escapes ? NULL : by_escapes(data, length);
    if (switched != NULL) {
        g_free(named);
        named = g_strdup(switched);
        escapes = true;
    }
    if (!escapes && g_utf8_validate_len(data, length, NULL)) {
        return (CharsetText){data, length, NULL};
    }
    text = named == NULL || mark == 3 ? NULL : convert(converters_named(named), data, length);
    if (text == NULL) {
        text = convert(mark == 3 ? "UTF-8" : FALLBACK, data, length);
    }
    return text == NULL ? (CharsetText){data, length, NULL} : converted(text);
}

void charset_text_clear(CharsetText *text)
{
    if (text->owned != NULL) {
        g_string_free(text->owned, TRUE);
        text->owned = NULL;
    }
}
