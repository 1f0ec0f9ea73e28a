#include "core/compact_json.h"

#include "core/base64url.h"

#include <string.h>

void compact_json_name(GString *json, const char *name)
{
    g_string_append_c(json, '"');
    g_string_append(json, name);
    g_string_append_len(json, "\":", 2);
}

static bool needs_escape(char c)
{
    return c == '"' || c == '\\' || (guchar)c < 0x20;
}

/* The letter of the short escapes (RFC 8259 §7); 0: there is none. */
static char escape_letter(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

static void append_escaped(GString *json, char c)
{
    const char letter = escape_letter(c);
    if (letter != '\0') {
        g_string_append_c(json, '\\');
        g_string_append_c(json, letter);
    } else {
        g_string_append_printf(json, "\\u%04X", (guint)(guchar)c);
    }
}

void compact_json_text(GString *json, const char *text)
{
    g_string_append_c(json, '"');
    const char *plain = text;
    const char *at = text;
    for (; *at != '\0'; at++) {
        if (needs_escape(*at)) {
            g_string_append_len(json, plain, at - plain);
            append_escaped(json, *at);
            plain = at + 1;
        }
    }
    g_string_append_len(json, plain, at - plain);
    g_string_append_c(json, '"');
}

void compact_json_bytes(GString *json, const void *data, gsize size)
{
    const gsize length = base64url_length(size);
    const gsize at = json->len + 1;
    g_string_set_size(json, json->len + length + 2);
    json->str[at - 1] = '"';
    base64url_write(data, size, json->str + at);
    json->str[at + length] = '"';
}

void compact_json_number(GString *json, int64_t number)
{
    char digits[24];
    const int length = g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, number);
    g_string_append_len(json, digits, length);
}
