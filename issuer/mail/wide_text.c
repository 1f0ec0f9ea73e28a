#include "mail/wide_text.h"

#include "mail/charset.h"

#include <string.h>

WideText wide_text_for(const char *head, gsize length)
{
    const char *name = charset_wide(head, length);
    if (name == NULL && length >= 2 && memcmp(head, "\xFF\xFE", 2) == 0) {
        name = "UTF-16LE";
    } else if (name == NULL && length >= 2 && memcmp(head, "\xFE\xFF", 2) == 0) {
        name = "UTF-16BE";
    }
    if (name == NULL || (!g_str_has_prefix(name, "UTF-16") && !g_str_has_prefix(name, "UTF-32"))) {
        return (WideText){0};
    }
    return (WideText){.unit = g_str_has_prefix(name, "UTF-32") ? 4 : 2,
                      .little = g_str_has_suffix(name, "LE")};
}

static void append_character(GByteArray *out, gunichar c)
{
    char text[6];
    g_byte_array_append(out, (const guint8 *)text, (guint)g_unichar_to_utf8(c, text));
}

/* One unit of UTF-16 (RFC 2781 section 2.2), or of UTF-32, which has no pairs. */
static void decode_unit(WideText *wide, gunichar unit, GByteArray *out)
{
    const bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (wide->high != 0 && low) {
        append_character(out, 0x10000 + ((wide->high - 0xD800) << 10) + (unit - 0xDC00));
        wide->high = 0;
        return;
    }
    if (wide->high != 0 || low) {
        append_character(out, 0xFFFD);
    }
    wide->high = unit >= 0xD800 && unit <= 0xDBFF ? unit : 0;
    if (wide->high == 0 && !low) {
        append_character(out, unit <= 0x10FFFF ? unit : 0xFFFD);
    }
}

static gunichar unit_of(const WideText *wide)
{
    gunichar unit = 0;
    for (gsize i = 0; i < wide->unit; i++) {
        unit = unit << 8 | wide->got[wide->little ? wide->unit - 1 - i : i];
    }
    return unit;
}

void wide_text_decode(WideText *wide, const char *piece, gsize length, GByteArray *out)
{
    if (wide->unit == 0) {
        g_byte_array_append(out, (const guint8 *)piece, (guint)length);
        return;
    }
    for (gsize i = 0; i < length; i++) {
        wide->got[wide->count++] = (guint8)piece[i];
        if (wide->count == wide->unit) {
            wide->count = 0;
            decode_unit(wide, unit_of(wide), out);
        }
    }
}
