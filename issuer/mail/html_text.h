/* The text of an HTML page as a person would read it. */
#ifndef ISSUER_MAIL_HTML_TEXT_H
#define ISSUER_MAIL_HTML_TEXT_H

#include <glib.h>
#include <stdbool.h>

/* What the pages of one mail cost to read; zero before the first. Bounds that no real page comes
 * near keep it from growing with the square of their length: a million tags, entities and control
 * characters in all; attributes, counted by what they cost; the depth of nesting, from 256 elements
 * on, where there are many closing tags; 20000 names of elements and attributes in one page. */
typedef struct {
    gsize spent;
    gsize closing; /* closing tags */
    bool cut;      /* something stands behind a bound, and was not read */
} HtmlWork;

/* The text of `length` bytes of UTF-8 HTML: block elements and <br> break the line, table cells are
 * set apart by a blank, inline elements vanish without a trace; scripts, styles and the head are
 * left out; lines within <blockquote> begin with "> ". What the page hides from its reader
 * (mail/html_style.h) is left out too, and appended to `hidden`. The caller owns the result. */
GString *html_text(const char *html, gsize length, HtmlWork *work, GString *hidden);

#endif
