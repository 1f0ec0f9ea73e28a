#include "mail/address_form.h"

#include "core/address.h"
#include "mail/mime.h"

#include <stdbool.h>
#include <string.h>

#define FULL_WIDTH_FIRST 0xFF01 /* "!", and in ASCII's order up to */
#define FULL_WIDTH_LAST  0xFF5E /* "~" */
#define FULL_WIDTH_AHEAD 0xFEE0 /* of ASCII */

static const char *const opening[] = {"‹", "〈", "⟨", "＜", "«", "《", "&lt;", NULL};
static const char *const closing[] = {"›", "〉", "⟩", "＞", "»", "》", "&gt;", NULL};
static const char *const quotes[] = {"'", "\"", "`", "´", "‘", "’", "“", "”", "„", "‚", NULL};

/* The bytes of the one of `marks` with which the text begins, or ends; 0: none. */
static gsize mark_at(const char *text, const char *const *marks, bool end)
{
    for (gsize i = 0; marks[i] != NULL; i++) {
        if (end ? g_str_has_suffix(text, marks[i]) : g_str_has_prefix(text, marks[i])) {
            return strlen(marks[i]);
        }
    }
    return 0;
}

/* What stands around the address on both sides alike. */
static void strip_around(GString *text)
{
    gsize before = 0;
    gsize behind = 0;
    do {
        before = mark_at(text->str, opening, false);
        behind = mark_at(text->str, closing, true);
        if (before == 0 || behind == 0) {
            before = mark_at(text->str, quotes, false);
            behind = mark_at(text->str, quotes, true);
        }
        if (before > 0 && behind > 0 && before + behind <= text->len) {
            g_string_truncate(text, text->len - behind);
            g_string_erase(text, 0, (gssize)before);
        }
    } while (before > 0 && behind > 0 && text->len > 0);
}

static bool is_shown(gunichar c)
{
    return !g_unichar_isspace(c) && !g_unichar_iszerowidth(c) && !g_unichar_iscntrl(c) &&
           g_unichar_type(c) != G_UNICODE_FORMAT;
}

/* Without what nobody sees, and of full width nothing. */
static GString *read_signs(const char *text)
{
    GString *read = g_string_sized_new(strlen(text));
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        const bool mark = c == 0xFF1C || c == 0xFF1E; // brackets, which strip_around() looks for
        const bool wide = c >= FULL_WIDTH_FIRST && c <= FULL_WIDTH_LAST && !mark;
        if (is_shown(c)) {
            g_string_append_unichar(read, wide ? c - FULL_WIDTH_AHEAD : c);
        }
    }
    return read;
}

/* Nearly all are written so. */
static bool is_plain(const char *written)
{
    return address_is_valid(written) && mark_at(written, quotes, false) == 0 &&
           strstr(written, "=?") == NULL;
}

char *address_form_plain(const char *written)
{
    if (is_plain(written)) {
        return g_strdup(written);
    }
    g_autofree char *decoded = mime_decode_words(written);
    g_autoptr(GString) text = read_signs(decoded);
    strip_around(text);
    if (g_ascii_strncasecmp(text->str, "mailto:", 7) == 0) {
        g_string_erase(text, 0, 7);
        g_string_truncate(text, strcspn(text->str, "?"));
        strip_around(text);
    }
    if (strchr(text->str, '@') != NULL && g_str_has_suffix(text->str, ".")) {
        g_string_truncate(text, text->len - 1); // the root of all domains
    }
    return address_in_ascii(text->str);
}

char *address_form_brackets(const char *value)
{
    GString *text = g_string_new(value);
    for (gsize i = 0; strchr(value, '<') == NULL && opening[i] != NULL; i++) {
        (void)g_string_replace(text, opening[i], "<", 0);
        (void)g_string_replace(text, closing[i], ">", 0);
    }
    return g_string_free(text, FALSE);
}
