/* The body of one code, put together from blocks that come in any order, more than once, and now
 * and then wrong: its tag tells when it is right. */
#ifndef ISSUER_CORE_CODE_BODY_H
#define ISSUER_CORE_CODE_BODY_H

#include "core/armor.h"

#include <stdbool.h>

typedef struct {
    gint32 number;
    gsize size; /* bytes of the block */
    uint8_t bytes[ARMOR_BLOCK_SIZE];
} ArmoredBlock;

/* How much speaks for a block besides its 20-bit check, which fits by chance once in a million
 * times, and which makes one line of another where its last symbol is wrong. */
typedef enum {
    ARMORED_MISSING,
    ARMORED_UNSURE,  /* nothing */
    ARMORED_LIKELY,  /* its place among the lines of its text */
    ARMORED_SURE,    /* the line before or behind it is the one that should be there */
    ARMORED_CERTAIN, /* both are */
} ArmoredTrust;

typedef struct CodeBody CodeBody;

/* A body of `size` bytes (at least 1) without any block. The caller owns it. */
CodeBody *code_body_new(gsize size, uint32_t tag);

/* How many blocks it has, and how many bytes one takes. */
gint32 code_body_count(const CodeBody *body);
gsize code_body_block_size(const CodeBody *body, gint32 number);

/* What is known of a block, whose number may be any; and its bytes, if it is not missing. */
ArmoredTrust code_body_trust(const CodeBody *body, gint32 number);
const uint8_t *code_body_block(const CodeBody *body, gint32 number);

/* Adds a block; of two that differ the surer one stays, and the other is remembered. When all are
 * there and do not fit the tag, those that differ are tried one and two at a time. */
void code_body_add(CodeBody *body, const ArmoredBlock *block, ArmoredTrust trust);

/* Sets all of it, code_body_size() bytes that have the tag. */
void code_body_fill(CodeBody *body, const uint8_t *data);

/* Whether no block is missing, and whether the body also has its tag. */
bool code_body_is_full(const CodeBody *body);
bool code_body_holds(const CodeBody *body);

/* All bytes, as many as it has. */
const uint8_t *code_body_data(const CodeBody *body);
gsize code_body_size(const CodeBody *body);

/* Counts blocks as missing that are less sure than this. */
void code_body_drop_below(CodeBody *body, ArmoredTrust least);

void code_body_free(CodeBody *body);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CodeBody, code_body_free)

#endif
