#include "mail/part_reader.h"

#include "core/first_look.h"
#include "mail/charset.h"
#include "mail/clear_signed.h"
#include "mail/hex_dump.h"
#include "mail/html_text.h"
#include "mail/packed.h"
#include "mail/part_kind.h"
#include "mail/sniff.h"
#include "mail/transfer.h"

#include <string.h>

#define WHOLE_SIZE       (4UL * 1024 * 1024) /* bytes; a longer part is read in pieces */
#define PIECE_SIZE       (256UL * 1024)
#define LONGEST_BOUNDARY 200  /* bytes */
#define HEAD_SIZE        8192 /* bytes decoded to tell what a part is */

void part_reader_init(PartReader *reader, bool search, bool digest)
{
    *reader = (PartReader){.unpacked = unpacked_new()};
    text_sink_init(&reader->sink, search, digest);
}

void part_reader_clear(PartReader *reader)
{
    text_sink_clear(&reader->sink);
    unpacked_free(reader->unpacked);
    g_free(reader->unsearched);
}

/* ---- what could not be read ---- */

static void note_unsearched(PartReader *reader, const MimePart *part, const char *what,
                            const char *why)
{
    if (reader->unsearched == NULL) {
        reader->unsearched =
            g_strdup_printf("%s (%s%s%s)", part->name == NULL ? "a part" : part->name, what,
                            why == NULL ? "" : "; ", why == NULL ? "" : why);
    }
}

void part_reader_note(PartReader *reader, const char *what)
{
    if (reader->unsearched == NULL) {
        reader->unsearched = g_strdup(what);
    }
}

/* ---- what is still encoded ---- */

/* Whether decoding gave something, and not what comes of text that never was encoded. */
static bool is_something(const GByteArray *bytes)
{
    const char *data = (const char *)bytes->data;
    return bytes->len > 0 &&
           (sniff_is_text(data, bytes->len) || packed_kind(data, bytes->len) != NULL);
}

/* Puts content aside, to be read as a part like this one; takes it over. False: a cap was hit. */
static bool add_decoded(PartReader *reader, const MimePart *part, GByteArray *content)
{
    g_autofree char *type =
        part->charset == NULL ? NULL : g_strdup_printf("%s; charset=%s", part->type, part->charset);
    if (!unpacked_add(reader->unpacked, part->attached ? UNPACKED_FILE : UNPACKED_TEXT, part->name,
                      type == NULL ? part->type : type, content)) {
        note_unsearched(reader, part, "encoded text", unpacked_trouble(reader->unpacked));
        return false;
    }
    return true;
}

/* False: a cap was hit, and what follows is not decoded. */
static bool decode_again(PartReader *reader, const MimePart *part, const char *data, gsize length)
{
    GByteArray *decoded = g_byte_array_new();
    TransferDecoder decoder = {.encoding = TRANSFER_BASE64};
    transfer_decode(&decoder, data, length, decoded);
    const char *what = sniff_magic((const char *)decoded->data, decoded->len);
    if (is_something(decoded)) {
        return add_decoded(reader, part, decoded);
    }
    reader->has_picture = reader->has_picture || (what != NULL && strstr(what, "picture") != NULL);
    g_byte_array_unref(decoded);
    return true;
}

/* Words within lines, where nothing else showed a code. */
static void read_encoded_words(PartReader *reader, const MimePart *part, const char *data,
                               gsize length)
{
    gsize at = 0;
    gsize size = 0;
    bool more = true;
    while (more && !text_sink_is_satisfied(&reader->sink) &&
           transfer_find_base64_word(data, length, &at, &size)) {
        g_autoptr(GString) word = transfer_unescape_word(data + at, size);
        more = decode_again(reader, part, word->str, word->len);
        at += size;
    }
}

/* Runs of lines; false: a cap was hit. */
static bool read_encoded_lines(PartReader *reader, const MimePart *part, const char *data,
                               gsize length)
{
    gsize at = 0;
    gsize size = 0;
    bool more = true;
    while (more && transfer_find_base64(data, length, &at, &size)) {
        more = decode_again(reader, part, data + at, size);
        at += size;
    }
    return more;
}

/* The same where numbers stand before the lines, so that each of them is a word. */
static void read_numbered_lines(PartReader *reader, const MimePart *part, const char *data,
                                gsize length)
{
    gsize at = 0;
    gsize size = 0;
    if (text_sink_is_satisfied(&reader->sink) ||
        !transfer_find_base64_word(data, length, &at, &size)) {
        return;
    }
    g_autoptr(GString) plain = transfer_without_numbers(data, length);
    if (plain != NULL) {
        (void)read_encoded_lines(reader, part, plain->str, plain->len);
    }
}

/* A program encoded twice, named no encoding or a wrong one, or a mail was pasted as its source:
 * looked for in what a person sees. */
static void read_encoded_again(PartReader *reader, const MimePart *part, const char *data,
                               gsize length)
{
    if (!unpacked_begin(reader->unpacked, length, reader->depth)) {
        note_unsearched(reader, part, "encoded text", unpacked_trouble(reader->unpacked));
        return;
    }
    (void)read_encoded_lines(reader, part, data, length);
    read_numbered_lines(reader, part, data, length);
    read_encoded_words(reader, part, data, length);
}

/* ---- texts ---- */

/* What is done with the text of a part. An export does not change what came out of a packing, but
 * what we can unpack changes: only the packing itself is digested. */
static unsigned use_of(const PartReader *reader, const MimePart *part)
{
    if (reader->only_search) {
        return TEXT_SINK_SEARCH;
    }
    return (reader->depth == 0 ? TEXT_SINK_DIGEST : 0U) |
           (part->attached ? TEXT_SINK_BESIDE : TEXT_SINK_SHOW);
}

/* Takes the parts out of a packing, or out of what stands in a text. */
static void unpack(PartReader *reader, const MimePart *part, const PackedKind *kind,
                   const char *data, gsize length)
{
    if (unpacked_begin(reader->unpacked, length, reader->depth)) {
        kind->unpack(data, length, reader->unpacked);
    }
    if (unpacked_trouble(reader->unpacked) != NULL) {
        note_unsearched(reader, part, kind->what, unpacked_trouble(reader->unpacked));
    }
}

static void unpack_within(PartReader *reader, const MimePart *part, const char *text, gsize length)
{
    const PackedKind *kind = packed_kind_within(NULL, text, length);
    for (; kind != NULL; kind = packed_kind_within(kind, text, length)) {
        unpack(reader, part, kind, text, length);
    }
}

/* Takes the dumps of codes out of a text; what is left of it, NULL: all. */
static GString *unpack_dumps(PartReader *reader, const MimePart *part, const char *text,
                             gsize length)
{
    GString *rest = NULL;
    if (!hex_dump_is_in(text, length)) {
        return NULL;
    }
    if (unpacked_begin(reader->unpacked, length, reader->depth)) {
        rest = hex_dump_unpack(text, length, reader->unpacked);
    }
    if (unpacked_trouble(reader->unpacked) != NULL) {
        note_unsearched(reader, part, "a hex dump", unpacked_trouble(reader->unpacked));
    }
    return rest;
}

/* Takes a text as a person reads it. */
static void take_text(PartReader *reader, const MimePart *part, unsigned use, const char *text,
                      gsize length)
{
    g_autoptr(GString) unescaped = clear_signed_read(text, length);
    g_autoptr(GString) rest = unpack_dumps(reader, part, text, length);
    if (unescaped != NULL) {
        text_sink_take(&reader->sink, use, unescaped->str, unescaped->len);
    } else {
        text_sink_take_part(&reader->sink, use, text, length, rest);
    }
    if ((use & TEXT_SINK_DIGEST) != 0) {
        text_sink_digest(&reader->sink, text, length);
    }
    unpack_within(reader, part, text, length);
    read_encoded_again(reader, part, text, length);
}

static void read_html(PartReader *reader, const MimePart *part, const char *html, gsize length)
{
    g_autoptr(GString) hidden = g_string_new(NULL);
    g_autoptr(GString) plain = html_text(html, length, &reader->pages, hidden);
    if (reader->pages.cut) {
        note_unsearched(reader, part, "HTML",
                        "what stands behind too many tags, attributes or nested elements");
    }
    key_watch_text(&reader->sink.watch, html, length); /* what it does not show counts too */
    take_text(reader, part, use_of(reader, part) | TEXT_SINK_HTML, plain->str, plain->len);
    read_encoded_words(reader, part, html, length); /* what a link or a picture holds in itself */
    text_sink_take_unseen(&reader->sink, hidden->str, hidden->len);
    if (!first_look_may_begin(hidden->str,
                              hidden->len)) { /* else a link may be one that it hides */
        text_sink_take_links(&reader->sink, html, length);
    }
}

/* Whether a character set that shifts (UTF-7) has made other letters of ASCII: what a program
 * encoded in base64 after its text was in that set is to be found in the bytes alone. */
static bool is_shifted(const CharsetText *text, const char *data, gsize length)
{
    if (length == 0 || (text->length == length && memcmp(text->text, data, length) == 0)) {
        return false;
    }
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isprint(data[i]) && !g_ascii_isspace(data[i])) {
            return false;
        }
    }
    return true;
}

/* Decoded text of one part, whole. */
static void read_text(PartReader *reader, const MimePart *part, const char *data, gsize length)
{
    g_auto(CharsetText) text = charset_read(part->charset, data, length);
    if (part_kind_is_html(part, text.text, text.length)) {
        read_html(reader, part, text.text, text.length);
    } else {
        take_text(reader, part, use_of(reader, part), text.text, text.length);
    }
    if (is_shifted(&text, data, length)) {
        read_encoded_again(reader, part, data, length);
    }
}

/* A part that is too long to hold decoded: searched piece by piece. */
static void read_pieces(PartReader *reader, const MimePart *part, TransferEncoding encoding)
{
    TransferDecoder decoder = {.encoding = encoding};
    g_autoptr(GByteArray) decoded = g_byte_array_new();
    gsize overlap = 0;
    for (gsize at = 0; at < part->length;) {
        gsize size = transfer_piece_length(part->data + at, part->length - at, PIECE_SIZE);
        transfer_decode(&decoder, part->data + at, size, decoded);
        at += size;
        const char *data = (const char *)decoded->data;
        g_auto(CharsetText) text = charset_read(part->charset, data, decoded->len);
        const unsigned use = use_of(reader, part);
        text_sink_take(&reader->sink, use, text.text, text.length);
        if ((use & TEXT_SINK_DIGEST) != 0) {
            text_sink_digest(&reader->sink, data + overlap, decoded->len - overlap);
        }
        overlap = MIN(decoded->len, FINDER_OVERLAP);
        g_byte_array_remove_range(decoded, 0, decoded->len - (guint)overlap);
    }
}

/* ---- parts ---- */

/* A part's content with its transfer encoding undone; `owned` holds it where that took a copy. */
typedef struct {
    const char *data;
    gsize length;
    GByteArray *owned;
} Content;

static Content decode(const MimePart *part, TransferEncoding encoding, gsize most)
{
    if (encoding == TRANSFER_AS_IS) {
        return (Content){part->data, MIN(part->length, most), NULL};
    }
    GByteArray *decoded = g_byte_array_new();
    TransferDecoder decoder = {.encoding = encoding};
    transfer_decode(&decoder, part->data, transfer_piece_length(part->data, part->length, most),
                    decoded);
    return (Content){(const char *)decoded->data, decoded->len, decoded};
}

static void content_clear(Content *content)
{
    g_clear_pointer(&content->owned, g_byte_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Content, content_clear)

static GByteArray *content_steal(Content *content)
{
    if (content->owned == NULL) {
        content->owned = g_byte_array_sized_new((guint)content->length);
        g_byte_array_append(content->owned, (const guint8 *)content->data, (guint)content->length);
    }
    return g_steal_pointer(&content->owned);
}

/* Undoes quoted-printable that nothing calls so, or that was done twice. */
static void undo_quoted(Content *content)
{
    if (transfer_looks_quoted(content->data, content->length)) {
        GByteArray *decoded = g_byte_array_new();
        TransferDecoder decoder = {.encoding = TRANSFER_QUOTED_PRINTABLE};
        transfer_decode(&decoder, content->data, content->length, decoded);
        content_clear(content);
        *content = (Content){(const char *)decoded->data, decoded->len, decoded};
    }
}

static void read_whole(PartReader *reader, const MimePart *part, TransferEncoding encoding)
{
    g_auto(Content) content = decode(part, encoding, part->length);
    if (content.length == 0) {
        return;
    }
    if (part_kind_is_mail(part, content.data, content.length)) {
        if (!unpacked_add_mail(reader->unpacked, content_steal(&content), reader->depth)) {
            reader->trouble = "it encloses too many mails";
        }
        return;
    }
    undo_quoted(&content);
    read_text(reader, part, content.data, content.length);
}

static void digest_as_it_stands(PartReader *reader, const MimePart *part)
{
    const bool wanted = (use_of(reader, part) & TEXT_SINK_DIGEST) != 0;
    for (gsize at = 0; wanted && at < part->length; at += PIECE_SIZE) {
        text_sink_digest(&reader->sink, part->data + at, MIN(part->length - at, PIECE_SIZE));
    }
}

static void pass_over(PartReader *reader, const MimePart *part, const char *what)
{
    const bool paper = strstr(what, "PDF") != NULL; /* a print or a scan, mostly */
    reader->has_picture = reader->has_picture || paper || g_str_has_prefix(part->type, "image/") ||
                          strstr(what, "picture") != NULL;
    note_unsearched(reader, part, what, paper ? "ask for it as text" : NULL);
    digest_as_it_stands(reader, part);
}

static void read_packed(PartReader *reader, const MimePart *part, TransferEncoding encoding,
                        const PackedKind *kind)
{
    g_auto(Content) content = decode(part, encoding, part->length);
    unpack(reader, part, kind, content.data, content.length);
    digest_as_it_stands(reader, part);
}

/* Says that a part stands for something that is not in this mail: nobody fetches what a stranger
 * names (RFC 2046 section 5.2.3), and the other pieces of a mail that was split (section 5.2.2) may
 * never come. What is here of it is read all the same. */
static void note_elsewhere(PartReader *reader, const MimePart *part)
{
    const bool named = strcmp(part->type, "message/external-body") == 0;
    if (named || strcmp(part->type, "message/partial") == 0) {
        note_unsearched(reader, part,
                        named ? "a file that is kept elsewhere"
                              : "one piece of a mail that was split",
                        "ask for it as text");
    }
}

bool part_reader_read(PartReader *reader, const MimePart *part)
{
    note_elsewhere(reader, part);
    TransferEncoding encoding = transfer_encoding_read(part->encoding);
    g_auto(Content) head = decode(part, encoding, HEAD_SIZE);
    if (part->name != NULL) {
        key_watch_text(&reader->sink.watch, part->name, strlen(part->name));
    }
    const PackedKind *kind = packed_kind(head.data, head.length);
    if (kind != NULL) {
        read_packed(reader, part, encoding, kind);
        return encoding == TRANSFER_BASE64;
    }
    const char *what = part_kind_unless_text(part, head.data, head.length);
    if (what != NULL) {
        pass_over(reader, part, what);
        return encoding == TRANSFER_BASE64;
    }
    if (part->length > WHOLE_SIZE && !part_kind_is_html(part, head.data, head.length)) {
        read_pieces(reader, part, encoding);
    } else {
        read_whole(reader, part, encoding);
    }
    return true;
}

/* What a header would say of parts that begin with their first boundary; NULL: none does. */
static char *header_of_parts(const GByteArray *parts)
{
    const char *line = (const char *)parts->data;
    const char *end = line + parts->len;
    while (line < end && g_ascii_isspace(*line)) {
        line++;
    }
    gsize length = 0;
    while (line + length < end && !g_ascii_iscntrl(line[length]) && line[length] != '"') {
        length++;
    }
    if (length < 3 || memcmp(line, "--", 2) != 0) {
        return NULL;
    }
    return g_strdup_printf("Content-Type: multipart/mixed; boundary=\"%.*s\"\n\n",
                           (int)MIN(length - 2, LONGEST_BOUNDARY), line + 2);
}

static bool add_parts(PartReader *reader, GByteArray *parts)
{
    g_autofree char *header = header_of_parts(parts);
    if (header != NULL) {
        g_byte_array_prepend(parts, (const guint8 *)header, (guint)strlen(header));
    }
    return unpacked_add(reader->unpacked, header != NULL ? UNPACKED_ENTITY : UNPACKED_FILE, NULL,
                        NULL, parts);
}

void part_reader_read_between(PartReader *reader, const char *data, gsize length)
{
    gsize at = 0;
    gsize size = 0;
    bool more = true;
    while (more && transfer_find_base64(data, length, &at, &size) &&
           unpacked_begin(reader->unpacked, size, reader->depth)) {
        GByteArray *decoded = g_byte_array_new();
        TransferDecoder decoder = {.encoding = TRANSFER_BASE64};
        transfer_decode(&decoder, data + at, size, decoded);
        at += size;
        if (is_something(decoded)) {
            more = add_parts(reader, decoded);
        } else {
            g_byte_array_unref(decoded);
        }
    }
}

void part_reader_read_unpacked(PartReader *reader, const UnpackedPart *part)
{
    const MimePart plain = {.data = (const char *)part->data->data,
                            .length = part->data->len,
                            .type = part->type,
                            .charset = part->charset,
                            .name = part->name,
                            .attached = part->as == UNPACKED_FILE};
    (void)part_reader_read(reader, &plain);
}
