#include "core/code_body.h"

#include <string.h>

#define MOST_RIVALS 32                  /* other readings of blocks that are kept */
#define MOST_HASHED ((gsize)256 * 1024) /* bytes, in attempts to find the readings that fit */

struct CodeBody {
    gsize size;
    uint32_t tag;
    gint32 count;
    gint32 found;
    uint8_t *data;
    uint8_t *trusts; /* ArmoredTrust of each block */
    GArray *rivals;  /* of ArmoredBlock; NULL as long as there are none */
    gsize hashed;
    bool holds;
};

CodeBody *code_body_new(gsize size, uint32_t tag)
{
    CodeBody *body = g_new0(CodeBody, 1);
    body->size = size;
    body->tag = tag;
    body->count = (gint32)((size + ARMOR_BLOCK_SIZE - 1) / ARMOR_BLOCK_SIZE);
    body->data = g_malloc0(size + (gsize)body->count);
    body->trusts = body->data + size;
    return body;
}

gint32 code_body_count(const CodeBody *body)
{
    return body->count;
}

gsize code_body_block_size(const CodeBody *body, gint32 number)
{
    const gsize before = (gsize)number * ARMOR_BLOCK_SIZE;
    return MIN(ARMOR_BLOCK_SIZE, body->size - before);
}

ArmoredTrust code_body_trust(const CodeBody *body, gint32 number)
{
    return number >= 0 && number < body->count ? (ArmoredTrust)body->trusts[number]
                                               : ARMORED_MISSING;
}

static uint8_t *block_at(const CodeBody *body, gint32 number)
{
    return body->data + (gsize)number * ARMOR_BLOCK_SIZE;
}

const uint8_t *code_body_block(const CodeBody *body, gint32 number)
{
    return block_at(body, number);
}

static bool settle(CodeBody *body)
{
    body->hashed += body->size;
    body->holds = armor_tag(body->data, body->size) == body->tag;
    return body->holds;
}

static void swap_in(CodeBody *body, ArmoredBlock *block)
{
    ArmoredBlock before = *block;
    memcpy(before.bytes, block_at(body, block->number), block->size);
    memcpy(block_at(body, block->number), block->bytes, block->size);
    *block = before;
}

static ArmoredBlock *rival_at(const CodeBody *body, guint index)
{
    return &g_array_index(body->rivals, ArmoredBlock, index);
}

static guint count_rivals(const CodeBody *body)
{
    return body->rivals != NULL ? body->rivals->len : 0;
}

/* Tries the body as it is with each rival in turn; all stays as it was if none fits. `besides`:
 * a number whose block is not to be touched. */
static bool settle_with_rivals(CodeBody *body, gint32 besides)
{
    for (guint i = 0; i < count_rivals(body) && body->hashed < MOST_HASHED; i++) {
        ArmoredBlock *rival = rival_at(body, i);
        if (rival->number == besides) {
            continue;
        }
        swap_in(body, rival);
        if (settle(body)) {
            return true;
        }
        swap_in(body, rival);
    }
    return false;
}

/* Tries a further reading of a block, alone and with each rival of another block. */
static bool settle_with(CodeBody *body, ArmoredBlock *block)
{
    swap_in(body, block);
    if (settle(body) || settle_with_rivals(body, block->number)) {
        return true;
    }
    swap_in(body, block);
    return false;
}

static void settle_if_full(CodeBody *body)
{
    if (!code_body_is_full(body) || settle(body) || settle_with_rivals(body, -1)) {
        return;
    }
    for (guint i = 0; i < count_rivals(body) && body->hashed < MOST_HASHED; i++) {
        if (settle_with(body, rival_at(body, i))) {
            return;
        }
    }
}

static bool is_in_body(const CodeBody *body, const ArmoredBlock *block)
{
    return memcmp(block_at(body, block->number), block->bytes, block->size) == 0;
}

static bool is_rival(const CodeBody *body, const ArmoredBlock *block)
{
    for (guint i = 0; i < count_rivals(body); i++) {
        const ArmoredBlock *rival = rival_at(body, i);
        if (rival->number == block->number &&
            memcmp(rival->bytes, block->bytes, block->size) == 0) {
            return true;
        }
    }
    return false;
}

static void add_rival(CodeBody *body, const ArmoredBlock *block)
{
    if (body->rivals == NULL) {
        body->rivals = g_array_new(FALSE, FALSE, sizeof(ArmoredBlock));
    }
    if (body->rivals->len < MOST_RIVALS && !is_rival(body, block)) {
        g_array_append_val(body->rivals, *block);
    }
}

/* A block is read otherwise than before. */
static void add_other(CodeBody *body, const ArmoredBlock *block, ArmoredTrust trust)
{
    ArmoredBlock other = *block;
    if (trust > code_body_trust(body, block->number)) {
        swap_in(body, &other);
        body->trusts[block->number] = (uint8_t)trust;
        add_rival(body, &other);
        settle_if_full(body);
    } else if (!is_rival(body, block) && !(code_body_is_full(body) && body->hashed < MOST_HASHED &&
                                           settle_with(body, &other))) {
        add_rival(body, block);
    }
}

void code_body_add(CodeBody *body, const ArmoredBlock *block, ArmoredTrust trust)
{
    uint8_t *known = &body->trusts[block->number];
    if (body->holds) {
        return;
    }
    if (*known == ARMORED_MISSING) {
        memcpy(block_at(body, block->number), block->bytes, block->size);
        *known = (uint8_t)trust;
        body->found++;
        settle_if_full(body);
    } else if (is_in_body(body, block)) {
        *known = (uint8_t)MAX(*known, trust);
    } else {
        add_other(body, block, trust);
    }
}

void code_body_fill(CodeBody *body, const uint8_t *data)
{
    memcpy(body->data, data, body->size);
    memset(body->trusts, ARMORED_CERTAIN, (gsize)body->count);
    body->found = body->count;
    body->holds = true;
}

bool code_body_is_full(const CodeBody *body)
{
    return body->found == body->count;
}

bool code_body_holds(const CodeBody *body)
{
    return body->holds;
}

const uint8_t *code_body_data(const CodeBody *body)
{
    return body->data;
}

gsize code_body_size(const CodeBody *body)
{
    return body->size;
}

void code_body_drop_below(CodeBody *body, ArmoredTrust least)
{
    for (gint32 n = 0; n < body->count; n++) {
        if (body->trusts[n] != ARMORED_MISSING && body->trusts[n] < least) {
            body->trusts[n] = ARMORED_MISSING;
            body->found--;
        }
    }
}

void code_body_free(CodeBody *body)
{
    if (body == NULL) {
        return;
    }
    if (body->rivals != NULL) {
        g_array_unref(body->rivals);
    }
    g_free(body->data);
    g_free(body);
}
