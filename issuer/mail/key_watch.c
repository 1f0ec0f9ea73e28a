#include "mail/key_watch.h"

#include "core/license_key_scan.h"
#include "mail/mime.h"
#include "mail/transfer.h"

#include <string.h>

void key_watch_text(KeyWatch *watch, const char *text, gsize length)
{
    watch->seen = watch->seen || license_key_scan_has(text, length);
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
