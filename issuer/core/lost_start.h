/* Codes that cannot be recognised because their first line is wrong: a title or a start word with
 * what looks like the lines of a code behind it. */
#ifndef ISSUER_CORE_LOST_START_H
#define ISSUER_CORE_LOST_START_H

#include "core/armor.h"
#include "core/symbols.h"

#define LOST_START_MOST 65 /* that are kept of a text: more than a list holds */

typedef struct {
    ArmorKind kind;
    uint64_t place;
    char *sample; /* the symbols that look like its lines, up to some number; zero-terminated */
} LostStart;

/* Appends to `found` (of LostStart *) what stands in `symbols`, in which the lines of codes that
 * are known are marked SYMBOL_TAKEN. `place` is where the text begins. A title counts anywhere, a
 * start word only where a word begins: one in 50,000 requests spells one within a line. True if
 * there is one without a known code behind it, whether or not something like a code stands there.
 * `known` (may be NULL) is how many there are with one. */
bool lost_start_find(const Symbols *symbols, uint64_t place, GPtrArray *found, guint *known);

void lost_start_free(LostStart *lost);

#endif
