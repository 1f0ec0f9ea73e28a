#include "mail/unquoted.h"

#include <stdbool.h>
#include <string.h>

static bool is_quoted(const char *line, gsize length)
{
    gsize at = 0;
    while (at < length && (line[at] == ' ' || line[at] == '\t')) {
        at++;
    }
    return at < length && (line[at] == '>' || line[at] == '|');
}

static bool is_introduction(const char *line, gsize length)
{
    static const char *const ends[] = {"wrote:",
                                       "schrieb:",
                                       "\xC3\xA9"
                                       "crit :",
                                       "\xC3\xA9"
                                       "crit\xC2\xA0:",
                                       "escribi\xC3\xB3:",
                                       "scritto:",
                                       "schreef:",
                                       "escreveu:"};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        gsize size = strlen(ends[i]);
        if (length > size && memcmp(line + length - size, ends[i], size) == 0) {
            return true;
        }
    }
    return false;
}

/* A mark behind which mail programs put the whole mail that is answered. */
static bool is_end_mark(const char *line, gsize length)
{
    static const char *const words[] = {
        "Original Message",   "Original message",    "Urspr\xC3\xBCngliche Nachricht",
        "Original-Nachricht", "Message d'origine",   "Message original",
        "Mensaje original",   "Messaggio originale", "Oorspronkelijk bericht",
        "Mensagem original"};
    if (length < 10 || memcmp(line, "---", 3) != 0 || line[length - 1] != '-') {
        return false;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (memmem(line, length, words[i], strlen(words[i])) != NULL) {
            return true;
        }
    }
    return false;
}

/* Zero bytes would end the string early. */
static void append_line(GString *out, const char *line, gsize length)
{
    gsize start = out->len;
    g_string_append_len(out, line, (gssize)length);
    for (gsize i = start; i < out->len; i++) {
        if (out->str[i] == '\0') {
            out->str[i] = ' ';
        }
    }
    g_string_append_c(out, '\n');
}

char *unquoted_text(const char *text, gsize length, gsize most)
{
    g_autoptr(GString) out = g_string_sized_new(MIN(length, most) + 2);
    for (gsize at = 0; at < length && out->len < most;) {
        const char *end = memchr(text + at, '\n', length - at);
        gsize size = end == NULL ? length - at : (gsize)(end - (text + at));
        const char *line = text + at;
        at += size + 1;
        while (size > 0 && g_ascii_isspace(line[size - 1])) {
            size--;
        }
        if (is_end_mark(line, size)) {
            break;
        }
        if (!is_quoted(line, size) && !is_introduction(line, size)) {
            append_line(out, line, MIN(size, most));
        }
    }
    g_string_truncate(out, MIN(out->len, most));
    return g_utf8_make_valid(out->str, (gssize)out->len);
}
