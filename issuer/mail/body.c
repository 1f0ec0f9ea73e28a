#include "mail/body.h"

#include "mail/mail_reader.h"
#include "mail/mime.h"
#include "mail/part_reader.h"
#include "mail/sniff.h"

#include <string.h>

struct Body {
    PartReader reader;
};

Body *body_new(bool search, bool digest)
{
    Body *body = g_new0(Body, 1);
    part_reader_init(&body->reader, search, digest);
    return body;
}

void body_free(Body *body)
{
    if (body != NULL) {
        part_reader_clear(&body->reader);
        g_free(body);
    }
}

/* Reads the parts of the mail in `data`, and watches what stands around them. */
static void read_parts(PartReader *reader, const GPtrArray *parts, const char *data, gsize length)
{
    KeyWatch *watch = &reader->sink.watch;
    const char *at = data;
    const char *end = data + length;
    for (guint i = 0; i < parts->len; i++) {
        const MimePart *part = g_ptr_array_index(parts, i);
        if (part_reader_read(reader, part) && part->data >= at) {
            key_watch_around(watch, at, (gsize)(part->data - at));
            at = part->data + part->length;
        }
    }
    key_watch_around(watch, at, (gsize)(end - at));
}

/* Reads the mail in `data`, part by part; its parts, NULL where they cannot be told. */
static GPtrArray *read_mail(PartReader *reader, const char *data, gsize length)
{
    const char *why = NULL;
    GPtrArray *parts = mime_parts(data, length, &why);
    if (parts == NULL) {
        reader->trouble = why;
    } else {
        part_reader_note(reader, why);
        read_parts(reader, parts, data, length);
    }
    return parts;
}

/* Reads what came out of packings and encoded mails; it may hold more of that. */
static void read_enclosed(PartReader *reader)
{
    for (;;) {
        g_autoptr(UnpackedPart) part = unpacked_take(reader->unpacked);
        if (part == NULL) {
            break;
        }
        const char *data = (const char *)part->data->data;
        const gsize length = part->data->len;
        reader->depth = part->depth;
        /* Some programs sign a text without any header before it. */
        if (part->as == UNPACKED_ENTITY && length > 0 &&
            sniff_file(data, MIN(length, SNIFF_SIZE)) == SNIFF_MESSAGE) {
            g_autoptr(GPtrArray) parts = read_mail(reader, data, length);
            (void)parts;
        } else {
            part_reader_read_unpacked(reader, part);
        }
    }
    reader->depth = 0;
}

/* Whether nothing stands there but empty lines and boundaries. */
static bool is_between_parts(const char *data, gsize length)
{
    for (gsize at = 0; at < length;) {
        const char *end = memchr(data + at, '\n', length - at);
        const gsize line = (end == NULL ? length : (gsize)(end - data)) - at;
        const bool boundary = line > 2 && data[at] == '-' && data[at + 1] == '-';
        const bool empty = line == 0 || (line == 1 && data[at] == '\r');
        if (!boundary && !empty) {
            return false;
        }
        at += line + 1;
    }
    return true;
}

/* Whether what looks like a part is one of those that were read, in the same way. */
static bool was_read(const GPtrArray *parts, const MimePart *loose)
{
    for (guint i = 0; i < parts->len; i++) {
        const MimePart *part = g_ptr_array_index(parts, i);
        if (part->data == loose->data) {
            return part->length <= loose->length && strcmp(part->type, loose->type) == 0 &&
                   g_strcmp0(part->charset, loose->charset) == 0 &&
                   g_strcmp0(part->encoding, loose->encoding) == 0 &&
                   is_between_parts(loose->data + part->length, loose->length - part->length);
        }
    }
    return false;
}

/* Reads what is no part of those that were read, and no header. */
static void read_gaps(PartReader *reader, const GPtrArray *parts, const char *data, gsize length)
{
    const char *at = data;
    for (guint i = 0; i < parts->len; i++) {
        const MimePart *part = g_ptr_array_index(parts, i);
        if (part->data >= at) {
            part_reader_read_between(reader, at, (gsize)(part->data - at));
            at = part->data + part->length;
        }
    }
    part_reader_read_between(reader, at, (gsize)(data + length - at));
}

/* Where the structure, whose parts have been read, showed no code: what else looks like parts, then
 * the mail as it stands. */
static void search_rest(PartReader *reader, const GPtrArray *parts, const char *data, gsize length)
{
    g_autoptr(GPtrArray) loose = mime_loose_parts(data, length);
    read_gaps(reader, parts, data, length);
    read_enclosed(reader);
    reader->only_search = true;
    for (guint i = 0; i < loose->len; i++) {
        const MimePart *part = g_ptr_array_index(loose, i);
        if (!was_read(parts, part)) {
            (void)part_reader_read(reader, part);
        }
    }
    read_enclosed(reader);
    if (!text_sink_is_satisfied(&reader->sink)) {
        finder_add_source(reader->sink.finder, data, length);
    }
}

/* Whether the structure was read, and all that a person sees of it holds no code; nor does what he
 * does not see, which would be seen in the mail as it stands. */
static bool is_wanting(PartReader *reader)
{
    TextSink *sink = &reader->sink;
    return sink->finder != NULL && text_sink_unseen_tokens(sink) == NULL &&
           !finder_has_intact(sink->finder);
}

void body_read(Body *body, const char *data, gsize length)
{
    PartReader *reader = &body->reader;
    KeyWatch *watch = &reader->sink.watch;
    watch->around = length <= MAIL_STORED_RAW;
    g_autoptr(GPtrArray) parts = read_mail(reader, data, length);
    read_enclosed(reader);
    if (reader->trouble != NULL) {
        key_watch_around(watch, data, length);
        key_watch_lines(watch, data, length);
    } else if (is_wanting(reader)) {
        search_rest(reader, parts, data, length);
    }
    if (!reader->sink.digested) { /* two mails without a text of their own are not the same */
        text_sink_digest(&reader->sink, data, length);
    }
}

const char *body_trouble(const Body *body)
{
    return body->reader.trouble;
}

const GString *body_text(const Body *body)
{
    return body->reader.sink.shown;
}

const GString *body_beside(const Body *body)
{
    return body->reader.sink.beside;
}

Finder *body_finder(Body *body)
{
    return body->reader.sink.finder;
}

const GPtrArray *body_unseen_tokens(Body *body)
{
    return text_sink_unseen_tokens(&body->reader.sink);
}

bool body_shows_license_key(const Body *body)
{
    return body->reader.sink.watch.seen;
}

bool body_has_picture(const Body *body)
{
    return body->reader.has_picture;
}

bool body_has_encrypted(const Body *body)
{
    return unpacked_has_encrypted(body->reader.unpacked);
}

const char *body_unsearched(const Body *body)
{
    return body->reader.unsearched;
}

const char *body_digest(const Body *body)
{
    GChecksum *digest = body->reader.sink.digest;
    return digest == NULL ? NULL : g_checksum_get_string(digest);
}
