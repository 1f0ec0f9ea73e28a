/* The first look at a text: whether it is worth reading for codes at all. Nearly no mail is. */
#ifndef ISSUER_CORE_FIRST_LOOK_H
#define ISSUER_CORE_FIRST_LOOK_H

#include <glib.h>
#include <stdbool.h>

/* Whether a first line, a title or a compact JWS may begin in `length` bytes of UTF-8 at `text`,
 * written as they are or so that one of the views of core/text_view.h would show them. False is
 * certain, true is not. Lines of a code without their start are not seen. Linear in `length`. */
bool first_look_may_begin(const char *text, gsize length);

#endif
