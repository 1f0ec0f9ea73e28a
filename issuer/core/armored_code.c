#include "core/armored_code.h"

#include "core/crockford.h"
#include "core/first_line.h"

#include <string.h>

#define CHECK_MASK  0xFFFFFU /* 20 bits */
#define MOST_PLACES 2048

struct ArmoredCode {
    ArmorKind kind;
    char letter;
    char first_line[ARMOR_FIRST_LINE];
    CodeBody *body;
    GArray *places;
    char *jws;
};

ArmoredCode *armored_code_new(const char first_line[ARMOR_FIRST_LINE])
{
    ArmoredCode *code = g_new0(ArmoredCode, 1);
    memcpy(code->first_line, first_line, ARMOR_FIRST_LINE);
    const bool starts = first_line_starts(first_line, &code->kind);
    g_assert(starts);
    code->letter = armor_kind_letter(code->kind);
    code->body = code_body_new(first_line_size(first_line), first_line_tag(first_line));
    const guint places = (guint)armored_code_count(code) + 8;
    code->places = g_array_sized_new(FALSE, FALSE, sizeof(ArmoredPlace), places);
    return code;
}

ArmoredCode *armored_code_new_whole(ArmorKind kind, const char *jws)
{
    g_autoptr(GBytes) body = armor_body_from_jws(jws, strlen(jws), NULL);
    if (body == NULL || g_bytes_get_size(body) > armor_kind_max_body(kind)) {
        return NULL;
    }
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(body, &size);
    char first_line[ARMOR_FIRST_LINE];
    first_line_write(kind, size, armor_tag(data, size), first_line);
    ArmoredCode *code = armored_code_new(first_line);
    code_body_fill(code->body, data);
    code->jws = g_strdup(jws);
    return code;
}

ArmorKind armored_code_kind(const ArmoredCode *code)
{
    return code->kind;
}

bool armored_code_is(const ArmoredCode *code, const char first_line[ARMOR_FIRST_LINE])
{
    return memcmp(code->first_line, first_line, ARMOR_FIRST_LINE) == 0;
}

bool armored_code_is_same(const ArmoredCode *a, const ArmoredCode *b)
{
    return armored_code_is(a, b->first_line);
}

gint32 armored_code_count(const ArmoredCode *code)
{
    return code_body_count(code->body);
}

ArmoredTrust armored_code_trust(const ArmoredCode *code, gint32 number)
{
    return code_body_trust(code->body, number);
}

bool armored_code_has(const ArmoredCode *code, gint32 number)
{
    return armored_code_trust(code, number) != ARMORED_MISSING;
}

gsize armored_code_line_length(const ArmoredCode *code, gint32 number)
{
    return crockford_length(code_body_block_size(code->body, number)) + ARMOR_CHECK;
}

static uint32_t block_hash(const ArmoredCode *code, const uint8_t *bytes, gsize size)
{
    return armor_block_hash(code->letter, first_line_tag_symbols(code->first_line), bytes, size);
}

bool armored_code_read_block(const ArmoredCode *code, const char *symbols, gsize length,
                             ArmoredBlock *block)
{
    const gsize coded = length - ARMOR_CHECK;
    uint32_t check = 0;
    block->size = crockford_size(coded);
    if (block->size > ARMOR_BLOCK_SIZE || !crockford_decode(symbols, coded, block->bytes) ||
        !crockford_get(symbols + coded, ARMOR_CHECK, &check)) {
        return false;
    }
    const uint32_t hash = block_hash(code, block->bytes, block->size);
    const uint32_t number = (check - hash) & CHECK_MASK;
    if (number >= (uint32_t)armored_code_count(code)) {
        return false;
    }
    block->number = (gint32)number;
    return block->size == code_body_block_size(code->body, block->number);
}

bool armored_code_is_block(const ArmoredCode *code, gint32 number, const char *symbols,
                           gsize length)
{
    uint8_t bytes[ARMOR_BLOCK_SIZE];
    return armored_code_has(code, number) && length == armored_code_line_length(code, number) &&
           crockford_decode(symbols, length - ARMOR_CHECK, bytes) &&
           memcmp(bytes, code_body_block(code->body, number),
                  code_body_block_size(code->body, number)) == 0;
}

/* Turns the body into a JWS if it is one of the code's kind. */
static void read_jws(ArmoredCode *code)
{
    const uint8_t *data = code_body_data(code->body);
    g_autoptr(GBytes) bytes = g_bytes_new_static(data, code_body_size(code->body));
    g_autofree char *jws = armor_body_to_jws(bytes, NULL);
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    const gsize header_length = (gsize)data[0] << 8 | data[1];
    if (jws != NULL && first_line_kind_of_header((const char *)data + 2, header_length, &kind) &&
        kind == code->kind) {
        code->jws = g_steal_pointer(&jws);
    }
}

void armored_code_add(ArmoredCode *code, const ArmoredBlock *block, ArmoredTrust trust)
{
    if (code_body_holds(code->body)) {
        return;
    }
    code_body_add(code->body, block, trust);
    if (code_body_holds(code->body)) {
        read_jws(code);
    }
}

const char *armored_code_jws(const ArmoredCode *code)
{
    return code->jws;
}

bool armored_code_is_broken(ArmoredCode *code)
{
    if (!code_body_holds(code->body)) {
        code_body_drop_below(code->body, ARMORED_LIKELY);
        if (code_body_is_full(code->body)) {
            code_body_drop_below(code->body, ARMORED_SURE);
        }
    }
    return code_body_is_full(code->body) && code->jws == NULL;
}

char *armored_code_symbols(const ArmoredCode *code)
{
    GString *text = g_string_new_len(code->first_line, ARMOR_FIRST_LINE);
    char line[ARMORED_CODE_FULL];
    for (gint32 n = 0; n < armored_code_count(code); n++) {
        const uint8_t *block = code_body_block(code->body, n);
        const gsize size = code_body_block_size(code->body, n);
        const gsize length = armored_code_line_length(code, n);
        memset(line, '?', sizeof line);
        if (armored_code_has(code, n)) {
            const uint32_t hash = block_hash(code, block, size);
            crockford_encode(block, size, line);
            crockford_put((hash + (uint32_t)n) & CHECK_MASK, ARMOR_CHECK,
                          line + length - ARMOR_CHECK);
        }
        g_string_append_len(text, line, (gssize)length);
    }
    return g_string_free(text, FALSE);
}

void armored_code_note_place(ArmoredCode *code, const ArmoredPlace *place)
{
    if (code->places->len < MOST_PLACES) {
        g_array_append_val(code->places, *place);
    }
}

GArray *armored_code_places(const ArmoredCode *code)
{
    return code->places;
}

void armored_code_free(ArmoredCode *code)
{
    if (code == NULL) {
        return;
    }
    code_body_free(code->body);
    g_array_unref(code->places);
    g_free(code->jws);
    g_free(code);
}
