#include "core/mail_words.h"

#include <string.h>

#define PREFIX     "lic-"
#define ID_LONGEST 64

static bool is_id_character(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
}

char *mail_words_license_id(const char *text)
{
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        bool starts = at == text || !g_ascii_isalnum(at[-1]);
        if (!starts || g_ascii_strncasecmp(at, PREFIX, strlen(PREFIX)) != 0) {
            continue;
        }
        const char *end = at + strlen(PREFIX);
        while (is_id_character(*end)) {
            end++;
        }
        while (end > at && !g_ascii_isalnum(end[-1])) {
            end--; /* the sentence's full stop is not the ID's */
        }
        gsize length = (gsize)(end - at);
        if (length > strlen(PREFIX) && length <= ID_LONGEST) {
            return g_strdup_printf("LIC-%.*s", (int)(length - strlen(PREFIX)), at + strlen(PREFIX));
        }
    }
    return NULL;
}

static bool stands_whole(const char *text, const char *at, gsize length)
{
    bool before = at > text && g_unichar_isalnum(g_utf8_get_char(g_utf8_prev_char(at)));
    bool after = g_unichar_isalnum(g_utf8_get_char(at + length));
    return !before && !after;
}

static bool contains_word(const char *text, const char *word)
{
    gsize length = strlen(word);
    for (const char *at = text; length > 0 && (at = strstr(at, word)) != NULL; at += length) {
        if (stands_whole(text, at, length)) {
            return true;
        }
    }
    return false;
}

bool mail_words_tell_of_loss(const char *text, const char *const *words)
{
    if (text == NULL) {
        return false;
    }
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *folded = g_utf8_casefold(valid, -1);
    for (gsize i = 0; words[i] != NULL; i++) {
        g_autofree char *word = g_utf8_casefold(words[i], -1);
        if (contains_word(folded, word)) {
            return true;
        }
    }
    return false;
}
