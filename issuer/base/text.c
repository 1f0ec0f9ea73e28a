#include "base/text.h"

static bool is_line_break(gunichar c)
{
    return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029;
}

static bool is_bidirectional_control(gunichar c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

bool text_is_unsafe(gunichar c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || is_bidirectional_control(c);
}

bool text_is_safe(const char *text, gsize most)
{
    if (!g_utf8_validate(text, -1, NULL) || (gsize)g_utf8_strlen(text, -1) > most) {
        return false;
    }
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        if (text_is_unsafe(g_utf8_get_char(at))) {
            return false;
        }
    }
    return true;
}

bool text_is_blank(const char *text)
{
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        if (g_unichar_isgraph(g_utf8_get_char(at))) {
            return false;
        }
    }
    return true;
}

char *text_one_line(const char *text, gsize most)
{
    g_autofree char *valid = g_utf8_make_valid(text == NULL ? "" : text, -1);
    GString *line = g_string_sized_new(64);
    gsize taken = 0;
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        if (most > 0 && taken++ == most) {
            g_string_append(line, "…");
            break;
        }
        gunichar c = g_utf8_get_char(at);
        if (c == '\r' && at[1] == '\n') { /* one line break, one space */
            at++;
        }
        g_string_append_unichar(line, text_is_unsafe(c) || is_line_break(c) ? ' ' : c);
    }
    return g_string_free(line, FALSE);
}

char *text_printable(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text == NULL ? "" : text, -1);
    GString *clean = g_string_sized_new(64);
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == '\r' && at[1] == '\n') {
            continue;
        }
        bool stays = c == '\n' || c == '\t' || !text_is_unsafe(c);
        g_string_append_unichar(clean, stays ? c : ' ');
    }
    return g_string_free(clean, FALSE);
}

char *text_file_name(const char *name)
{
    GString *valid = g_string_new(NULL);
    const char *end = NULL;
    while (!g_utf8_validate(name, -1, &end)) {
        g_string_append_len(valid, name, end - name);
        g_string_append_printf(valid, "\\x%02X", (guint)(guchar)*end);
        name = end + 1;
    }
    g_string_append(valid, name);
    return g_string_free(valid, FALSE);
}

bool text_read_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
    gint64 value = 0;
    /* GLib refuses empty text, blanks, trailing characters and overflow, but takes "+5". */
    if (text == NULL || text[0] == '+' ||
        !g_ascii_string_to_signed(text, 10, least, most, &value, NULL)) {
        return false;
    }
    *out = value;
    return true;
}

char *text_join(const char *const *texts, const char *between)
{
    GString *all = g_string_new(texts[0]);
    for (gsize i = 1; texts[0] != NULL && texts[i] != NULL; i++) {
        g_string_append_printf(all, "%s%s", between, texts[i]);
    }
    return g_string_free(all, FALSE);
}
