/* Looks for armored codes in symbols: first lines anywhere, then their blocks, first where each
 * should stand (one hash a block) and, if asked, anywhere else. Codes collect over all texts. */
#ifndef ISSUER_CORE_CODE_SEARCH_H
#define ISSUER_CORE_CODE_SEARCH_H

#include "core/armored_code.h"
#include "core/symbols.h"

#include <stdbool.h>

#define CODE_SEARCH_MOST 64 /* codes that are followed; further first lines are only noticed */

typedef struct CodeSearch CodeSearch;

/* A search that knows no code. The caller owns it. */
CodeSearch *code_search_new(void);

/* Searches one text. New codes appear at `place`, plus where their line begins in the text. What
 * was recognised is marked SYMBOL_TAKEN. `thorough`: blocks of codes that are not whole are looked
 * for at each word, then at each symbol; else only behind their first line. Guesses that do not fit
 * are counted over the search's whole life, and after some 400,000 no more are made, so that a
 * hostile text costs no more than a large one. */
void code_search_read(CodeSearch *search, Symbols *symbols, uint64_t place, bool thorough);

/* Whether a code was found that is not whole yet. */
bool code_search_is_wanting(const CodeSearch *search);

/* Whether there were more than CODE_SEARCH_MOST first lines. Then `kind` (may be NULL) is set to
 * that of one which is not followed, to ARMOR_USAGE_LICENSE only if all of them are of that kind.
 */
bool code_search_overflowed(const CodeSearch *search, ArmorKind *kind);

/* The codes found so far; owned by the search. `place` may be NULL. */
guint code_search_count(const CodeSearch *search);
ArmoredCode *code_search_get(const CodeSearch *search, guint index, uint64_t *place);

void code_search_free(CodeSearch *search);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CodeSearch, code_search_free)

#endif
