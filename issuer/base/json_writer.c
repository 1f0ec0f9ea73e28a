#include "base/json_writer.h"

#include "base/text.h"

struct JsonWriter {
    GString *text;
    bool needs_comma; /* the value written last is followed by another of the same level */
};

JsonWriter *json_writer_new(void)
{
    JsonWriter *writer = g_new0(JsonWriter, 1);
    writer->text = g_string_new(NULL);
    return writer;
}

static void begin_value(JsonWriter *writer)
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

static void open_level(JsonWriter *writer, char bracket)
{
    begin_value(writer);
    g_string_append_c(writer->text, bracket);
    writer->needs_comma = false;
}

static void close_level(JsonWriter *writer, char bracket)
{
    g_string_append_c(writer->text, bracket);
    writer->needs_comma = true;
}

void json_writer_begin_object(JsonWriter *writer)
{
    open_level(writer, '{');
}

void json_writer_end_object(JsonWriter *writer)
{
    close_level(writer, '}');
}

void json_writer_begin_array(JsonWriter *writer)
{
    open_level(writer, '[');
}

void json_writer_end_array(JsonWriter *writer)
{
    close_level(writer, ']');
}

void json_writer_key(JsonWriter *writer, const char *key)
{
    begin_value(writer);
    append_quoted(writer->text, key);
    g_string_append_c(writer->text, ':');
    writer->needs_comma = false;
}

void json_writer_text(JsonWriter *writer, const char *text)
{
    if (text == NULL) {
        json_writer_null(writer);
        return;
    }
    begin_value(writer);
    append_quoted(writer->text, text);
}

void json_writer_number(JsonWriter *writer, int64_t number)
{
    begin_value(writer);
    g_string_append_printf(writer->text, "%" G_GINT64_FORMAT, (gint64)number);
}

void json_writer_flag(JsonWriter *writer, bool flag)
{
    json_writer_raw(writer, flag ? "true" : "false");
}

void json_writer_null(JsonWriter *writer)
{
    json_writer_raw(writer, "null");
}

void json_writer_raw(JsonWriter *writer, const char *json)
{
    begin_value(writer);
    g_string_append(writer->text, json);
}

const char *json_writer_peek(const JsonWriter *writer)
{
    return writer->text->str;
}

char *json_writer_finish(JsonWriter *writer)
{
    char *text = g_string_free(g_steal_pointer(&writer->text), FALSE);
    json_writer_free(writer);
    return text;
}

void json_writer_free(JsonWriter *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->text != NULL) {
        g_string_free(writer->text, TRUE);
    }
    g_free(writer);
}
