/* Other ways to read a text whose codes were not found whole: what mail programs and people put
 * around and into the lines of a code is taken away. */
#ifndef ISSUER_CORE_TEXT_VIEW_H
#define ISSUER_CORE_TEXT_VIEW_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    TEXT_VIEW_AS_IS,
    TEXT_VIEW_UNQUOTED,   /* without quoting prefixes: "> ", "Ana> ", "| " */
    TEXT_VIEW_UNNUMBERED, /* and without line numbers and labels: "12) ", "003  ", "[4]", "L4:" */
    TEXT_VIEW_DECODED,    /* without "=XX", soft breaks, tags, entities, terminals' colours */
    TEXT_VIEW_DECODED_UNQUOTED,
    TEXT_VIEW_DECODED_UNNUMBERED,
    TEXT_VIEW_COUNT,
} TextView;

/* Puts the text read this way into `out`. False if there is nothing of the kind in it, so that the
 * view would bring nothing new; `out` may then hold anything. Linear in `length`. */
bool text_view_make(TextView view, const char *text, gsize length, GString *out);

#endif
