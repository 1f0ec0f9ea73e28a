/* Looks for compact JWS (RFC 7515 §7.1) of our kinds in a text. */
#ifndef ISSUER_CORE_COMPACT_SCAN_H
#define ISSUER_CORE_COMPACT_SCAN_H

#include "core/armor.h"

#define COMPACT_SCAN_MOST 65 /* whole ones of each kind, and others; more than a list holds */

typedef struct {
    ArmorKind kind;
    uint64_t place;
    char *text;          /* what was read of it, blanks and line breaks left out */
    const char *problem; /* static; NULL if `text` is a whole compact JWS */
} CompactFind;

/* Appends to `found` (of CompactFind *) what stands in `length` bytes at `text`: each token whose
 * header names one of our types, also one wrapped over lines or cut short, but none that is part of
 * a URL (core/link_scan.h has these), none that is there already, and no more than
 * COMPACT_SCAN_MOST. `place` is where the text begins. Linear in `length`. */
void compact_scan_find(const char *text, gsize length, uint64_t place, GPtrArray *found);

/* Appends `find`, which it takes over, unless it is there already. Whole ones are counted by their
 * kind: whatever stands before them, as many are kept as it takes to tell that there are too many,
 * and of what kind. */
void compact_scan_keep(GPtrArray *found, CompactFind *find);

void compact_scan_free(CompactFind *find);

#endif
