#include "mail/text_sink.h"

#include <string.h>

#define SHOWN_SIZE (64UL * 1024) /* bytes kept for a person */

void text_sink_init(TextSink *sink, bool search, bool digest)
{
    *sink = (TextSink){.finder = search ? finder_new() : NULL,
                       .digest = digest ? g_checksum_new(G_CHECKSUM_SHA256) : NULL,
                       .shown = g_string_new(NULL),
                       .beside = g_string_new(NULL)};
}

void text_sink_clear(TextSink *sink)
{
    finder_free(sink->finder);
    finder_free(sink->unseen);
    g_clear_pointer(&sink->unseen_tokens, g_ptr_array_unref);
    g_clear_pointer(&sink->digest, g_checksum_free);
    g_string_free(sink->shown, TRUE);
    g_string_free(sink->beside, TRUE);
}

void text_sink_digest(TextSink *sink, const char *text, gsize length)
{
    bool line_start = true;
    for (gsize i = 0; sink->digest != NULL && i < length; i++) {
        gsize marks = i;
        while (line_start && marks < length && text[marks] == '>') {
            marks++;
        }
        if (marks > i && length - marks >= 5 && memcmp(text + marks, "From ", 5) == 0) {
            i = marks;
        }
        line_start = text[i] == '\n';
        if (!g_ascii_isspace(text[i])) {
            g_checksum_update(sink->digest, (const guchar *)text + i, 1);
            sink->digested = true;
        }
    }
}

void text_sink_take_unseen(TextSink *sink, const char *text, gsize length)
{
    key_watch_text(&sink->watch, text, length);
    if (sink->finder != NULL && length > 0) {
        sink->unseen = sink->unseen == NULL ? finder_new() : sink->unseen;
        finder_add_text(sink->unseen, text, length);
    }
}

void text_sink_take_links(TextSink *sink, const char *html, gsize length)
{
    if (sink->finder != NULL) {
        finder_add_links(sink->finder, html, length);
    }
}

const GPtrArray *text_sink_unseen_tokens(TextSink *sink)
{
    if (sink->unseen != NULL && sink->unseen_tokens == NULL) {
        sink->unseen_tokens = finder_finish(sink->unseen);
    }
    const bool any = sink->unseen_tokens != NULL && sink->unseen_tokens->len > 0;
    return any ? sink->unseen_tokens : NULL;
}

/* Keeps the first text for a person; a plain text takes the place of an HTML one. */
static void show(TextSink *sink, const char *text, gsize length, bool is_html)
{
    const bool better = sink->shown->len == 0 || (sink->shown_is_html && !is_html);
    if (better && length > 0) {
        g_string_truncate(sink->shown, 0);
        g_string_append_len(sink->shown, text, (gssize)MIN(length, SHOWN_SIZE));
        sink->shown_is_html = is_html;
    }
}

void text_sink_take(TextSink *sink, unsigned use, const char *text, gsize length)
{
    text_sink_take_part(sink, use, text, length, NULL);
}

void text_sink_take_part(TextSink *sink, unsigned use, const char *text, gsize length,
                         const GString *searched)
{
    key_watch_text(&sink->watch, text, length);
    if (sink->finder != NULL) {
        finder_add_text(sink->finder, searched != NULL ? searched->str : text,
                        searched != NULL ? searched->len : length);
    }
    if ((use & TEXT_SINK_SHOW) != 0) {
        show(sink, text, length, (use & TEXT_SINK_HTML) != 0);
    }
    if ((use & TEXT_SINK_BESIDE) != 0 && sink->beside->len < TEXT_SINK_BESIDE_MOST) {
        const gsize room = TEXT_SINK_BESIDE_MOST - sink->beside->len;
        g_string_append_len(sink->beside, text, (gssize)MIN(length, room));
        g_string_append_c(sink->beside, '\n');
    }
}

bool text_sink_is_satisfied(const TextSink *sink)
{
    return sink->finder == NULL || finder_is_intact(sink->finder);
}
