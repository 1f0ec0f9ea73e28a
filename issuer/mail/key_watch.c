#include "mail/key_watch.h"

#include "core/license_key_scan.h"
#include "mail/mime.h"
#include "mail/transfer.h"

#include <string.h>

/* Of a long text, since the scan remembers all groups that stand beside each other. */
#define PIECE_SIZE (256UL * 1024) /* bytes */
#define OVERLAP    1024           /* bytes; a key takes less */

/* Where a long text may be cut: behind a blank among the last bytes of the piece. */
static gsize piece_length(const char *text, gsize length)
{
    gsize end = MIN(length, PIECE_SIZE);
    while (end < length && end > PIECE_SIZE - OVERLAP && !g_ascii_isspace(text[end - 1])) {
        end--;
    }
    return end;
}

void key_watch_text(KeyWatch *watch, const char *text, gsize length)
{
    for (gsize at = 0; at < length && !watch->seen;) {
        const gsize piece = piece_length(text + at, length - at);
        watch->seen = license_key_scan_has(text + at, piece);
        at += at + piece == length ? piece : piece - OVERLAP;
    }
}

/* As text that ends where it ends: zero bytes are blanks. */
static GString *text_of(const char *data, gsize length)
{
    GString *text = g_string_new_len(data, (gssize)length);
    for (gsize i = 0; i < length; i++) {
        if (text->str[i] == '\0') {
            text->str[i] = ' ';
        }
    }
    return text;
}

void key_watch_around(KeyWatch *watch, const char *data, gsize length)
{
    if (!watch->around || length == 0) {
        return;
    }
    key_watch_text(watch, data, length);
    if (!watch->seen && memmem(data, length, "=?", 2) != NULL) {
        g_autoptr(GString) text = text_of(data, length);
        g_autofree char *decoded = mime_decode_words(text->str);
        key_watch_text(watch, decoded, strlen(decoded));
    }
}

void key_watch_lines(KeyWatch *watch, const char *data, gsize length)
{
    static const TransferEncoding encodings[] = {TRANSFER_AS_IS, TRANSFER_BASE64,
                                                 TRANSFER_QUOTED_PRINTABLE};
    for (gsize i = 0; i < G_N_ELEMENTS(encodings) && watch->around && !watch->seen; i++) {
        g_autoptr(GByteArray) decoded = g_byte_array_new();
        TransferDecoder decoder = {.encoding = encodings[i]};
        transfer_decode(&decoder, data, length, decoded);
        key_watch_text(watch, (const char *)decoded->data, decoded->len);
    }
}
