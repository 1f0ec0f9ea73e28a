#include "core/look_alike.h"

#include <stdbool.h>
#include <string.h>

/* What stands for an ASCII letter or digit in another form: full-width, mathematical, a digit of
 * another script. */
static gunichar plain_of(gunichar c)
{
    const gint digit = c < 0x80 ? -1 : g_unichar_digit_value(c);
    if (digit >= 0 && g_unichar_type(c) == G_UNICODE_DECIMAL_NUMBER) {
        return (gunichar)('0' + digit);
    }
    gunichar plain = 0;
    const bool one = c >= 0x80 && g_unichar_fully_decompose(c, TRUE, &plain, 1) == 1;
    return one && plain < 0x80 ? plain : c;
}

gunichar look_alike_latin(gunichar c)
{
    static const struct {
        gunichar from;
        char to;
    } alike[] = {
        /* A zero with a stroke; what Turkish has for I and i. */
        {0x00D8, 'O'}, {0x0130, 'I'}, {0x0049, 'I'}, {0x0391, 'A'}, {0x0392, 'B'}, {0x0395, 'E'},
        {0x0396, 'Z'}, {0x0397, 'H'}, {0x0399, 'I'}, {0x039A, 'K'}, {0x039C, 'M'}, {0x039D, 'N'},
        {0x039F, 'O'}, {0x03A1, 'P'}, {0x03A4, 'T'}, {0x03A5, 'Y'}, {0x03A7, 'X'}, {0x0405, 'S'},
        {0x0406, 'I'}, {0x0408, 'J'}, {0x0410, 'A'}, {0x0412, 'B'}, {0x0415, 'E'}, {0x041A, 'K'},
        {0x041C, 'M'}, {0x041D, 'H'}, {0x041E, 'O'}, {0x0420, 'P'}, {0x0421, 'C'}, {0x0422, 'T'},
        {0x0423, 'Y'}, {0x0425, 'X'},
    };
    const gunichar upper = g_unichar_toupper(c);
    for (gsize i = 0; i < G_N_ELEMENTS(alike); i++) {
        if (alike[i].from == upper) {
            return (gunichar)(upper == c ? alike[i].to : g_ascii_tolower(alike[i].to));
        }
    }
    return plain_of(c);
}

/* Whether a character that begins with this byte may be a digit of another script, a full-width or
 * a mathematical one: a word of these alone may be one of a code, as no Greek or Cyrillic word is.
 */
static bool may_begin_other_form(char first)
{
    return first != '\0' && strchr("\xD9\xDB\xE0\xEF\xF0", first) != NULL;
}

static void fold_word(const char *word, gsize length, GString *out)
{
    for (gsize at = 0; at < length;) {
        const gunichar c = g_utf8_get_char_validated(word + at, (gssize)(length - at));
        if ((guint8)word[at] < 128 || c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_c(out, word[at]);
            at++;
        } else {
            g_string_append_unichar(out, look_alike_latin(c));
            at += (gsize)g_unichar_to_utf8(c, NULL);
        }
    }
}

void look_alike_fold(const char *text, gsize length, GString *out)
{
    for (gsize at = 0; at < length;) {
        const gsize word = at;
        bool latin = false;
        bool wide = false;
        while (at < length && !g_ascii_isspace(text[at])) {
            latin = latin || g_ascii_isalnum(text[at]) || may_begin_other_form(text[at]);
            wide = wide || (guint8)text[at] >= 128;
            at++;
        }
        if (latin && wide) {
            fold_word(text + word, at - word, out);
        } else {
            g_string_append_len(out, text + word, (gssize)(at - word));
        }
        while (at < length && g_ascii_isspace(text[at])) {
            g_string_append_c(out, text[at++]);
        }
    }
}
