#include "mail/uuencode.h"

#include "base/bytes.h"
#include "mail/transfer.h"

#include <string.h>

#define MOST_BYTES 45   /* of one line */
#define LEAST      11   /* characters of "begin 644 x" */
#define YENC_LINE  1024 /* bytes of the line that begins a file in yEnc */
#define MORE       2    /* characters that some programs put behind a line, such as a checksum */

/* Where a line "begin 644 NAME" stands in a line of text. */
typedef struct {
    gsize mark; /* bytes of quoting before it */
    bool base64;
    const char *name;
    gsize name_length;
} Begin;

static bool is_quoting(char c)
{
    return c == '>' || c == ' ' || c == '|' || c == '\t';
}

static gsize trimmed_length(const char *line, gsize length)
{
    while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == '\n')) {
        length--;
    }
    return length;
}

static bool read_begin(const char *line, gsize length, Begin *begin)
{
    gsize at = 0;
    while (at < length && is_quoting(line[at])) {
        at++;
    }
    begin->mark = at;
    if (length - at < LEAST || memcmp(line + at, "begin", 5) != 0) {
        return false;
    }
    at += 5;
    begin->base64 = memcmp(line + at, "-base64", 7) == 0;
    at += begin->base64 ? 7 : 0;
    gsize digits = 0;
    for (at += 1; at + digits < length && line[at + digits] >= '0' && line[at + digits] <= '7';) {
        digits++;
    }
    if (line[at - 1] != ' ' || digits < 3 || digits > 4 || at + digits + 1 >= length ||
        line[at + digits] != ' ') {
        return false;
    }
    begin->name = line + at + digits + 1;
    begin->name_length = length - (at + digits + 1);
    return true;
}

/* The line at `text` without its end; `*size` with it. */
static gsize line_at(const char *text, gsize left, gsize *size)
{
    const char *end = memchr(text, '\n', left);
    *size = end == NULL ? left : (gsize)(end + 1 - text);
    return trimmed_length(text, *size);
}

bool uuencode_is_in(const char *text, gsize length)
{
    const char *const end = text + length;
    const char *hit = text;
    while ((hit = bytes_find(hit, (gsize)(end - hit), "begin", 5)) != NULL) {
        const char *line = hit;
        while (line > text && is_quoting(line[-1])) {
            line--;
        }
        gsize size = 0;
        Begin begin;
        if ((line == text || line[-1] == '\n') &&
            read_begin(line, line_at(line, (gsize)(end - line), &size), &begin)) {
            return true;
        }
        hit += 5;
    }
    return false;
}

static guint8 six_bits(const char *line, gsize length, gsize at)
{
    return at < length ? (guint8)((line[at] - ' ') & 63) : 0; /* blanks at its end were cut off */
}

/* Whether all of a line may be encoded bytes, its first character telling how many. */
static bool is_encoded(const char *line, gsize length)
{
    if (length == 0) {
        return false;
    }
    const gsize bytes = six_bits(line, length, 0);
    for (gsize i = 0; i < length; i++) {
        if (line[i] < ' ' || line[i] > '`') {
            return false;
        }
    }
    return bytes <= MOST_BYTES && length <= 1 + (bytes + 2) / 3 * 4 + MORE;
}

static void decode_line(const char *line, gsize length, GByteArray *out)
{
    guint left = six_bits(line, length, 0);
    for (gsize at = 1; left > 0; at += 4) {
        guint32 group = 0;
        for (gsize i = 0; i < 4; i++) {
            group = group << 6 | six_bits(line, length, at + i);
        }
        const guint8 bytes[] = {(guint8)(group >> 16), (guint8)(group >> 8), (guint8)group};
        g_byte_array_append(out, bytes, MIN(left, 3));
        left -= MIN(left, 3);
    }
}

/* A file that is being read. */
typedef struct {
    Begin begin;
    GByteArray *bytes; /* NULL: none is */
} File;

/* Ends the file; false if no more may be added. */
static bool finish(File *file, Unpacked *unpacked)
{
    GByteArray *bytes = g_steal_pointer(&file->bytes);
    if (bytes == NULL || bytes->len == 0) {
        g_clear_pointer(&bytes, g_byte_array_unref);
        return true;
    }
    if (file->begin.base64) {
        GByteArray *decoded = g_byte_array_new();
        TransferDecoder decoder = {.encoding = TRANSFER_BASE64};
        transfer_decode(&decoder, (const char *)bytes->data, bytes->len, decoded);
        g_byte_array_unref(bytes);
        bytes = decoded;
    }
    g_autofree char *name = g_strndup(file->begin.name, file->begin.name_length);
    return unpacked_add(unpacked, UNPACKED_FILE, name, NULL, bytes);
}

/* What a mail program put before this line too, as it did before the first. */
static gsize mark_length(const File *file, const char *line, gsize length)
{
    gsize at = 0;
    while (at < length && at < file->begin.mark && is_quoting(line[at])) {
        at++;
    }
    return at == file->begin.mark || at == length ? at : 0;
}

static void read_line(File *file, const char *line, gsize length)
{
    const gsize mark = mark_length(file, line, length);
    line += mark;
    length -= mark;
    if (file->begin.base64) {
        g_byte_array_append(file->bytes, (const guint8 *)line, (guint)length);
        g_byte_array_append(file->bytes, (const guint8 *)"\n", 1);
    } else if (is_encoded(line, length)) {
        decode_line(line, length, file->bytes);
    }
}

static bool is_end(const File *file, const char *line, gsize length)
{
    const char *word = file->begin.base64 ? "====" : "end";
    const gsize size = strlen(word);
    return length >= file->begin.mark + size && memcmp(line + file->begin.mark, word, size) == 0 &&
           (length == file->begin.mark + size || line[file->begin.mark + size] == ' ');
}

void uuencode_unpack(const char *text, gsize length, Unpacked *unpacked)
{
    File file = {.bytes = NULL};
    bool more = true;
    for (gsize at = 0; at < length && more;) {
        gsize size = 0;
        const char *line = text + at;
        const gsize inner = line_at(line, length - at, &size);
        Begin begin;
        if (read_begin(line, inner, &begin)) {
            more = finish(&file, unpacked);
            file = (File){begin, g_byte_array_new()};
        } else if (file.bytes != NULL && is_end(&file, line, inner)) {
            more = finish(&file, unpacked);
        } else if (file.bytes != NULL) {
            read_line(&file, line, inner);
        }
        at += size;
    }
    if (more) {
        (void)finish(&file, unpacked);
    }
    g_clear_pointer(&file.bytes, g_byte_array_unref);
}

bool uuencode_is_yenc_in(const char *text, gsize length)
{
    static const char start[] = "=ybegin ";
    const char *at = bytes_find(text, length, start, sizeof start - 1);
    return at != NULL && (at == text || at[-1] == '\n') &&
           memmem(at, MIN(length - (gsize)(at - text), YENC_LINE), " name=", 6) != NULL;
}

void uuencode_refuse_yenc(const char *text, gsize length, Unpacked *unpacked)
{
    (void)text;
    (void)length;
    unpacked_fail(unpacked, "ask for it as text, or attached");
}
