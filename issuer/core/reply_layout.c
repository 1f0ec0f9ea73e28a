#include "core/reply_layout.h"

#include <stdbool.h>
#include <string.h>

#define FIELD_INDENT 16

static gsize columns_of(gunichar c)
{
    if (g_unichar_iszerowidth(c)) {
        return 0;
    }
    return g_unichar_iswide(c) ? 2 : 1;
}

/* How many bytes of `text` (`length` bytes of UTF-8) fit into `room` columns, one character at
 * least; `used` is set to the columns that they take. */
static gsize fit(const char *text, gsize length, gsize room, gsize *used)
{
    const char *at = text;
    const char *const end = text + length;
    gsize columns = 0;
    while (at < end) {
        const gsize wide = columns_of(g_utf8_get_char(at));
        if (columns + wide > room && at > text) {
            break;
        }
        columns += wide;
        at = g_utf8_find_next_char(at, NULL);
    }
    *used = columns;
    return (gsize)(at - text);
}

typedef struct {
    GString *out;
    gsize indent; /* of further lines */
    gsize column; /* where the line stands */
    bool fresh;   /* no word on this line yet */
} Line;

static void line_break(Line *line)
{
    g_string_append_c(line->out, '\n');
    for (gsize i = 0; i < line->indent; i++) {
        g_string_append_c(line->out, ' ');
    }
    line->column = line->indent;
    line->fresh = true;
}

/* A word longer than a line is cut: a host's name has no blank to break at. */
static void add_word(Line *line, const char *word, gsize length)
{
    gsize columns = 0;
    gsize taken = fit(word, length, REPLY_LAYOUT_COLUMNS - line->indent, &columns);
    const gsize blank = line->fresh ? 0 : 1;
    if (line->column + blank + columns > REPLY_LAYOUT_COLUMNS) {
        line_break(line);
    } else if (blank == 1) {
        g_string_append_c(line->out, ' ');
        line->column++;
    }
    g_string_append_len(line->out, word, (gssize)taken);
    line->column += columns;
    line->fresh = false;
    while (taken < length) {
        line_break(line);
        const gsize more =
            fit(word + taken, length - taken, REPLY_LAYOUT_COLUMNS - line->indent, &columns);
        g_string_append_len(line->out, word + taken, (gssize)more);
        line->column += columns;
        line->fresh = false;
        taken += more;
    }
}

static void add_words(Line *line, const char *text, gsize length)
{
    gsize at = 0;
    while (at < length) {
        const gsize word = strcspn(text + at, " \n");
        const gsize end = MIN(at + word, length);
        if (end > at) {
            add_word(line, text + at, end - at);
        }
        at = end + 1;
    }
    g_string_append_c(line->out, '\n');
}

void reply_layout_text(GString *out, const char *text)
{
    const char *at = text;
    while (*at != '\0') {
        const gsize length = strcspn(at, "\n");
        Line line = {.out = out, .indent = g_str_has_prefix(at, "- ") ? 2 : 0, .fresh = true};
        add_words(&line, at, length);
        at += length;
        if (*at == '\n') {
            at++;
        }
    }
}

void reply_layout_field(GString *out, const char *label, const char *value)
{
    g_string_append_printf(out, "%-*s", FIELD_INDENT, label);
    Line line = {.out = out, .indent = FIELD_INDENT, .column = FIELD_INDENT, .fresh = true};
    add_words(&line, value, strlen(value));
}

void reply_layout_heading(GString *out, const char *text)
{
    gsize columns = 0;
    const gsize length = fit(text, strlen(text), REPLY_LAYOUT_COLUMNS, &columns);
    g_string_append_len(out, text, (gssize)length);
    g_string_append_c(out, '\n');
    for (gsize i = 0; i < columns; i++) {
        g_string_append_c(out, '-');
    }
    g_string_append_c(out, '\n');
}
