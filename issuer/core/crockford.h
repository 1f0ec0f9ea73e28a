/* Crockford's base32: the digits and the capital letters without I, L, O, U. Read without case,
 * O as 0, I and L as 1. */
#ifndef ISSUER_CORE_CROCKFORD_H
#define ISSUER_CORE_CROCKFORD_H

#include "core/digest.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The symbol for the low five bits of `value`. */
char crockford_symbol(uint32_t value);

/* What a character of any case stands for, 0 to 31, look-alikes included; -1: no symbol. */
int crockford_value(char c);

/* How many symbols `size` bytes take, and how many whole bytes `count` symbols hold. */
gsize crockford_length(gsize size);
gsize crockford_size(gsize count);

/* Writes crockford_length(size) symbols, no zero byte after them; the bits that fill the last one
 * are zero. */
void crockford_encode(const uint8_t *data, gsize size, char *out);

/* Reads `count` characters (look-alikes are taken) into crockford_size(count) bytes. False if one
 * is no symbol, if the fill bits are not zero, or if no number of bytes has that many symbols. */
bool crockford_decode(const char *symbols, gsize count, uint8_t *out);

/* Writes the low 5 × `count` bits of `value`, most significant first; no zero byte. At most 6
 * symbols. */
void crockford_put(uint32_t value, gsize count, char *out);

/* Reads what crockford_put() wrote; false if a character is no symbol. */
bool crockford_get(const char *symbols, gsize count, uint32_t *value);

/* The first `bits` (at most 32) bits of a digest as a number. */
uint32_t crockford_leading_bits(const Digest *digest, unsigned bits);

#endif
