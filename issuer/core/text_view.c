#include "core/text_view.h"

#include "core/text_decode.h"

#include <stdint.h>
#include <string.h>

#define LONGEST_NAME  40 /* bytes of what stands before a quoting mark */
#define LONGEST_LABEL 12 /* letters in a label, such as "line 4:" */
#define MOST_DIGITS   5  /* of a line number */
#define LONGEST_MARK  24 /* bytes of a quoting mark with its name within a line */

/* The blank at `at`: its length in bytes, 0 if there is none. */
static gsize blank_length(const char *text, gsize left)
{
    if (left > 0 && (*text == ' ' || *text == '\t' || *text == '\f' || *text == '\v')) {
        return 1;
    }
    return left > 1 && text[0] == '\xC2' && text[1] == '\xA0' ? 2 : 0; /* no-break space */
}

static bool is_quote_mark(char c)
{
    return c == '>' || c == '|';
}

/* The length in bytes of the character at `text`, if it is no letter or digit; else 0. */
static gsize sign_length(const char *text, gsize left)
{
    if ((uint8_t)*text < 128) {
        return g_ascii_isalnum(*text) ? 0 : 1;
    }
    const gunichar c = g_utf8_get_char_validated(text, (gssize)left);
    if (c == (gunichar)-1 || c == (gunichar)-2 || g_unichar_isalnum(c)) {
        return 0;
    }
    return (gsize)(g_utf8_next_char(text) - text);
}

/* Blanks and signs at the start of a line, of any script: none of them is a symbol. */
static gsize skip_signs(const char *line, gsize length, gsize at)
{
    gsize sign = 0;
    while (at < length && (sign = sign_length(line + at, length - at)) > 0) {
        at += sign;
    }
    return at;
}

/* Past "Ana Kovac>"; `at` if there is no such thing. */
static gsize skip_name(const char *line, gsize length, gsize at)
{
    const gsize limit = MIN(length, at + LONGEST_NAME);
    for (gsize i = at; i < limit; i++) {
        if (is_quote_mark(line[i])) {
            return i + 1;
        }
    }
    return at;
}

static gsize skip_while(const char *line, gsize length, gsize at, gboolean (*is)(gchar))
{
    while (at < length && is(line[at])) {
        at++;
    }
    return at;
}

static gboolean is_letter(gchar c)
{
    return g_ascii_isalpha(c);
}

static gboolean is_digit(gchar c)
{
    return g_ascii_isdigit(c);
}

/* Past "12:", "4)", "line 4:", "Ana:", "003 "; `at` if there is no such thing. A line has one
 * number, and what looks like a label behind it may be the first group of the code's symbols, whose
 * groups are parted by such signs. */
static gsize skip_label(const char *line, gsize length, gsize at, bool *numbered)
{
    gsize end = skip_while(line, length, at, is_letter);
    const gsize letters = end - at;
    end += letters > 0 ? blank_length(line + end, length - end) : 0;
    const gsize number = end;
    end = skip_while(line, length, end, is_digit);
    const gsize digits = end - number;
    const bool link = length - end > 2 && memcmp(line + end, "://", 3) == 0;
    if (link || *numbered || letters > LONGEST_LABEL || digits > MOST_DIGITS || end == at ||
        end == length) {
        return at;
    }
    const bool sign = line[end] != '\0' && strchr(":).]|,-", line[end]) != NULL &&
                      (letters == 0 || line[end] != '-');
    const bool bare = letters == 0 && blank_length(line + end, length - end) > 0;
    *numbered = *numbered || (digits > 0 && (sign || bare));
    return sign ? end + 1 : bare ? end : at;
}

/* `*changed` is set if symbols were passed over. */
static gsize skip_prefix(const char *line, gsize length, bool labels, bool *changed)
{
    gsize at = 0;
    gsize before = 0;
    gsize named = 0; /* behind the last name or label */
    bool numbered = false;
    do {
        before = at;
        at = skip_signs(line, length, at);
        const gsize signs = at;
        at = skip_name(line, length, at);
        if (labels) {
            at = skip_label(line, length, at, &numbered);
        }
        named = at > signs ? at : named;
    } while (at > before);
    *changed = *changed || named > 0;
    /* What a line of a compact code may begin with is none of the signs. */
    while (at > named && (line[at - 1] == '-' || line[at - 1] == '_')) {
        at--;
    }
    return at;
}

/* Within a line that was joined from several: "Ana>", and with `labels` "12:" or "[4]". */
static bool is_mark(const char *word, gsize length, bool labels)
{
    const char last = word[length - 1];
    if (length <= LONGEST_MARK && is_quote_mark(last)) {
        return true;
    }
    if (!labels || length > MOST_DIGITS + 2 || last == '\0' || strchr(":)].", last) == NULL) {
        return false;
    }
    /* A letter among the digits would be one of the code: "8NJ4:" is a group of its symbols. */
    const gsize open = word[0] == '[' || word[0] == '(' ? 1 : 0;
    return length > open + 1 && skip_while(word, length, open, is_digit) == length - 1;
}

static bool strip_line(const char *line, gsize length, bool labels, GString *out)
{
    bool changed = false;
    gsize at = skip_prefix(line, length, labels, &changed);
    while (at < length) {
        const gsize blank = blank_length(line + at, length - at);
        if (blank > 0) {
            g_string_append_c(out, ' ');
            at += blank;
            continue;
        }
        const gsize word = at;
        while (at < length && blank_length(line + at, length - at) == 0) {
            at++;
        }
        if (is_mark(line + word, at - word, labels)) {
            changed = true;
        } else {
            g_string_append_len(out, line + word, (gssize)(at - word));
        }
    }
    return changed;
}

/* The line end at `at`: its length in bytes, 0 if there is none. */
static gsize line_end_length(const char *text, gsize left)
{
    if (*text == '\n' || *text == '\r') {
        return 1;
    }
    if (left > 1 && text[0] == '\xC2' && text[1] == '\x85') { /* NEL */
        return 2;
    }
    const bool separator = left > 2 && text[0] == '\xE2' && text[1] == '\x80' &&
                           (text[2] == '\xA8' || text[2] == '\xA9');
    return separator ? 3 : 0;
}

/* False if nothing but blanks and signs was taken away. */
static bool strip(const char *text, gsize length, bool labels, GString *out)
{
    bool changed = false;
    gsize at = 0;
    while (at < length) {
        gsize end = at;
        gsize ends = 0;
        while (end < length && (ends = line_end_length(text + end, length - end)) == 0) {
            end++;
        }
        changed = strip_line(text + at, end - at, labels, out) || changed;
        if (end < length) {
            g_string_append_c(out, text[end] == '\r' ? '\r' : '\n');
        }
        at = end + MAX(ends, 1);
    }
    return changed;
}

bool text_view_make(TextView view, const char *text, gsize length, GString *out)
{
    g_string_truncate(out, 0);
    switch (view) {
    case TEXT_VIEW_UNQUOTED:
    case TEXT_VIEW_UNNUMBERED:
        return strip(text, length, view == TEXT_VIEW_UNNUMBERED, out);
    case TEXT_VIEW_DECODED:
        return text_decode(text, length, out);
    case TEXT_VIEW_DECODED_UNQUOTED:
    case TEXT_VIEW_DECODED_UNNUMBERED: {
        g_autoptr(GString) decoded = g_string_sized_new(length);
        return text_decode(text, length, decoded) &&
               strip(decoded->str, decoded->len, view == TEXT_VIEW_DECODED_UNNUMBERED, out);
    }
    case TEXT_VIEW_AS_IS:
    case TEXT_VIEW_COUNT:
        break;
    }
    g_string_append_len(out, text, (gssize)length);
    return true;
}
