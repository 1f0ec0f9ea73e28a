/* Codes that cannot be recognised because their first line is wrong: a title or a start word with
 * what looks like the lines of a code behind it. */
#ifndef ISSUER_CORE_LOST_START_H
#define ISSUER_CORE_LOST_START_H

#include "core/armored_code.h"
#include "core/symbols.h"

#define LOST_START_MOST 64 /* that are kept */

typedef struct {
    ArmorKind kind;
    uint64_t place;
    char *sample; /* the symbols that look like its lines, up to some number; zero-terminated */
} LostStart;

/* Appends to `found` (of LostStart *) what stands in `symbols`, in which the lines of codes that
 * are known are marked SYMBOL_TAKEN. `place` is where the text begins. True if there is a title or
 * start word without a known code behind it, whether or not something like a code stands there. */
bool lost_start_find(const Symbols *symbols, uint64_t place, GPtrArray *found);

/* Whether the sample is for the most part made of `lines` (zero-terminated symbols): a copy. */
bool lost_start_is_copy(const LostStart *lost, const char *lines);

void lost_start_free(LostStart *lost);

#endif
