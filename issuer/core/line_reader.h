/* Reads the lines of a code from the symbols of a text, one hash a line, and judges by its place
 * whether a line is there or its check fitted by chance. */
#ifndef ISSUER_CORE_LINE_READER_H
#define ISSUER_CORE_LINE_READER_H

#include "core/armored_code.h"
#include "core/symbols.h"

#include <stdbool.h>

typedef struct {
    Symbols *symbols; /* of the text being searched; what is read is marked SYMBOL_TAKEN */
    guint32 stream;   /* that text's number, from 1 */
    unsigned misses;  /* guesses that did not fit, over all texts */
    GArray *doubtful; /* lines of this text that little but their check speaks for */
} LineReader;

/* A reader without a text; to be cleared. */
LineReader line_reader(void);
void line_reader_clear(LineReader *reader);

/* Goes on to the next text, which is borrowed until the one after it. */
void line_reader_open(LineReader *reader, Symbols *symbols);

/* Counts a guess that did not fit, and tells whether so many were made that no more must be. A
 * hostile text then costs no more than a large one. */
void line_reader_count_miss(LineReader *reader);
bool line_reader_is_spent(const LineReader *reader);

/* Marks the code's first line, which stands at `at`, and reads line after line behind it. */
void line_reader_start(LineReader *reader, ArmoredCode *code, gsize at);

/* Reads line after line from `at` on, where one may stand. Returns where the last one ends; `at` if
 * there is none, or one that stands alone and may fit by chance. Lines out of order are added to
 * the code as unsure. */
gsize line_reader_guess(LineReader *reader, ArmoredCode *code, gsize at);

/* The text has been searched: those of the code's unsure lines in it that fit its other lines there
 * (core/line_order.h) are added for sure, the rest counts as text. */
void line_reader_settle(LineReader *reader, ArmoredCode *code);

#endif
