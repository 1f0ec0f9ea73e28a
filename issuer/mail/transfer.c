#include "mail/transfer.h"

#include <string.h>

#define LEAST_LINE     40 /* characters of the first line of base64 that nothing calls so, */
#define LEAST_RUN      60 /* of all its lines, */
#define LEAST_WORD     40 /* of a word within a line, before anything is escaped in it */
#define MOST_DIGITS    5  /* of a line's number */
#define LEAST_NUMBERED 3  /* lines */
#define LEAST_ESCAPES  3  /* and of quoted-printable */
#define OTHERS_SHARE   8  /* one equals sign in so many may be no escape */
#define FOREIGN_SHARE  16 /* one in so many characters of a base64 line may be foreign */

/* The value without comments, blanks and quotes, in lower case. */
static char *bare_value(const char *value)
{
    GString *bare = g_string_new(NULL);
    unsigned depth = 0;
    for (; value != NULL && *value != '\0'; value++) {
        if (*value == '(') {
            depth++;
        } else if (*value == ')' && depth > 0) {
            depth--;
        } else if (depth == 0 && (g_ascii_isalnum(*value) || *value == '-')) {
            g_string_append_c(bare, g_ascii_tolower(*value));
        }
    }
    return g_string_free(bare, FALSE);
}

TransferEncoding transfer_encoding_read(const char *value)
{
    g_autofree char *bare = bare_value(value);
    if (strcmp(bare, "base64") == 0) {
        return TRANSFER_BASE64;
    }
    bool quoted = strcmp(bare, "quoted-printable") == 0 || strcmp(bare, "quotedprintable") == 0;
    return quoted ? TRANSFER_QUOTED_PRINTABLE : TRANSFER_AS_IS;
}

/* The symbols of both base64 alphabets (RFC 4648 §4 and §5) with their values, one added, so that 0
 * is no symbol. */
static const gint8 symbol_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
    ['-'] = 63, ['_'] = 64};

/* The value of a base64 symbol, -1 for any other character. */
static int symbol_value(char c)
{
    return symbol_values[(guchar)c] - 1;
}

/* The bytes up to and with the line's end. */
static gsize line_length(const char *data, gsize length)
{
    const char *end = memchr(data, '\n', length);
    return end == NULL ? length : (gsize)(end + 1 - data);
}

static gsize trimmed_length(const char *line, gsize length)
{
    while (length > 0 && g_ascii_isspace(line[length - 1])) {
        length--;
    }
    return length;
}

/* Whether a line can be base64: prose has blanks between its words, a rule has one and the same
 * character throughout. A stretch of bytes that are all the same, as files have it, is no rule. */
static bool is_base64_line(const char *line, gsize length)
{
    gsize foreign = 0;
    gsize same = 0;
    gsize start = 0;
    length = trimmed_length(line, length);
    while (start < length && g_ascii_isspace(line[start])) {
        start++;
    }
    const gsize size = length - start;
    const gsize most = size < FOREIGN_SHARE ? 0 : size / FOREIGN_SHARE;
    for (gsize i = start; i < length && foreign <= most; i++) {
        foreign += symbol_value(line[i]) < 0 && line[i] != '=';
        same += line[i] == line[start];
    }
    bool rule = size > 4 && same == size && !g_ascii_isalnum(line[start]) &&
                strchr("+/", line[start]) == NULL;
    return !rule && foreign <= most;
}

/* Letters of both cases, as base64 of anything has them; the lines of a code are of one. */
static bool is_of_both_cases(const char *data, gsize length)
{
    bool upper = false;
    bool lower = false;
    for (gsize i = 0; i < length && !(upper && lower); i++) {
        upper = upper || g_ascii_isupper(data[i]);
        lower = lower || g_ascii_islower(data[i]);
    }
    return upper && lower;
}

static gsize size_without_indent(const char *line, gsize length)
{
    gsize at = 0;
    while (at < length && (line[at] == ' ' || line[at] == '\t')) {
        at++;
    }
    return length - at;
}

bool transfer_find_base64(const char *data, gsize length, gsize *at, gsize *size)
{
    gsize line = *at;
    gsize last = 1; /* bytes of the line before; a shorter one is the last of its run */
    *size = 0;
    while (line < length) {
        const gsize whole = line_length(data + line, length - line);
        const gsize trimmed = trimmed_length(data + line, whole);
        const bool fits =
            trimmed > 0 && is_base64_line(data + line, trimmed) &&
            (*size > 0 ? size_without_indent(data + line, trimmed) <= last : trimmed >= LEAST_LINE);
        if (*size > 0 && !fits && *size >= LEAST_RUN && is_of_both_cases(data + *at, *size)) {
            return true;
        }
        *at = fits && *size > 0 ? *at : line;
        *size = fits ? line + whole - *at : 0;
        last = size_without_indent(data + line, trimmed);
        line += whole;
    }
    return *size >= LEAST_RUN && is_of_both_cases(data + *at, *size);
}

/* The escape of JSON at `text`: its length, 0 if there is none; what it stands for, '\n' for what
 * ends a line. */
static gsize escape_length(const char *text, gsize left, char *meant)
{
    if (left < 2 || text[0] != '\\') {
        return 0;
    }
    if (text[1] == 'n' || text[1] == 'r' || text[1] == '/') {
        *meant = text[1] == '/' ? '/' : '\n';
        return 2;
    }
    const bool numbered = left >= 6 && text[1] == 'u' && g_ascii_isxdigit(text[4]) &&
                          g_ascii_isxdigit(text[5]) && text[2] == '0' && text[3] == '0';
    if (numbered) {
        *meant = (char)(g_ascii_xdigit_value(text[4]) * 16 + g_ascii_xdigit_value(text[5]));
    }
    return numbered && (symbol_value(*meant) >= 0 || *meant == '=') ? 6 : 0;
}

/* Where the next word of enough symbols begins; the length if there is none. A word that is long
 * enough has a symbol at each place that is looked at. */
static gsize long_word(const char *data, gsize length, gsize at)
{
    for (gsize probe = at + LEAST_WORD - 1; probe < length;) {
        gsize from = probe + 1;
        while (from > at && symbol_value(data[from - 1]) >= 0) {
            from--;
        }
        if (from + LEAST_WORD == probe + 1) {
            return from;
        }
        at = from;
        probe = from + LEAST_WORD - 1;
    }
    return length;
}

/* Where the word that goes on at `at` ends, its escapes and the lines behind it included. */
static gsize word_end(const char *data, gsize length, gsize at)
{
    char meant = '\0';
    while (at < length) {
        gsize more = symbol_value(data[at]) >= 0 || data[at] == '=';
        more = more > 0 ? more : escape_length(data + at, length - at, &meant);
        if (more == 0 && (data[at] == '\n' || data[at] == '\r')) {
            const gsize rest = data[at] == '\r' ? 0 : line_length(data + at + 1, length - at - 1);
            const gsize line = trimmed_length(data + at + 1, rest);
            more = data[at] == '\r'                                  ? 1
                   : line > 0 && is_base64_line(data + at + 1, line) ? 1 + line
                                                                     : 0;
        }
        if (more == 0) {
            break;
        }
        at += more;
    }
    return at;
}

/* Whether nothing else stands in the line in which the word begins: transfer_find_base64() has it.
 */
static bool is_whole_line(const char *data, gsize length, gsize from, gsize to)
{
    while (from > 0 && (data[from - 1] == ' ' || data[from - 1] == '\t')) {
        from--;
    }
    const bool begins = from == 0 || data[from - 1] == '\n';
    return begins && (to == length || g_ascii_isspace(data[to]) ||
                      memchr(data + from, '\n', to - from) != NULL);
}

bool transfer_find_base64_word(const char *data, gsize length, gsize *at, gsize *size)
{
    while ((*at = long_word(data, length, *at)) < length) {
        const bool escaped = *at > 0 && data[*at - 1] == '\\' && strchr("nr", data[*at]) != NULL;
        const gsize from = *at + escaped;
        const gsize to = word_end(data, length, from);
        if (to - from >= LEAST_RUN && is_of_both_cases(data + from, to - from) &&
            !is_whole_line(data, length, from, to)) {
            *at = from;
            *size = to - from;
            return true;
        }
        *at = to;
    }
    return false;
}

GString *transfer_unescape_word(const char *word, gsize length)
{
    GString *plain = g_string_sized_new(length);
    for (gsize at = 0; at < length;) {
        char meant = word[at];
        at += MAX(escape_length(word + at, length - at, &meant), 1);
        g_string_append_c(plain, meant);
    }
    return plain;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The bytes of a number before a line, with the sign and the blanks around it; 0: there is none. */
static gsize number_length(const char *line, gsize length)
{
    gsize at = 0;
    while (at < length && (is_blank(line[at]) || line[at] == '(' || line[at] == '[')) {
        at++;
    }
    const gsize digits = at;
    while (at < length && g_ascii_isdigit(line[at])) {
        at++;
    }
    const gsize signs = at;
    while (at < length && (is_blank(line[at]) || (line[at] != '\0' && strchr(":.)]|", line[at])))) {
        at++;
    }
    return signs > digits && signs - digits <= MOST_DIGITS && at > signs ? at : 0;
}

GString *transfer_without_numbers(const char *data, gsize length)
{
    g_autoptr(GString) plain = g_string_sized_new(length);
    gsize numbered = 0;
    for (gsize at = 0; at < length;) {
        const gsize size = line_length(data + at, length - at);
        const gsize number = number_length(data + at, size);
        numbered += number > 0;
        g_string_append_len(plain, data + at + number, (gssize)(size - number));
        at += size;
    }
    return numbered >= LEAST_NUMBERED ? g_steal_pointer(&plain) : NULL;
}

/* Whether nothing but blanks stands before the line's end. */
static bool is_soft_break(const char *text, gsize length)
{
    gsize at = 0;
    while (at < length && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r')) {
        at++;
    }
    return at < length && text[at] == '\n';
}

bool transfer_looks_quoted(const char *data, gsize length)
{
    const char *const end = data + length;
    gsize escapes = 0;
    gsize others = 0;
    for (const char *at = data; (at = memchr(at, '=', (gsize)(end - at))) != NULL; at++) {
        const gsize left = (gsize)(end - at);
        const bool title = (at > data && at[-1] == '=') || (left > 1 && at[1] == '=');
        const bool coded = left > 2 && g_ascii_isxdigit(at[1]) && g_ascii_isxdigit(at[2]);
        const bool fits = coded || is_soft_break(at + 1, left - 1);
        escapes += !title && fits;
        others += !title && !fits;
    }
    return escapes >= LEAST_ESCAPES && others * OTHERS_SHARE <= escapes;
}

/* Gives out what full bytes the symbols of an ended run hold. */
static void end_run(TransferDecoder *decoder, GByteArray *out)
{
    if (decoder->count >= 2) {
        guint8 byte = (guint8)(decoder->bits >> (6 * decoder->count - 8));
        g_byte_array_append(out, &byte, 1);
    }
    if (decoder->count == 3) {
        guint8 byte = (guint8)(decoder->bits >> 2);
        g_byte_array_append(out, &byte, 1);
    }
    decoder->bits = 0;
    decoder->count = 0;
}

static void decode_base64_line(TransferDecoder *decoder, const char *line, gsize length,
                               GByteArray *out)
{
    guint before = out->len;
    g_byte_array_set_size(out, before + (guint)length + 3);
    guint8 *write = out->data + before;
    for (gsize i = 0; i < length; i++) {
        int value = symbol_value(line[i]);
        if (value >= 0) {
            decoder->bits = decoder->bits << 6 | (uint32_t)value;
            if (++decoder->count == 4) {
                *write++ = (guint8)(decoder->bits >> 16);
                *write++ = (guint8)(decoder->bits >> 8);
                *write++ = (guint8)decoder->bits;
                decoder->bits = 0;
                decoder->count = 0;
            }
        } else if (line[i] == '=' && decoder->count > 0) {
            g_byte_array_set_size(out, (guint)(write - out->data));
            end_run(decoder, out);
            guint now = out->len;
            g_byte_array_set_size(out, now + (guint)(length - i) + 3);
            write = out->data + now;
        }
    }
    g_byte_array_set_size(out, (guint)(write - out->data));
}

static void decode_base64(TransferDecoder *decoder, const char *data, gsize length, GByteArray *out)
{
    for (gsize at = 0; at < length;) {
        gsize size = line_length(data + at, length - at);
        if (is_base64_line(data + at, size)) {
            decode_base64_line(decoder, data + at, size, out);
        } else {
            end_run(decoder, out);
            g_byte_array_append(out, (const guint8 *)"\n", 1);
            g_byte_array_append(out, (const guint8 *)data + at, (guint)size);
        }
        at += size;
    }
}

/* Decodes the inside of one line, which ends with neither blanks nor a soft break. */
static void decode_quoted_line(const char *line, gsize length, GByteArray *out)
{
    guint before = out->len;
    g_byte_array_set_size(out, before + (guint)length);
    guint8 *write = out->data + before;
    for (gsize i = 0; i < length; i++) {
        if (line[i] == '=' && i + 2 < length && g_ascii_isxdigit(line[i + 1]) &&
            g_ascii_isxdigit(line[i + 2])) {
            *write++ = (guint8)(g_ascii_xdigit_value(line[i + 1]) << 4 |
                                g_ascii_xdigit_value(line[i + 2]));
            i += 2;
        } else {
            *write++ = (guint8)line[i];
        }
    }
    g_byte_array_set_size(out, (guint)(write - out->data));
}

static void decode_quoted(const char *data, gsize length, GByteArray *out)
{
    for (gsize at = 0; at < length;) {
        gsize size = line_length(data + at, length - at);
        gsize inner = trimmed_length(data + at, size);
        bool soft = inner > 0 && data[at + inner - 1] == '=';
        bool ended = data[at + size - 1] == '\n';
        decode_quoted_line(data + at, soft ? inner - 1 : inner, out);
        if (ended && !soft) {
            g_byte_array_append(out, (const guint8 *)"\n", 1);
        }
        at += size;
    }
}

void transfer_decode(TransferDecoder *decoder, const char *data, gsize length, GByteArray *out)
{
    if (decoder->encoding == TRANSFER_BASE64) {
        decode_base64(decoder, data, length, out);
    } else if (decoder->encoding == TRANSFER_QUOTED_PRINTABLE) {
        decode_quoted(data, length, out);
    } else {
        g_byte_array_append(out, (const guint8 *)data, (guint)length);
    }
}

gsize transfer_piece_length(const char *data, gsize length, gsize most)
{
    if (length <= most) {
        return length;
    }
    const char *end = memrchr(data, '\n', most);
    return end == NULL ? most : (gsize)(end + 1 - data);
}
