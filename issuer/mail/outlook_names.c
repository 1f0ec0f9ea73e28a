#include "mail/outlook_names.h"

#include "mail/headers.h"
#include "mail/little_endian.h"

#include <stdbool.h>
#include <string.h>

#define ENTRY_SIZE 8U
#define SET_SIZE   16U
#define FIRST_SET  3U  /* lower numbers stand for sets that are not listed */
#define MAX_NAME   100 /* characters */

/* PS_INTERNET_HEADERS (MS-OXPROPS 1.3.2). */
static const guint8 internet_headers[SET_SIZE] = {0x86, 0x03, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
                                                  0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46};

static bool is_of_headers(const GByteArray *sets, guint32 set)
{
    const gsize at = (gsize)(set - FIRST_SET) * SET_SIZE;
    return set >= FIRST_SET && at + SET_SIZE <= sets->len &&
           memcmp(sets->data + at, internet_headers, SET_SIZE) == 0;
}

/* The text at an offset: its size, and UTF-16LE. NULL if it cannot be a field's name. */
static char *name_at(const GByteArray *texts, gsize at)
{
    const gsize size = at + 4 <= texts->len ? little_endian_u32(texts->data + at) : 0;
    if (size == 0 || size / 2 > MAX_NAME || at + 4 + size > texts->len) {
        return NULL;
    }
    g_autoptr(GString) name = g_string_new(NULL);
    for (gsize i = 0; i + 1 < size; i += 2) {
        const guint32 unit = little_endian_u16(texts->data + at + 4 + i);
        g_string_append_c(name, unit > ' ' && unit < 0x7F && unit != ':' ? (char)unit : ' ');
    }
    g_autofree char *field = g_strconcat(name->str, ":", NULL);
    return headers_is_field(field, strlen(field)) && strchr(name->str, ' ') == NULL
               ? g_string_free(g_steal_pointer(&name), FALSE)
               : NULL;
}

GHashTable *outlook_names_read(const GByteArray *sets, const GByteArray *entries,
                               const GByteArray *texts)
{
    GHashTable *names = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    for (guint at = 0; at + ENTRY_SIZE <= entries->len; at += ENTRY_SIZE) {
        const guint8 *entry = entries->data + at;
        const guint32 kind_and_set = little_endian_u16(entry + 4);
        const bool named_by_text = (kind_and_set & 1U) != 0;
        char *name = named_by_text && is_of_headers(sets, kind_and_set >> 1)
                         ? name_at(texts, little_endian_u32(entry))
                         : NULL;
        if (name != NULL) {
            const guint32 number = OUTLOOK_NAMES_FIRST + little_endian_u16(entry + 6);
            (void)g_hash_table_insert(names, GUINT_TO_POINTER(number), name);
        }
    }
    return names;
}
