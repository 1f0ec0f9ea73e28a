/* What is wrong with a code of which lines are missing, in words for its sender. */
#ifndef ISSUER_CORE_DAMAGE_H
#define ISSUER_CORE_DAMAGE_H

#include "core/armored_code.h"
#include "core/symbols.h"

/* Notes what stands behind each place of the code's lines in the text that is being searched as
 * `stream`, to tell later whether lines are wrong or missing there. */
void damage_note(ArmoredCode *code, const Symbols *symbols, guint32 stream);

/* "line 7 is wrong", "lines 12 to 14 are missing", "the end is missing", or several of these.
 * Lines are counted as a person would count the code's own: the first one (CHAR…) is line 1, the
 * title above it is not counted, so block 0 is line 2. A line is wrong if about as many symbols as
 * it should have stand where it should stand, in any text given; else it is missing. New string. */
char *damage_describe(ArmoredCode *code);

#endif
