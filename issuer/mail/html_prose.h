/* Prose within a page, taken out of it before it is parsed: libxml2 looks at each character again
 * and again, though letters and blanks tell it no more than one letter does. */
#ifndef ISSUER_MAIL_HTML_PROSE_H
#define ISSUER_MAIL_HTML_PROSE_H

#include <glib.h>

typedef struct HtmlProse HtmlProse;

/* The page of `length` bytes at `html`, which must outlive the result, with one character in the
 * place of each stretch of prose behind a tag. Nothing that a parser could take for other than text
 * is in a stretch; where what looks like a tag stands within an attribute, a comment or a script,
 * so may the character. The caller owns the result. */
HtmlProse *html_prose_new(const char *html, gsize length);

/* What is to be parsed. */
const char *html_prose_page(const HtmlProse *prose, gsize *length);

/* The first character in `length` bytes at `text`, all of them whole characters of what was parsed,
 * that stands for a stretch; NULL: there is none. It takes HTML_PROSE_SIZE bytes. */
const char *html_prose_find(const HtmlProse *prose, const char *text, gsize length);

#define HTML_PROSE_SIZE 4

/* The stretch that the character at `mark` stands for: letters, digits, blanks, commas and full
 * stops, the first no blank. */
const char *html_prose_at(const HtmlProse *prose, const char *mark, gsize *length);

/* The text with each stretch in its place. New string. */
char *html_prose_restore(const HtmlProse *prose, const char *text);

void html_prose_free(HtmlProse *prose);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlProse, html_prose_free)

#endif
