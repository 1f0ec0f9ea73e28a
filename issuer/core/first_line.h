/* The first line of a code: start word, kind, length, tag and check (FORMATS.md, Armor). */
#ifndef ISSUER_CORE_FIRST_LINE_H
#define ISSUER_CORE_FIRST_LINE_H

#include "core/armor.h"

#include <stdbool.h>

#define FIRST_LINE_START 6 /* symbols of "CHAR", the kind and the version */

/* The kind that the 20 symbols (normal form) of a first line name; false if they are none: the
 * start word, a length that the kind may have, and the check must fit. */
bool first_line_fits(const char symbols[ARMOR_FIRST_LINE], ArmorKind *kind);

/* The kind whose start word stands at `symbols` (FIRST_LINE_START of them), whatever follows; false
 * if none. */
bool first_line_starts(const char *symbols, ArmorKind *kind);

/* Where the next "CHAR" begins from `at` on, in symbols that end before `end`; NULL: there is none.
 */
const char *first_line_next(const char *at, const char *end);

/* The kind of a compact or armored header: that whose `typ` the JSON names; false if none. */
bool first_line_kind_of_header(const char *header, gsize length, ArmorKind *kind);

/* The body's size in bytes and the tag that a first line names. */
gsize first_line_size(const char first_line[ARMOR_FIRST_LINE]);
uint32_t first_line_tag(const char first_line[ARMOR_FIRST_LINE]);

/* Where the tag's ARMOR_TAG symbols stand in it. */
const char *first_line_tag_symbols(const char first_line[ARMOR_FIRST_LINE]);

/* Writes the first line for a body. */
void first_line_write(ArmorKind kind, gsize size, uint32_t tag, char out[ARMOR_FIRST_LINE]);

#endif
