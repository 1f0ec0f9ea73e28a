#include "core/text_decode.h"

#include "core/look_alike.h"

#include <string.h>

#define LONGEST_TAG      2048 /* bytes; a longer one is a less-than sign in prose */
#define LONGEST_ENTITY   12
#define LONGEST_SEQUENCE 32 /* bytes told to a terminal */

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* The length of a soft line break at `text` ("=", blanks, line end), 0 if there is none. */
static gsize soft_break(const char *text, gsize left)
{
    gsize end = 1;
    while (end < left && (text[end] == ' ' || text[end] == '\t')) {
        end++;
    }
    if (end == left || !is_line_end(text[end])) {
        return 0;
    }
    return end + (end + 1 < left && text[end] == '\r' && text[end + 1] == '\n' ? 2 : 1);
}

/* The byte that "=XX" at `text` stands for; -1: it is no such thing. */
static int escaped_byte(const char *text, gsize left)
{
    if (left < 3 || text[0] != '=' || !g_ascii_isxdigit(text[1]) || !g_ascii_isxdigit(text[2])) {
        return -1;
    }
    return g_ascii_xdigit_value(text[1]) * 16 + g_ascii_xdigit_value(text[2]);
}

/* Reads the escapes of one character at `text`; their length, 0 if there are none. What no program
 * would escape is none: an equals sign of a title with a line of a code behind it looks the same.
 */
static gsize read_escapes(const char *text, gsize left, GString *out)
{
    char bytes[6];
    gsize count = 0;
    int byte = escaped_byte(text, left);
    if (byte < 0 || g_ascii_isalnum((gchar)byte)) {
        return 0;
    }
    if (byte == 0xA0 || byte == 0xAD) { /* Latin-1's no-break space and soft hyphen */
        return 3;
    }
    while (byte >= 0 && count < sizeof bytes) {
        bytes[count++] = (char)byte;
        if (g_utf8_validate(bytes, (gssize)count, NULL)) {
            g_string_append_len(out, bytes, (gssize)count);
            return 3 * count;
        }
        byte = escaped_byte(text + 3 * count, left - 3 * count);
    }
    return 0;
}

static void decode_quoted_printable(const char *text, gsize length, GString *out)
{
    gsize at = 0;
    while (at < length) {
        const char *next = memchr(text + at, '=', length - at);
        const gsize stop = next != NULL ? (gsize)(next - text) : length;
        g_string_append_len(out, text + at, (gssize)(stop - at));
        at = stop;
        if (at == length) {
            break;
        }
        /* The last of several is the end of a title, whatever stands behind it. */
        const bool title = at > 0 && text[at - 1] == '=';
        gsize taken = title ? 0 : soft_break(text + at, length - at);
        if (taken == 0 && !title) {
            taken = read_escapes(text + at, length - at, out);
        }
        if (taken == 0) {
            g_string_append_c(out, text[at]);
            taken = 1;
        }
        at += taken;
    }
}

/* Whether the tag named at `name` ends the line of what stands before it. */
static bool tag_breaks_line(const char *name, gsize length)
{
    static const char *const breaking[] = {"br", "p",  "div", "tr", "td", "th",         "li",
                                           "ul", "ol", "pre", "h1", "hr", "blockquote", "table"};
    gsize end = 0;
    while (end < length && g_ascii_isalnum(name[end])) {
        end++;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(breaking); i++) {
        if (strlen(breaking[i]) == end && g_ascii_strncasecmp(name, breaking[i], end) == 0) {
            return true;
        }
    }
    return false;
}

/* Reads a tag at `text`, which is a "<"; its length, 0 if there is none. `close` is the next ">"
 * in the text, remembered by the caller. */
static gsize read_tag(const char *text, gsize left, const char *close, GString *out)
{
    if (left < 3 || close == NULL || close - text > LONGEST_TAG ||
        (!g_ascii_isalpha(text[1]) && text[1] != '/' && text[1] != '!' && text[1] != '?')) {
        return 0;
    }
    const gsize length = (gsize)(close - text) + 1;
    const gsize name = text[1] == '/' ? 2 : 1;
    if (tag_breaks_line(text + name, length - name)) {
        g_string_append_c(out, '\n');
    }
    return length;
}

static void append_number(const char *digits, gsize length, GString *out)
{
    const bool hex = length > 0 && (*digits == 'x' || *digits == 'X');
    gunichar c = 0;
    for (gsize i = hex; i < length && c <= 0x10FFFF; i++) {
        const int digit = g_ascii_xdigit_value(digits[i]);
        c = c * (hex ? 16 : 10) + (gunichar)MAX(digit, 0);
    }
    if (c > 0 && g_unichar_validate(c)) {
        g_string_append_unichar(out, c);
    }
}

/* Reads an entity that browsers know without the ";" at its end. */
static gsize read_open_entity(const char *text, gsize left, GString *out)
{
    static const char *const names[] = {"&nbsp", "&shy", "&amp", "&quot", "&lt", "&gt"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const gsize length = strlen(names[i]);
        if (left > length && memcmp(text, names[i], length) == 0) {
            g_string_append(out, strcmp(names[i], "&shy") == 0 ? "" : " ");
            return length;
        }
    }
    return 0;
}

/* Reads an entity at `text`, which is an "&"; its length, 0 if there is none. */
static gsize read_entity(const char *text, gsize left, GString *out)
{
    const char *end = memchr(text, ';', MIN(left, LONGEST_ENTITY));
    if (end == NULL || end - text < 3 || memchr(text + 1, '&', (gsize)(end - text) - 1) != NULL) {
        return read_open_entity(text, left, out);
    }
    const gsize length = (gsize)(end - text) - 1;
    const char *name = text + 1;
    if (*name == '#') {
        append_number(name + 1, length - 1, out);
    } else if (length == 2 && memcmp(name, "gt", 2) == 0) {
        g_string_append_c(out, '>');
    } else if (length == 2 && memcmp(name, "lt", 2) == 0) {
        g_string_append_c(out, '<');
    } else if (length == 3 && (memcmp(name, "shy", 3) == 0 || memcmp(name, "zwj", 3) == 0)) {
        return length + 2;
    } else {
        g_string_append_c(out, ' '); /* a blank or a sign: no symbol in any case */
    }
    return length + 2;
}

static void decode_html(const char *text, gsize length, GString *out)
{
    const char *close = text; /* the next ">" from here on, looked for once */
    gsize at = 0;
    while (at < length) {
        const char *here = text + at;
        gsize taken = 0;
        if (*here == '<') {
            if (close != NULL && close <= here) {
                close = memchr(here, '>', length - at);
            }
            taken = read_tag(here, length - at, close, out);
        } else if (*here == '&') {
            taken = read_entity(here, length - at, out);
        }
        if (taken == 0) {
            g_string_append_c(out, *here);
            taken = 1;
        }
        at += taken;
    }
}

/* The length of the sequence at `text`, which is an escape character, that tells a terminal colours
 * and the like (ECMA-48 section 5.4); 0 if there is none. */
static gsize terminal_sequence(const char *text, gsize left)
{
    gsize end = 2;
    if (left < 3 || text[1] != '[') {
        return 0;
    }
    while (end < left && end < LONGEST_SEQUENCE && text[end] >= ' ' && text[end] <= '?') {
        end++;
    }
    return end < left && text[end] >= '@' && text[end] <= '~' ? end + 1 : 0;
}

static void drop_terminal_sequences(const char *text, gsize length, GString *out)
{
    const char *const end = text + length;
    while (text < end) {
        const char *next = memchr(text, '\x1b', (gsize)(end - text));
        const char *const stop = next != NULL ? next : end;
        g_string_append_len(out, text, stop - text);
        text = stop;
        if (text < end) {
            /* What is none stays without its escape character, which is no symbol. */
            text += MAX(terminal_sequence(text, (gsize)(end - text)), 1);
        }
    }
}

/* Whether any of what is decoded begins somewhere. */
static bool has_sign(const char *text, gsize length)
{
    /* The last begin letters of Greek and Cyrillic, digits of other scripts, mathematical letters.
     */
    static const guint8 signs[] = {'=',  '&',  '<',  0x1b, 0xCE, 0xCF, 0xD0,
                                   0xD1, 0xD9, 0xDB, 0xE0, 0xF0, 0xC3, 0xC4};
    for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (memchr(text, signs[i], length) != NULL) {
            return true;
        }
    }
    return false;
}

bool text_decode(const char *text, gsize length, GString *out)
{
    if (!has_sign(text, length)) {
        return false;
    }
    const gsize before = out->len;
    g_autoptr(GString) shown = g_string_sized_new(length);
    g_autoptr(GString) plain = g_string_sized_new(length);
    drop_terminal_sequences(text, length, shown);
    /* Tags first, since one within a title parts its equals signs, which then look like escapes. */
    decode_html(shown->str, shown->len, plain);
    g_string_truncate(shown, 0);
    decode_quoted_printable(plain->str, plain->len, shown);
    look_alike_fold(shown->str, shown->len, out);
    return out->len - before < length; /* whatever is decoded gets shorter */
}
