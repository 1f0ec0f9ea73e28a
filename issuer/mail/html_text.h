/* The text of an HTML page as a person would read it. */
#ifndef ISSUER_MAIL_HTML_TEXT_H
#define ISSUER_MAIL_HTML_TEXT_H

#include <glib.h>

#define HTML_TEXT_MOST_STEPS 1000000 /* tags, entities and the like of one page */

/* How many of `length` bytes of a page are read: all, but for one with more tags, entities and
 * control characters than that; real ones have thousands. */
gsize html_text_reach(const char *html, gsize length);

/* The text of `length` bytes of UTF-8 HTML: block elements and <br> break the line, table cells are
 * set apart by a blank, inline elements vanish without a trace; scripts, styles and the head are
 * left out; lines within <blockquote> begin with "> ". What the page hides from its reader
 * (mail/html_style.h) is left out too, and appended to `hidden`. Linear in `length`, whatever the
 * nesting. The caller owns the result. */
GString *html_text(const char *html, gsize length, GString *hidden);

#endif
