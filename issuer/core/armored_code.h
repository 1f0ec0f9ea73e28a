/* One code that is being put together from the lines found of it (FORMATS.md, Armor). It is known
 * by its first line; its lines ("blocks", numbered from 0) come in any order and more than once. */
#ifndef ISSUER_CORE_ARMORED_CODE_H
#define ISSUER_CORE_ARMORED_CODE_H

#include "core/code_body.h"

#include <stdbool.h>

#define ARMORED_CODE_FULL 60 /* symbols of a full line: 35 bytes and the check */

typedef struct ArmoredCode ArmoredCode;

/* Where a line of the code was seen. */
typedef struct {
    guint32 stream;  /* which reading of which text */
    gint32 number;   /* of the block; -1: the first line */
    guint32 start;   /* its first symbol there */
    guint32 end;     /* one past its last */
    gint32 next;     /* the later block that comes next in that text; 0: none, or not known */
    guint32 follows; /* symbols between that are in no line known; without `next`, those that look
                        like code */
} ArmoredPlace;

/* A code for a first line that fits. The caller owns it. */
ArmoredCode *armored_code_new(const char first_line[ARMOR_FIRST_LINE]);

/* The code for a whole compact JWS, for comparing: all of its lines are there. NULL if its body
 * is too long for its kind. The caller owns it. */
ArmoredCode *armored_code_new_whole(ArmorKind kind, const char *jws);

ArmorKind armored_code_kind(const ArmoredCode *code);

/* Whether it is the code of this first line (normal form). */
bool armored_code_is(const ArmoredCode *code, const char first_line[ARMOR_FIRST_LINE]);

/* Whether both are the same code, by their first lines. */
bool armored_code_is_same(const ArmoredCode *a, const ArmoredCode *b);

/* How many blocks it has, whether one was found, how sure, and how many symbols one takes with its
 * check. */
gint32 armored_code_count(const ArmoredCode *code);
bool armored_code_has(const ArmoredCode *code, gint32 number);
ArmoredTrust armored_code_trust(const ArmoredCode *code, gint32 number);
gsize armored_code_line_length(const ArmoredCode *code, gint32 number);

/* Whether the `length` symbols (normal form) at `symbols` are a block of this code; then `block`
 * is filled. Costs one hash, none if the symbols cannot be one. */
bool armored_code_read_block(const ArmoredCode *code, const char *symbols, gsize length,
                             ArmoredBlock *block);

/* Whether the `length` symbols (normal form) at `symbols` are the block `number`, which is there
 * already, whatever their check says. Costs no hash. */
bool armored_code_is_block(const ArmoredCode *code, gint32 number, const char *symbols,
                           gsize length);

/* Adds a block, as code_body_add(). */
void armored_code_add(ArmoredCode *code, const ArmoredBlock *block, ArmoredTrust trust);

/* The compact JWS once the body is whole and fits its tag, its form and its kind; else NULL. Owned
 * by the code. */
const char *armored_code_jws(const ArmoredCode *code);

/* Nothing more will come: if the code is not whole, unsure blocks count as missing again, and the
 * likely ones too where the body is full without those and does not hold. True if all are there
 * nevertheless, so that no line can be named. */
bool armored_code_is_broken(ArmoredCode *code);

/* The symbols of all lines, '?' where a block is missing. New string. */
char *armored_code_symbols(const ArmoredCode *code);

/* Notes where a line stands; after many places they are dropped. */
void armored_code_note_place(ArmoredCode *code, const ArmoredPlace *place);

/* All places, of ArmoredPlace, in the order noted. Owned by the code. */
GArray *armored_code_places(const ArmoredCode *code);

void armored_code_free(ArmoredCode *code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArmoredCode, armored_code_free)

#endif
