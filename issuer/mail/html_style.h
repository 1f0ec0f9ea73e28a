/* Which elements of an HTML page a person sees. Only what is written beside an element or in a
 * style sheet of simple selectors is understood; a color that is that of the background is not. */
#ifndef ISSUER_MAIL_HTML_STYLE_H
#define ISSUER_MAIL_HTML_STYLE_H

#include <glib.h>
#include <stdint.h>

/* What keeps an element from being seen; flags. What the last two say may be taken back within. */
enum {
    HTML_STYLE_GONE = 1,      /* display:none, the attribute "hidden" */
    HTML_STYLE_CLEAR = 2,     /* opacity:0 */
    HTML_STYLE_INVISIBLE = 4, /* visibility:hidden */
    HTML_STYLE_NO_SIZE = 8,   /* font-size:0 */
};

/* The rules of a page's style sheets that hide something. */
typedef struct HtmlStyle HtmlStyle;

HtmlStyle *html_style_new(void);
void html_style_free(HtmlStyle *style);

/* Reads a style sheet. Rules for certain media (@media) are passed over. Linear in `length`. */
void html_style_read(HtmlStyle *style, const char *sheet, gsize length);

/* What is not seen of an element `name` with these attributes (name, value, …, NULL; a value may be
 * NULL; or NULL for none) in one of which `around` is not seen. */
uint8_t html_style_of(const HtmlStyle *style, const char *name, const char *const *attributes,
                      uint8_t around);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlStyle, html_style_free)

#endif
