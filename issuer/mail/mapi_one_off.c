#include "mail/mapi_one_off.h"

#include "core/address.h"
#include "mail/little_endian.h"

#include <stdbool.h>
#include <string.h>

#define LIST_HEADER  8U  /* how many entries, and how many bytes they take */
#define ENTRY_HEADER 24U /* flags, the kind, a version, what its texts are in */
#define AT_KIND      4U
#define AT_TEXTS     22U
#define IS_UTF16     0x80U /* of the second byte there */
#define MAX_ENTRIES  50U
#define MAX_TEXT     400U /* characters */

static const guint8 one_off[16] = {0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19,
                                   0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54, 0x02};

typedef struct {
    const guint8 *at;
    const guint8 *end;
    guint unit; /* bytes of a character */
} Texts;

/* The next text, up to its zero; what is not ASCII becomes a blank, for no address has it. New
 * string. */
static char *take_text(Texts *texts)
{
    g_autoptr(GString) text = g_string_new(NULL);
    while (texts->end - texts->at >= (gssize)texts->unit) {
        const guint high = texts->unit == 2 ? texts->at[1] : 0;
        const guint character = texts->at[0] | high << 8;
        texts->at += texts->unit;
        if (character == 0) {
            break;
        }
        if (text->len < MAX_TEXT) {
            g_string_append_c(text, character > ' ' && character < 0x7F ? (char)character : ' ');
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void add_address(GPtrArray *addresses, const guint8 *entry, gsize size)
{
    if (size < ENTRY_HEADER || memcmp(entry + AT_KIND, one_off, sizeof one_off) != 0) {
        return;
    }
    Texts texts = {.at = entry + ENTRY_HEADER,
                   .end = entry + size,
                   .unit = (entry[AT_TEXTS + 1] & IS_UTF16) != 0 ? 2 : 1};
    g_free(take_text(&texts)); /* the name */
    g_autofree char *type = take_text(&texts);
    g_autofree char *address = take_text(&texts);
    if (g_ascii_strcasecmp(type, "SMTP") == 0 && address_is_valid(address) &&
        !g_ptr_array_find_with_equal_func(addresses, address, g_str_equal, NULL)) {
        g_ptr_array_add(addresses, g_steal_pointer(&address));
    }
}

GPtrArray *mapi_one_off_addresses(const GByteArray *list)
{
    GPtrArray *addresses = g_ptr_array_new_with_free_func(g_free);
    gsize at = LIST_HEADER;
    for (guint i = 0; i < MAX_ENTRIES && at + 4 <= list->len; i++) {
        const guint8 *head = list->data + at;
        const gsize size = little_endian_u32(head);
        if (size > list->len - at - 4) {
            break;
        }
        add_address(addresses, head + 4, size);
        at += 4 + size + (4 - size % 4) % 4;
    }
    return addresses;
}
