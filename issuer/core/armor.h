/* The armor in which codes travel by mail: Crockford base32 in checked blocks. Its kinds, bodies
 * and checks; it is written by core/armor_text.h and read by core/finder.h. */
#ifndef ISSUER_CORE_ARMOR_H
#define ISSUER_CORE_ARMOR_H

#include <glib.h>
#include <stdint.h>

typedef enum {
    ARMOR_USAGE_REQUEST, /* letter Q */
    ARMOR_USAGE_LICENSE, /* letter G */
    ARMOR_DEACTIVATION,  /* letter D */
} ArmorKind;

#define ARMOR_BLOCK_SIZE 35 /* bytes in a full block */
#define ARMOR_FIRST_LINE 20 /* symbols in the first line */
#define ARMOR_TAG        6  /* symbols of the tag */
#define ARMOR_CHECK      4  /* check symbols after the first line and after each block */

/* The kind's letter. */
char armor_kind_letter(ArmorKind kind);

/* The kind's largest body in bytes. */
gsize armor_kind_max_body(ArmorKind kind);

/* A compact JWS as the body that armor carries: three parts with two lengths. NULL with
 * ISSUER_ERROR_INPUT if it is no canonical compact JWS or too long. */
GBytes *armor_body_from_jws(const char *jws, gsize length, GError **error);

/* The way back, byte for byte. NULL with ISSUER_ERROR_INPUT for a body with wrong lengths or
 * trailing bytes. New string. */
char *armor_body_to_jws(GBytes *body, GError **error);

/* The tag of a body: the first 30 bits of its SHA-256, as a number. */
uint32_t armor_tag(const uint8_t *body, gsize size);

/* The first line's check: the first 20 bits of SHA-256 of its first 16 symbols (normal form). */
uint32_t armor_first_line_check(const char symbols[ARMOR_FIRST_LINE - ARMOR_CHECK]);

/* The 20-bit hash of a block under the kind's letter and the tag's six symbols. The block's check
 * symbols are (this + the block's number) mod 2^20, so the number is check - hash. */
uint32_t armor_block_hash(char letter, const char tag[ARMOR_TAG], const uint8_t *block, gsize size);

#endif
