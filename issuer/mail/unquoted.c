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

/* ---- the header of a mail that stands above its text, in whatever language ---- */

#define LABEL_MOST 24 /* bytes of "From", "Gesendet", … */
#define HEADER_LINES                                                                               \
    8 /* behind its first; blank lines may stand between, and what is long is broken */
#define HEADER_LEAST 2 /* of them that have a label */

static bool has_label(const char *line, gsize length)
{
    gsize at = 0;
    while (at < length && (line[at] == ' ' || line[at] == '*')) {
        at++;
    }
    const char *colon = memchr(line + at, ':', MIN(length - at, LABEL_MOST));
    return colon != NULL && colon > line + at && colon + 1 < line + length &&
           (colon[1] == ' ' || colon[1] == '*' || colon[1] == '\t' || colon[1] == '\xC2');
}

static bool names_own(const char *line, gsize length, const char *const *own)
{
    g_autofree char *lower = g_ascii_strdown(line, (gssize)length);
    for (gsize i = 0; own[i] != NULL; i++) {
        g_autofree char *address = g_ascii_strdown(own[i], -1);
        const char *at = strstr(lower, address);
        if (at != NULL && (at == lower || !g_ascii_isalnum(at[-1])) &&
            !g_ascii_isalnum(at[strlen(address)])) {
            return true;
        }
    }
    return false;
}

/* Whether this line says that a mail is of one of ours, and further lines of its header follow. A
 * mail of others that is passed on is no quote of ours: a person reads it. */
static bool begins_mail_of_ours(const char *line, const char *end, const char *const *own)
{
    const char *at = memchr(line, '\n', (gsize)(end - line));
    if (at == NULL || is_quoted(line, (gsize)(at - line)) || !has_label(line, (gsize)(at - line)) ||
        !names_own(line, (gsize)(at - line), own)) {
        return false;
    }
    guint labels = 0;
    for (guint i = 0; i < HEADER_LINES && at != NULL && at + 1 < end; i++) {
        const char *next = at + 1;
        at = memchr(next, '\n', (gsize)(end - next));
        labels += has_label(next, (gsize)((at != NULL ? at : end) - next)) ? 1 : 0;
    }
    return labels >= HEADER_LEAST;
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

char *unquoted_text(const char *text, gsize length, gsize most, const char *const *own)
{
    g_autoptr(GString) out = g_string_sized_new(MIN(length, most) + 2);
    bool after_label = false; /* the first line of a header names who has sent it */
    for (gsize at = 0; at < length && out->len < most;) {
        const char *end = memchr(text + at, '\n', length - at);
        gsize size = end == NULL ? length - at : (gsize)(end - (text + at));
        const char *line = text + at;
        if (!after_label && begins_mail_of_ours(line, text + length, own)) {
            break;
        }
        after_label = has_label(line, size);
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
