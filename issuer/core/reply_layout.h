/* Lays out the plain text of a reply: paragraphs, lists and fields in lines that no mail program
 * breaks again. Columns are those of a terminal: wide characters count two. */
#ifndef ISSUER_CORE_REPLY_LAYOUT_H
#define ISSUER_CORE_REPLY_LAYOUT_H

#include <glib.h>

#define REPLY_LAYOUT_COLUMNS 76 /* RFC 5322 §2.1.1 recommends 78; one quoting prefix still fits */

/* Appends paragraphs of `text`, which are divided by LF, each wrapped. One that begins with "- "
 * is an item: its further lines are indented under its text. */
void reply_layout_text(GString *out, const char *text);

/* Appends "label   value", the value's further lines indented under its first. `label` is ASCII of
 * at most 13 characters. */
void reply_layout_field(GString *out, const char *label, const char *value);

/* Appends a heading line of at most REPLY_LAYOUT_COLUMNS columns, and one that underlines it. */
void reply_layout_heading(GString *out, const char *text);

#endif
