/* Finds codes in the texts of one message. Texts are given one after another; blocks found in any
 * of them are merged by tag and number, so several damaged copies complete each other. Reading
 * goes by the symbols, never by the decoration around them. */
#ifndef ISSUER_CORE_FINDER_H
#define ISSUER_CORE_FINDER_H

#include "core/found_token.h"

#include <stdbool.h>

typedef struct Finder Finder;

/* A finder for one message. The caller owns it. */
Finder *finder_new(void);

/* Searches `length` bytes of UTF-8 (invalid bytes are passed over). A long text may be given in
 * pieces that overlap by at least FINDER_OVERLAP bytes. Linear in `length`, with a bound on what is
 * kept (2 MiB a message; past 1 MiB only what may be code) and on what is guessed. */
void finder_add_text(Finder *finder, const char *text, gsize length);

#define FINDER_OVERLAP 8192

/* The same for the source of what was given, encodings and all, as the last of its texts: where
 * they show anything, it tells of no further code whose first line is wrong. */
void finder_add_source(Finder *finder, const char *text, gsize length);

/* Searches the links alone in `length` bytes of UTF-8 at `text`, such as the source of HTML. Codes
 * in links, here and in all texts, are listed only where no other code was found, whole or not. */
void finder_add_links(Finder *finder, const char *text, gsize length);

/* Whether an intact token was completed by what was given so far, read as it is written. */
bool finder_is_intact(const Finder *finder);

/* The same, and where none came through as it was written, all of it is searched again in other
 * ways: to be asked once, not after each text. */
bool finder_has_intact(Finder *finder);

/* What was found, in the order of first appearance, each token once, as FoundToken; a damaged copy
 * of a token that is intact elsewhere is not listed. At most FOUND_TOKENS_MOST, then one more that
 * stands for the rest: its problem is "more than 64 codes in one mail", and it is of a usage
 * license only if no request and no deactivation was left out. The finder is spent. The caller owns
 * the array.
 *
 * Problems name lines as a person would count the code's own: the line "CHAR…" is line 1 and the
 * title above it is not counted, so block n is line n + 2, whatever the width that the text was
 * wrapped to. A line is wrong if about as many symbols as it has stand where it should, else it is
 * missing. There are:
 *   "line 7 is wrong", "lines 7 to 9 are wrong", the same with "missing" or "wrong or missing";
 *   "the end is missing"          the last line, or all from some line on; or a compact JWS cut
 *   … , … and …                   several of these, at most six
 *   "the first line is wrong"     a title or start word with lines of a code but no first line
 *   "the code does not hold together"  each line fits, all of them do not */
GPtrArray *finder_finish(Finder *finder);

/* A copy of `text` in which each license key is masked, its last four symbols left. New string. */
char *finder_mask_license_keys(const char *text);

void finder_free(Finder *finder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Finder, finder_free)

#endif
