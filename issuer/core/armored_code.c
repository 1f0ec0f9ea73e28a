#include "core/armored_code.h"

#include "core/crockford.h"
#include "core/first_line.h"

#include <string.h>

#define CHECK_MASK   0xFFFFFU /* 20 bits */
#define MOST_PLACES  2048
#define MOST_RIVALS  32 /* other readings of a block that are kept */
#define MOST_SETTLED 64 /* attempts to make a body, each of which hashes all of it */

typedef enum {
    BLOCK_MISSING,
    BLOCK_UNSURE, /* its check fits, maybe by chance: one in a million does */
    BLOCK_SURE,
} BlockState;

struct ArmoredCode {
    ArmorKind kind;
    char letter;
    char first_line[ARMOR_FIRST_LINE];
    gsize size; /* of the body, in bytes */
    gint32 count;
    gint32 found;
    uint8_t *body;
    uint8_t *states; /* BlockState of each block */
    GArray *rivals;  /* of ArmoredBlock; NULL as long as there are none */
    GArray *places;
    unsigned settled;
    bool holds; /* the body has the tag */
    char *jws;
};

ArmoredCode *armored_code_new(const char first_line[ARMOR_FIRST_LINE])
{
    ArmoredCode *code = g_new0(ArmoredCode, 1);
    memcpy(code->first_line, first_line, ARMOR_FIRST_LINE);
    const bool starts = first_line_starts(first_line, &code->kind);
    g_assert(starts);
    code->size = first_line_size(first_line);
    code->letter = armor_kind_letter(code->kind);
    code->count = (gint32)((code->size + ARMOR_BLOCK_SIZE - 1) / ARMOR_BLOCK_SIZE);
    code->body = g_malloc0(code->size + (gsize)code->count);
    code->states = code->body + code->size;
    code->places = g_array_sized_new(FALSE, FALSE, sizeof(ArmoredPlace), (guint)code->count + 8);
    return code;
}

static gsize block_size(const ArmoredCode *code, gint32 number)
{
    const gsize before = (gsize)number * ARMOR_BLOCK_SIZE;
    return MIN(ARMOR_BLOCK_SIZE, code->size - before);
}

static uint8_t *block_at(const ArmoredCode *code, gint32 number)
{
    return code->body + (gsize)number * ARMOR_BLOCK_SIZE;
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
    memcpy(code->body, data, size);
    memset(code->states, BLOCK_SURE, (gsize)code->count);
    code->found = code->count;
    code->holds = true;
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
    return code->count;
}

bool armored_code_has(const ArmoredCode *code, gint32 number)
{
    return number >= 0 && number < code->count && code->states[number] != BLOCK_MISSING;
}

gsize armored_code_line_length(const ArmoredCode *code, gint32 number)
{
    return crockford_length(block_size(code, number)) + ARMOR_CHECK;
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
    if (number >= (uint32_t)code->count) {
        return false;
    }
    block->number = (gint32)number;
    return block->size == block_size(code, block->number);
}

bool armored_code_is_block(const ArmoredCode *code, gint32 number, const char *symbols,
                           gsize length)
{
    uint8_t bytes[ARMOR_BLOCK_SIZE];
    return armored_code_has(code, number) && length == armored_code_line_length(code, number) &&
           crockford_decode(symbols, length - ARMOR_CHECK, bytes) &&
           memcmp(bytes, block_at(code, number), block_size(code, number)) == 0;
}

/* Whether the body has the tag of the first line; then it is turned into a JWS. */
static bool settle(ArmoredCode *code)
{
    code->settled++;
    if (armor_tag(code->body, code->size) != first_line_tag(code->first_line)) {
        return false;
    }
    code->holds = true;
    g_autoptr(GBytes) body = g_bytes_new_static(code->body, code->size);
    g_autofree char *jws = armor_body_to_jws(body, NULL);
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    const char *header = (const char *)code->body + 2;
    const gsize header_length = (gsize)code->body[0] << 8 | code->body[1];
    if (jws != NULL && first_line_kind_of_header(header, header_length, &kind) &&
        kind == code->kind) {
        code->jws = g_steal_pointer(&jws);
    }
    return true;
}

/* Tries the body with one block read otherwise; the block stays as it was if that does not hold. */
static bool settle_with(ArmoredCode *code, const ArmoredBlock *rival)
{
    ArmoredBlock before = *rival;
    memcpy(before.bytes, block_at(code, rival->number), rival->size);
    memcpy(block_at(code, rival->number), rival->bytes, rival->size);
    if (settle(code)) {
        return true;
    }
    memcpy(block_at(code, rival->number), before.bytes, before.size);
    return false;
}

static void settle_if_whole(ArmoredCode *code, const ArmoredBlock *newest)
{
    if (code->found < code->count || code->holds || code->settled >= MOST_SETTLED) {
        return;
    }
    if (newest != NULL ? settle_with(code, newest) : settle(code)) {
        return;
    }
    for (guint i = 0; code->rivals != NULL && i < code->rivals->len; i++) {
        if (code->settled >= MOST_SETTLED ||
            settle_with(code, &g_array_index(code->rivals, ArmoredBlock, i))) {
            return;
        }
    }
}

static bool is_in_body(const ArmoredCode *code, const ArmoredBlock *block)
{
    return memcmp(block_at(code, block->number), block->bytes, block->size) == 0;
}

static bool is_rival(const ArmoredCode *code, const ArmoredBlock *block)
{
    for (guint i = 0; code->rivals != NULL && i < code->rivals->len; i++) {
        const ArmoredBlock *rival = &g_array_index(code->rivals, ArmoredBlock, i);
        if (rival->number == block->number &&
            memcmp(rival->bytes, block->bytes, block->size) == 0) {
            return true;
        }
    }
    return false;
}

static void add_rival(ArmoredCode *code, const ArmoredBlock *block)
{
    if (code->rivals == NULL) {
        code->rivals = g_array_new(FALSE, FALSE, sizeof(ArmoredBlock));
    }
    if (code->rivals->len < MOST_RIVALS) {
        g_array_append_val(code->rivals, *block);
    }
}

/* Puts a surer reading in the place of an unsure one, which stays as its rival. */
static void replace(ArmoredCode *code, const ArmoredBlock *block)
{
    ArmoredBlock before = *block;
    memcpy(before.bytes, block_at(code, block->number), block->size);
    memcpy(block_at(code, block->number), block->bytes, block->size);
    code->states[block->number] = BLOCK_SURE;
    add_rival(code, &before);
}

void armored_code_add(ArmoredCode *code, const ArmoredBlock *block, bool sure)
{
    uint8_t *state = &code->states[block->number];
    if (code->holds) {
        return;
    }
    if (*state == BLOCK_MISSING) {
        memcpy(block_at(code, block->number), block->bytes, block->size);
        *state = sure ? BLOCK_SURE : BLOCK_UNSURE;
        code->found++;
        settle_if_whole(code, NULL);
    } else if (is_in_body(code, block)) {
        *state = sure ? BLOCK_SURE : *state;
    } else if (sure && *state == BLOCK_UNSURE) {
        replace(code, block);
        settle_if_whole(code, NULL);
    } else if (!is_rival(code, block)) {
        settle_if_whole(code, block);
        if (!code->holds) {
            add_rival(code, block);
        }
    }
}

const char *armored_code_jws(const ArmoredCode *code)
{
    return code->jws;
}

bool armored_code_is_broken(ArmoredCode *code)
{
    if (code->holds) {
        return code->jws == NULL;
    }
    for (gint32 n = 0; n < code->count; n++) {
        if (code->states[n] == BLOCK_UNSURE) {
            code->states[n] = BLOCK_MISSING;
            code->found--;
        }
    }
    return code->found == code->count;
}

char *armored_code_symbols(const ArmoredCode *code)
{
    GString *text = g_string_new_len(code->first_line, ARMOR_FIRST_LINE);
    char line[ARMORED_CODE_FULL];
    for (gint32 n = 0; n < code->count; n++) {
        const gsize size = block_size(code, n);
        const gsize length = armored_code_line_length(code, n);
        memset(line, '?', sizeof line);
        if (armored_code_has(code, n)) {
            const uint32_t hash = block_hash(code, block_at(code, n), size);
            crockford_encode(block_at(code, n), size, line);
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
    if (code->rivals != NULL) {
        g_array_unref(code->rivals);
    }
    g_array_unref(code->places);
    g_free(code->body);
    g_free(code->jws);
    g_free(code);
}
