#include "core/armor_text.h"

#include "core/crockford.h"
#include "core/first_line.h"

#define CHECK_MASK ((1U << 5 * ARMOR_CHECK) - 1U)

static const char *const titles[] = {
    [ARMOR_USAGE_REQUEST] = "USAGE REQUEST",
    [ARMOR_USAGE_LICENSE] = "USAGE LICENSE",
    [ARMOR_DEACTIVATION] = "DEACTIVATION",
};

static void append_block(GString *text, char letter, const char tag[ARMOR_TAG],
                         const uint8_t *block, gsize size, uint32_t number)
{
    char line[60];
    const gsize length = crockford_length(size);
    const uint32_t check = (armor_block_hash(letter, tag, block, size) + number) & CHECK_MASK;
    crockford_encode(block, size, line);
    crockford_put(check, ARMOR_CHECK, line + length);
    g_string_append_len(text, line, (gssize)(length + ARMOR_CHECK));
    g_string_append_c(text, '\n');
}

char *armor_text_write(ArmorKind kind, GBytes *body)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(body, &size);
    GString *text = g_string_sized_new(size * 2 + 128);
    char first_line[ARMOR_FIRST_LINE];
    first_line_write(kind, size, armor_tag(data, size), first_line);
    const char *tag = first_line_tag_symbols(first_line);
    g_string_append_printf(text, "===== CHARIOT %s =====\n%.*s\n", titles[kind], ARMOR_FIRST_LINE,
                           first_line);
    for (gsize at = 0; at < size; at += ARMOR_BLOCK_SIZE) {
        append_block(text, armor_kind_letter(kind), tag, data + at,
                     MIN(ARMOR_BLOCK_SIZE, size - at), (uint32_t)(at / ARMOR_BLOCK_SIZE));
    }
    /* The closing line leaves the vendor's name out: "END OF USAGE REQUEST". */
    g_string_append_printf(text, "===== END OF %s =====\n", titles[kind]);
    return g_string_free(text, FALSE);
}
