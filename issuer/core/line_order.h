/* Judges the lines of one code that were read from one text by their order: where all others stand
 * in the code's order, one that does not is a line whose check was damaged (its last symbol says
 * which line it is), or no line at all. */
#ifndef ISSUER_CORE_LINE_ORDER_H
#define ISSUER_CORE_LINE_ORDER_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    gint32 number; /* of the block; -1: a first line, where another copy begins */
    guint32 start; /* its first symbol in the text */
    guint32 end;   /* one past its last */
    bool sure;     /* the line before it or behind it is the one that should be there */
    bool firm;     /* it fills a line of the text or stands beside any line of its code */
    bool whole;    /* it fills a line of the text */
    bool fits;     /* the judgement */
    guint32 hash;  /* of its symbols: two lines of one number that differ are not both right */
    guint index;   /* the caller's */
} OrderedLine;

/* Sorts `lines` (of OrderedLine) by where they stand and sets `fits`. */
void line_order_judge(GArray *lines);

#endif
