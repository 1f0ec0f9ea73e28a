#include "base/json_line.h"

#include "base/text.h"

struct JsonLine {
    GString *text;
    bool needs_comma; /* the value written last is followed by another of the same level */
};

JsonLine *json_line_new(void)
{
    JsonLine *writer = g_new0(JsonLine, 1);
    writer->text = g_string_new(NULL);
    return writer;
}

static void begin_value(JsonLine *writer)
{
    if (writer->needs_comma) {
        g_string_append_c(writer->text, ',');
    }
    writer->needs_comma = true;
}

static void append_escaped(GString *out, gunichar c)
{
    switch (c) {
    case '"':
        g_string_append(out, "\\\"");
        return;
    case '\\':
        g_string_append(out, "\\\\");
        return;
    case '\n':
        g_string_append(out, "\\n");
        return;
    case '\r':
        g_string_append(out, "\\r");
        return;
    case '\t':
        g_string_append(out, "\\t");
        return;
    default:
        break;
    }
    /* U+2028 and U+2029 end a line for some readers; an object must stay on one. */
    if (text_is_unsafe(c) || c == 0x2028 || c == 0x2029) {
        g_string_append_printf(out, "\\u%04x", c);
    } else {
        g_string_append_unichar(out, c);
    }
}

static void append_quoted(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_string_append_c(out, '"');
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        append_escaped(out, g_utf8_get_char(at));
    }
    g_string_append_c(out, '"');
}

static void open_level(JsonLine *writer, char bracket)
{
    begin_value(writer);
    g_string_append_c(writer->text, bracket);
    writer->needs_comma = false;
}

static void close_level(JsonLine *writer, char bracket)
{
    g_string_append_c(writer->text, bracket);
    writer->needs_comma = true;
}

void json_line_begin_object(JsonLine *writer)
{
    open_level(writer, '{');
}

void json_line_end_object(JsonLine *writer)
{
    close_level(writer, '}');
}

void json_line_begin_array(JsonLine *writer)
{
    open_level(writer, '[');
}

void json_line_end_array(JsonLine *writer)
{
    close_level(writer, ']');
}

void json_line_key(JsonLine *writer, const char *key)
{
    begin_value(writer);
    append_quoted(writer->text, key);
    g_string_append_c(writer->text, ':');
    writer->needs_comma = false;
}

void json_line_text(JsonLine *writer, const char *text)
{
    if (text == NULL) {
        json_line_null(writer);
        return;
    }
    begin_value(writer);
    append_quoted(writer->text, text);
}

void json_line_number(JsonLine *writer, int64_t number)
{
    begin_value(writer);
    g_string_append_printf(writer->text, "%" G_GINT64_FORMAT, (gint64)number);
}

void json_line_flag(JsonLine *writer, bool flag)
{
    json_line_raw(writer, flag ? "true" : "false");
}

void json_line_null(JsonLine *writer)
{
    json_line_raw(writer, "null");
}

void json_line_raw(JsonLine *writer, const char *json)
{
    begin_value(writer);
    g_string_append(writer->text, json);
}

const char *json_line_peek(const JsonLine *writer)
{
    return writer->text->str;
}

char *json_line_finish(JsonLine *writer)
{
    char *text = g_string_free(g_steal_pointer(&writer->text), FALSE);
    json_line_free(writer);
    return text;
}

void json_line_free(JsonLine *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->text != NULL) {
        g_string_free(writer->text, TRUE);
    }
    g_free(writer);
}
