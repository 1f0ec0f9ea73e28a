/* Where the texts of a mail go: they are searched for codes, watched for license keys, digested,
 * and the first one is kept for a person to read. */
#ifndef ISSUER_MAIL_TEXT_SINK_H
#define ISSUER_MAIL_TEXT_SINK_H

#include "core/finder.h"
#include "mail/key_watch.h"

#include <glib.h>
#include <stdbool.h>

#define TEXT_SINK_BESIDE_MOST (16UL * 1024) /* bytes */

typedef struct {
    Finder *finder; /* NULL: nothing is searched */
    Finder *unseen; /* of what the mail hides from its reader; NULL: nothing is hidden */
    GPtrArray *unseen_tokens;
    KeyWatch watch;
    GChecksum *digest; /* NULL: nothing is digested */
    bool digested;     /* something was, besides white space */
    GString *shown;
    bool shown_is_html; /* a plain text may still take its place */
    GString *beside;    /* texts that were attached, up to TEXT_SINK_BESIDE_MOST */
} TextSink;

/* What is to be done with a text besides searching it; flags. */
typedef enum {
    TEXT_SINK_SEARCH = 0,
    TEXT_SINK_DIGEST = 1,
    TEXT_SINK_SHOW = 2,
    TEXT_SINK_HTML = 4, /* for TEXT_SINK_SHOW: it was HTML */
    TEXT_SINK_BESIDE = 8,
} TextSinkUse;

void text_sink_init(TextSink *sink, bool search, bool digest);
void text_sink_clear(TextSink *sink);

/* Takes in what a mail hides from its reader. A code in it was not sent by a person who saw it, so
 * that it is searched for by itself, only to be told. */
void text_sink_take_unseen(TextSink *sink, const char *text, gsize length);

/* Searches the links in the source of a text in HTML. */
void text_sink_take_links(TextSink *sink, const char *html, gsize length);

/* The codes in what the mail hides, of FoundToken, owned by the sink; NULL: there are none. Once
 * all is read. */
const GPtrArray *text_sink_unseen_tokens(TextSink *sink);

/* Takes a text of `length` bytes of UTF-8 in: it is searched, and looked at for license keys. `use`
 * is of TextSinkUse: with TEXT_SINK_SHOW it is kept if it is the first, or the first plain text
 * where only HTML is kept so far; with TEXT_SINK_BESIDE beside it, as far as there is room;
 * TEXT_SINK_DIGEST is the caller's business, for another form of the text may be digested than is
 * read. */
void text_sink_take(TextSink *sink, unsigned use, const char *text, gsize length);

/* The same for a text of which `searched` is all that is to be searched; NULL: all of it. */
void text_sink_take_part(TextSink *sink, unsigned use, const char *text, gsize length,
                         const GString *searched);

/* Digests a text without white space, and without the ">" that mailboxes put before "From ": so all
 * exports of a mail agree. */
void text_sink_digest(TextSink *sink, const char *text, gsize length);

/* Whether an intact code was found in what was taken in, as it is written; true if nothing is
 * searched. Costs nothing. */
bool text_sink_is_satisfied(const TextSink *sink);

#endif
