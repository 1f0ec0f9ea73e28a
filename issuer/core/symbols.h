/* A text as a run of base32 symbols: everything that Crockford's alphabet can read, in order and in
 * normal form, all decoration dropped. What stood between two symbols is kept as marks, since it
 * tells where a line of a code may begin. */
#ifndef ISSUER_CORE_SYMBOLS_H
#define ISSUER_CORE_SYMBOLS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The marks of one symbol. */
enum {
    SYMBOL_GAP = 1,     /* a visible or blank character stood before it */
    SYMBOL_LINE = 2,    /* it is the first of its line */
    SYMBOL_APART = 4,   /* an empty line stood before it */
    SYMBOL_FOREIGN = 8, /* a letter or digit that is no symbol stood before it: U, another script */
    SYMBOL_DIGIT = 16,  /* it was written as a digit */
    SYMBOL_UPPER = 32,  /* it was written as a capital that is no look-alike */
    SYMBOL_LOWER = 64,  /* the same as a small letter */
    SYMBOL_TAKEN = 128, /* it belongs to a line of a code; set by core/code_search.h */
};

typedef struct {
    guint32 first; /* its first symbol */
    guint32 from;  /* that symbol's place in the text, in bytes */
} SymbolLine;

typedef struct {
    char *symbols;  /* `count` of them, no zero byte after them */
    uint8_t *marks; /* of each symbol */
    gsize count;
    GArray *lines; /* of SymbolLine, lines without symbols left out */
    gsize room;
    char symbol_of[128];  /* ASCII's symbols; 0: none */
    uint8_t mark_of[128]; /* what an ASCII character says about itself or the next symbol */
} Symbols;

/* An empty run. The caller owns it. */
Symbols *symbols_new(void);

/* Reads `length` bytes of UTF-8 in place of what it held; invalid bytes and characters that nobody
 * sees (soft hyphens, zero-width and other default-ignorable ones) are passed over. Full-width
 * forms read as their ASCII ones. */
void symbols_read(Symbols *symbols, const char *text, gsize length);

/* Whether a character is drawn as nothing, so that nobody knows it is there (Unicode's
 * Default_Ignorable_Code_Point, less what cannot stand in a mail). */
bool symbols_is_unseen(gunichar c);

/* Where in the text the line of symbol `index` begins, in bytes. */
gsize symbols_place(const Symbols *symbols, gsize index);

/* How many of the symbols from `at` on, word by word, look like lines of a code: of one case,
 * mixed with digits, no foreign letter in them, not taken. 0 if the word at `at` does not. */
gsize symbols_code_stretch(const Symbols *symbols, gsize at);

/* Whether the `length` symbols at `at` hold as many digits as those of a code nearly always do, no
 * foreign letter between them, and none of them but the first is taken. */
bool symbols_look_coded(const Symbols *symbols, gsize at, gsize length);

void symbols_free(Symbols *symbols);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Symbols, symbols_free)

#endif
