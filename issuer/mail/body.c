#include "mail/body.h"

#include "mail/charset.h"
#include "mail/headers.h"
#include "mail/html_text.h"
#include "mail/key_watch.h"
#include "mail/mail_reader.h"
#include "mail/mime.h"
#include "mail/sniff.h"
#include "mail/transfer.h"

#include <string.h>

#define WHOLE_SIZE   (4UL * 1024 * 1024) /* bytes; a longer part is read in pieces */
#define PIECE_SIZE   (256UL * 1024)
#define HEAD_SIZE    8192          /* bytes decoded to tell what a part is */
#define SHOWN_SIZE   (64UL * 1024) /* bytes kept for a person */
#define MAX_ENCLOSED 32            /* mails that are encoded parts */

struct Body {
    Finder *finder;
    KeyWatch watch;
    GChecksum *digest;
    GString *shown;
    bool shown_is_html; /* a plain text may still take its place */
    bool has_picture;
    char *unsearched;
    const char *trouble;
    bool only_search;    /* what is read now is neither shown nor digested */
    GPtrArray *enclosed; /* of GByteArray: mails that were encoded parts */
    guint next_enclosed; /* the first of them that is not yet read */
};

static void bytes_free(gpointer bytes)
{
    g_byte_array_unref(bytes);
}

Body *body_new(bool search, bool digest)
{
    Body *body = g_new0(Body, 1);
    body->finder = search ? finder_new() : NULL;
    body->digest = digest ? g_checksum_new(G_CHECKSUM_SHA256) : NULL;
    body->shown = g_string_new(NULL);
    body->enclosed = g_ptr_array_new_with_free_func(bytes_free);
    return body;
}

void body_free(Body *body)
{
    if (body == NULL) {
        return;
    }
    finder_free(body->finder);
    g_clear_pointer(&body->digest, g_checksum_free);
    g_string_free(body->shown, TRUE);
    g_ptr_array_unref(body->enclosed);
    g_free(body->unsearched);
    g_free(body);
}

/* Digests text without white space, and without the ">" that mailboxes put before "From ": so all
 * exports of a mail agree. */
static void digest_text(Body *body, const char *text, gsize length)
{
    bool line_start = true;
    bool wanted = body->digest != NULL && !body->only_search;
    for (gsize i = 0; wanted && i < length; i++) {
        gsize marks = i;
        while (line_start && marks < length && text[marks] == '>') {
            marks++;
        }
        if (marks > i && length - marks >= 5 && memcmp(text + marks, "From ", 5) == 0) {
            i = marks;
        }
        line_start = text[i] == '\n';
        if (!g_ascii_isspace(text[i])) {
            g_checksum_update(body->digest, (const guchar *)text + i, 1);
        }
    }
}

static void search_text(Body *body, const char *text, gsize length)
{
    key_watch_text(&body->watch, text, length);
    if (body->finder != NULL) {
        finder_add_text(body->finder, text, length);
    }
}

static bool has_intact(const Body *body)
{
    return body->finder == NULL || finder_has_intact(body->finder);
}

/* Keeps the first text for a person; a plain text takes the place of an HTML one. */
static void show_text(Body *body, const char *text, gsize length, bool is_html)
{
    bool better = body->shown->len == 0 || (body->shown_is_html && !is_html);
    if (better && length > 0 && !body->only_search) {
        g_string_truncate(body->shown, 0);
        g_string_append_len(body->shown, text, (gssize)MIN(length, SHOWN_SIZE));
        body->shown_is_html = is_html;
    }
}

static bool is_html(const MimePart *part, const char *data, gsize length)
{
    if (strcmp(part->type, "text/html") == 0 || strcmp(part->type, "application/xhtml+xml") == 0) {
        return true;
    }
    gsize look = MIN(length, 1024);
    return memmem(data, look, "<html", 5) != NULL || memmem(data, look, "<HTML", 5) != NULL ||
           memmem(data, look, "<!DOCTYPE html", 14) != NULL;
}

/* Decoded text of one part, whole. */
static void read_text(Body *body, const MimePart *part, const char *data, gsize length)
{
    g_auto(CharsetText) text = charset_read(part->charset, data, length);
    if (is_html(part, text.text, text.length)) {
        g_autoptr(GString) plain = html_text(text.text, text.length);
        key_watch_text(&body->watch, text.text, text.length); /* what it does not show counts too */
        search_text(body, plain->str, plain->len);
        digest_text(body, plain->str, plain->len);
        if (!part->attached) {
            show_text(body, plain->str, plain->len, true);
        }
        return;
    }
    search_text(body, text.text, text.length);
    digest_text(body, text.text, text.length);
    if (!part->attached) {
        show_text(body, text.text, text.length, false);
    }
}

/* Whether decoded content is a mail of its own, whatever its type says. */
static bool is_mail(const MimePart *part, const char *data, gsize length)
{
    static const char *const usual[] = {"mime-version", "message-id", "received", "content-type"};
    bool named = g_str_has_prefix(part->type, "message/rfc822") ||
                 g_str_has_prefix(part->type, "message/global");
    if (!named && sniff_file(data, MIN(length, SNIFF_SIZE)) != SNIFF_MESSAGE) {
        return false;
    }
    g_autoptr(Headers) headers = headers_read(data, MIN(length, SHOWN_SIZE));
    unsigned count = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++) {
        count += headers_first(headers, usual[i]) != NULL;
    }
    return count > 0 && (headers_first(headers, "from") != NULL || count > 1);
}

/* Text that still looks encoded: a program encoded twice, or named no encoding. */
static void read_encoded_again(Body *body, const MimePart *part, const char *data, gsize length)
{
    if (has_intact(body) || !transfer_looks_base64(data, length)) {
        return;
    }
    g_autoptr(GByteArray) again = g_byte_array_new();
    TransferDecoder decoder = {.encoding = TRANSFER_BASE64};
    transfer_decode(&decoder, data, length, again);
    const char *decoded = (const char *)again->data;
    if (again->len > 0 && sniff_is_text(decoded, again->len)) {
        g_auto(CharsetText) text = charset_read(part->charset, decoded, again->len);
        search_text(body, text.text, text.length);
    }
}

static void read_whole(Body *body, const MimePart *part, TransferEncoding encoding)
{
    g_autoptr(GByteArray) decoded = g_byte_array_new();
    const char *data = part->data;
    gsize length = part->length;
    if (encoding != TRANSFER_AS_IS) {
        TransferDecoder decoder = {.encoding = encoding};
        transfer_decode(&decoder, part->data, part->length, decoded);
        data = (const char *)decoded->data;
        length = decoded->len;
    }
    if (length == 0) {
        return;
    }
    if (is_mail(part, data, length)) {
        if (encoding == TRANSFER_AS_IS) {
            g_byte_array_append(decoded, (const guint8 *)data, (guint)length);
        }
        g_ptr_array_add(body->enclosed, g_steal_pointer(&decoded));
        return;
    }
    read_text(body, part, data, length);
    if (!transfer_encoding_is_known(part->encoding) && !has_intact(body)) {
        TransferDecoder decoder = {.encoding = TRANSFER_QUOTED_PRINTABLE};
        g_byte_array_set_size(decoded, 0);
        transfer_decode(&decoder, part->data, part->length, decoded);
        search_text(body, (const char *)decoded->data, decoded->len);
    }
    read_encoded_again(body, part, data, length);
}

/* A part that is too long to hold decoded: searched piece by piece, tags and all. */
static void read_pieces(Body *body, const MimePart *part, TransferEncoding encoding)
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
        search_text(body, text.text, text.length);
        digest_text(body, data + overlap, decoded->len - overlap);
        if (!part->attached) {
            show_text(body, text.text, text.length, is_html(part, text.text, text.length));
        }
        overlap = MIN(decoded->len, FINDER_OVERLAP);
        g_byte_array_remove_range(decoded, 0, decoded->len - (guint)overlap);
    }
}

/* What the beginning of a part's content is, if it is no text. What is called text may hold
 * anything that no file type begins with: zero bytes do not make it binary. */
static const char *name_unless_text(const MimePart *part, const char *data, gsize length)
{
    if (length == 0) {
        return NULL;
    }
    return g_str_has_prefix(part->type, "text/") ? sniff_magic(data, length)
                                                 : sniff_name(data, length);
}

static const char *why_no_text(const MimePart *part, TransferEncoding encoding)
{
    if (encoding == TRANSFER_AS_IS) {
        return name_unless_text(part, part->data, MIN(part->length, HEAD_SIZE));
    }
    g_autoptr(GByteArray) head = g_byte_array_new();
    TransferDecoder decoder = {.encoding = encoding};
    gsize look = transfer_piece_length(part->data, part->length, HEAD_SIZE);
    transfer_decode(&decoder, part->data, look, head);
    return name_unless_text(part, (const char *)head->data, head->len);
}

static void pass_over(Body *body, const MimePart *part, const char *what)
{
    body->has_picture = body->has_picture || g_str_has_prefix(part->type, "image/") ||
                        strstr(what, "picture") != NULL;
    if (body->unsearched == NULL) {
        body->unsearched =
            g_strdup_printf("%s (%s)", part->name == NULL ? "a part" : part->name, what);
    }
    for (gsize at = 0; body->digest != NULL && at < part->length; at += PIECE_SIZE) {
        digest_text(body, part->data + at, MIN(part->length - at, PIECE_SIZE));
    }
}

/* Reads a part; false if it holds bytes that were not read and may be text as they stand. */
static bool read_part(Body *body, const MimePart *part)
{
    TransferEncoding encoding = transfer_encoding_read(part->encoding);
    const char *what = why_no_text(part, encoding);
    if (part->name != NULL) {
        key_watch_text(&body->watch, part->name, strlen(part->name));
    }
    if (what != NULL) {
        pass_over(body, part, what);
        return encoding == TRANSFER_BASE64;
    }
    if (part->length > WHOLE_SIZE) {
        read_pieces(body, part, encoding);
    } else {
        read_whole(body, part, encoding);
    }
    return true;
}

/* Reads the parts of the mail in `data`, and watches what stands around them. */
static void read_parts(Body *body, const GPtrArray *parts, const char *data, gsize length)
{
    const char *at = data;
    const char *end = data + length;
    for (guint i = 0; i < parts->len; i++) {
        const MimePart *part = g_ptr_array_index(parts, i);
        if (read_part(body, part) && part->data >= at) {
            key_watch_around(&body->watch, at, (gsize)(part->data - at));
            at = part->data + part->length;
        }
    }
    key_watch_around(&body->watch, at, (gsize)(end - at));
}

/* Reads the mail in `data`, part by part. */
static void read_mail(Body *body, char *data, gsize length)
{
    const char *why = NULL;
    g_autoptr(GPtrArray) parts = mime_parts(data, length, &why);
    if (parts == NULL) {
        body->trouble = why;
    } else {
        read_parts(body, parts, data, length);
    }
}

/* Reads the mails that were found within encoded parts; they may hold further ones. */
static void read_enclosed(Body *body)
{
    while (body->next_enclosed < body->enclosed->len) {
        if (body->next_enclosed >= MAX_ENCLOSED) {
            body->trouble = "it encloses too many mails";
            return;
        }
        GByteArray *mail = g_ptr_array_index(body->enclosed, body->next_enclosed++);
        read_mail(body, (char *)mail->data, mail->len);
    }
}

/* Old programs put files into the text itself; these are not unpacked. */
static void note_uuencoded(Body *body, const char *data, gsize length)
{
    const char *hit = memmem(data, length, "\nbegin ", 7);
    gsize left = hit == NULL ? 0 : length - (gsize)(hit - data);
    bool mode = left > 12 && g_ascii_isdigit(hit[7]) && g_ascii_isdigit(hit[8]) &&
                g_ascii_isdigit(hit[9]) && hit[10] == ' ';
    if (mode && body->unsearched == NULL) {
        body->unsearched = g_strdup("a file within the text (uuencode)");
    }
}

/* Where the structure showed no code: what looks like parts, then the mail as it stands. */
static void search_rest(Body *body, const char *data, gsize length)
{
    g_autoptr(GPtrArray) loose = mime_loose_parts(data, length);
    body->only_search = true;
    for (guint i = 0; i < loose->len; i++) {
        (void)read_part(body, g_ptr_array_index(loose, i));
    }
    read_enclosed(body);
    for (gsize at = 0; at < length && !has_intact(body); at += PIECE_SIZE - FINDER_OVERLAP) {
        finder_add_text(body->finder, data + at, MIN(length - at, PIECE_SIZE));
    }
    note_uuencoded(body, data, length);
}

void body_read(Body *body, char *data, gsize length)
{
    body->watch.around = length <= MAIL_STORED_RAW;
    read_mail(body, data, length);
    read_enclosed(body);
    if (body->trouble != NULL) {
        key_watch_around(&body->watch, data, length);
        key_watch_lines(&body->watch, data, length);
    } else if (!has_intact(body)) {
        search_rest(body, data, length);
    }
}

const char *body_trouble(const Body *body)
{
    return body->trouble;
}

const GString *body_text(const Body *body)
{
    return body->shown;
}

Finder *body_finder(Body *body)
{
    return body->finder;
}

bool body_shows_license_key(const Body *body)
{
    return body->watch.seen;
}

bool body_has_picture(const Body *body)
{
    return body->has_picture;
}

const char *body_unsearched(const Body *body)
{
    return body->unsearched;
}

const char *body_digest(const Body *body)
{
    return body->digest == NULL ? NULL : g_checksum_get_string(body->digest);
}
