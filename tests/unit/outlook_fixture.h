/* Looks into the mails that are made of Outlook's. */
#ifndef ISSUER_TESTS_OUTLOOK_FIXTURE_H
#define ISSUER_TESTS_OUTLOOK_FIXTURE_H

#include "mail/mime.h"
#include "mail/transfer.h"

#include <glib.h>
#include <string.h>

/* "Hello from rich text", compressed (MS-OXRTFCP 4.1.1): its text is "hello world". */
static const guint8 outlook_rich_text[] = {
    0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xf1,
    0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32,
    0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62,
    0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0};

static inline char *outlook_decoded(const MimePart *part)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    TransferDecoder decoder = {.encoding = transfer_encoding_read(part->encoding)};
    transfer_decode(&decoder, part->data, part->length, bytes);
    return g_strndup((const char *)bytes->data, bytes->len);
}

/* The parts of a mail, a line each: "text/plain utf-8 [name]: content". New string. */
static inline char *outlook_parts(GByteArray *mail)
{
    const char *why = NULL;
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autoptr(GPtrArray) parts = mime_parts((char *)mail->data, mail->len, &why);
    for (guint i = 0; parts != NULL && i < parts->len; i++) {
        const MimePart *part = g_ptr_array_index(parts, i);
        g_autofree char *content = outlook_decoded(part);
        g_string_append_printf(lines, "%s %s [%s]: %s\n", part->type,
                               part->charset == NULL ? "-" : part->charset,
                               part->name == NULL ? "" : part->name, content);
    }
    g_string_append(lines, why == NULL ? "" : why);
    return g_strdup(lines->str);
}

/* The header block of a mail, with "\n" at the ends of lines. New string. */
static inline char *outlook_head(const GByteArray *mail)
{
    g_autoptr(GString) head = g_string_new_len((const char *)mail->data, (gssize)mail->len);
    g_string_replace(head, "\r\n", "\n", 0);
    char *end = strstr(head->str, "MIME-Version: 1.0\n");
    return g_strndup(head->str, end == NULL ? head->len : (gsize)(end - head->str));
}

/* UTF-16LE of an ASCII text, ended by a zero. */
static inline GByteArray *outlook_wide(const char *text)
{
    GByteArray *wide = g_byte_array_new();
    for (gsize i = 0; i <= strlen(text); i++) {
        const guint8 unit[] = {(guint8)text[i], 0};
        g_byte_array_append(wide, unit, 2);
    }
    return wide;
}

static inline void outlook_put_u32(GByteArray *out, guint32 value)
{
    const guint8 bytes[] = {(guint8)value, (guint8)(value >> 8), (guint8)(value >> 16),
                            (guint8)(value >> 24)};
    g_byte_array_append(out, bytes, sizeof bytes);
}

#endif
