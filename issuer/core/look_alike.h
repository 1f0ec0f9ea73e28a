/* Letters of other alphabets that look like Latin ones: a person, a keyboard or a translator puts
 * them into a code unseen. */
#ifndef ISSUER_CORE_LOOK_ALIKE_H
#define ISSUER_CORE_LOOK_ALIKE_H

#include <glib.h>

/* The Latin letter that a Greek or Cyrillic one, or one of its own with a sign, looks like, in its
 * case, or the ASCII character that another form of it stands for: a full-width or mathematical
 * one, a digit of another script, as translators write them; `c` itself if there is none. */
gunichar look_alike_latin(gunichar c);

/* Appends the text (UTF-8, valid or not) with such letters as the Latin ones that they look like,
 * in words that have an ASCII letter or digit as well, or such another form of one: other words are
 * prose. Linear. */
void look_alike_fold(const char *text, gsize length, GString *out);

#endif
