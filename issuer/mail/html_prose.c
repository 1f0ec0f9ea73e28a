#include "mail/html_prose.h"

#include "base/bytes.h"

#define LEAST_STRETCH 16      /* bytes */
#define FIRST_MARK    0xF0000 /* a plane for private use: no page has any of its characters … */
#define MARK_LEAD     0xF3    /* … that has none with this byte */
#define MOST_MARKS    0xFFFD

typedef struct {
    const char *text;
    gsize length;
} Stretch;

struct HtmlProse {
    const char *html;
    gsize length;
    GString *page;     /* NULL: nothing was taken out */
    GArray *stretches; /* of Stretch */
};

/* ---- what a stretch is ---- */

static inline bool is_prose(char c)
{
    return g_ascii_isalnum(c) || c == ' ' || c == ',' || c == '.';
}

static inline Bytes are_prose(Bytes bytes)
{
    return (Bytes)((bytes | 0x20) - 'a' < 26) | (Bytes)(bytes - '0' < 10) | bytes_are(bytes, ' ') |
           bytes_are(bytes, ',') | bytes_are(bytes, '.');
}

static gsize prose_end(const HtmlProse *prose, gsize at)
{
    while (at + sizeof(Bytes) <= prose->length &&
           !bytes_any(~are_prose(bytes_at(prose->html + at)))) {
        at += sizeof(Bytes);
    }
    while (at < prose->length && is_prose(prose->html[at])) {
        at++;
    }
    return at;
}

/* Where the entity that begins at `at` ends; what follows without a ";" may belong to its name. */
static gsize entity_end(const HtmlProse *prose, gsize at)
{
    do {
        at++;
    } while (at < prose->length &&
             (g_ascii_isalnum(prose->html[at]) ||
              (prose->html[at] != '\0' && strchr("#._:-", prose->html[at]) != NULL)));
    return at;
}

/* ---- taking it out ---- */

static void append(HtmlProse *prose, gsize from, gsize to)
{
    g_string_append_len(prose->page, prose->html + from, (gssize)(to - from));
}

static void take_out(HtmlProse *prose, gsize from, gsize to)
{
    if (to - from < LEAST_STRETCH || prose->stretches->len == MOST_MARKS) {
        append(prose, from, to);
        return;
    }
    const Stretch stretch = {prose->html + from, to - from};
    g_string_append_unichar(prose->page, FIRST_MARK + prose->stretches->len);
    g_array_append_val(prose->stretches, stretch);
}

/* Goes through the text behind a tag's end at `at` up to the next tag, or to a quotation mark: the
 * tag's end may stand in an attribute, which ends there. Returns where it stopped. */
static gsize read_text(HtmlProse *prose, gsize at)
{
    while (at < prose->length && strchr("<\"'", prose->html[at]) == NULL) {
        const char c = prose->html[at];
        if (is_prose(c) && c != ' ') {
            const gsize end = prose_end(prose, at);
            take_out(prose, at, end);
            at = end;
        } else {
            const gsize end = c == '&' ? entity_end(prose, at) : at + 1;
            append(prose, at, end);
            at = end;
        }
    }
    return at;
}

static void shorten(HtmlProse *prose)
{
    for (gsize at = 0; at < prose->length;) {
        const char *close = memchr(prose->html + at, '>', prose->length - at);
        const gsize end = close == NULL ? prose->length : (gsize)(close + 1 - prose->html);
        append(prose, at, end);
        at = read_text(prose, end);
    }
}

HtmlProse *html_prose_new(const char *html, gsize length)
{
    HtmlProse *prose = g_new0(HtmlProse, 1);
    prose->html = html;
    prose->length = length;
    prose->stretches = g_array_new(FALSE, FALSE, sizeof(Stretch));
    if (length > 0 && memchr(html, MARK_LEAD, length) == NULL) {
        prose->page = g_string_sized_new(length / 2);
        shorten(prose);
    }
    return prose;
}

const char *html_prose_page(const HtmlProse *prose, gsize *length)
{
    *length = prose->page == NULL ? prose->length : prose->page->len;
    return prose->page == NULL ? prose->html : prose->page->str;
}

/* ---- and in again ---- */

const char *html_prose_find(const HtmlProse *prose, const char *text, gsize length)
{
    return prose->stretches->len == 0 ? NULL : memchr(text, MARK_LEAD, length);
}

const char *html_prose_at(const HtmlProse *prose, const char *mark, gsize *length)
{
    const Stretch *stretch =
        &g_array_index(prose->stretches, Stretch, g_utf8_get_char(mark) - FIRST_MARK);
    *length = stretch->length;
    return stretch->text;
}

char *html_prose_restore(const HtmlProse *prose, const char *text)
{
    const char *end = text + strlen(text);
    GString *whole = g_string_new(NULL);
    const char *mark = NULL;
    while ((mark = html_prose_find(prose, text, (gsize)(end - text))) != NULL) {
        gsize length = 0;
        const char *stretch = html_prose_at(prose, mark, &length);
        g_string_append_len(whole, text, mark - text);
        g_string_append_len(whole, stretch, (gssize)length);
        text = mark + HTML_PROSE_SIZE;
    }
    g_string_append(whole, text);
    return g_string_free(whole, FALSE);
}

void html_prose_free(HtmlProse *prose)
{
    if (prose == NULL) {
        return;
    }
    if (prose->page != NULL) {
        g_string_free(prose->page, TRUE);
    }
    g_array_unref(prose->stretches);
    g_free(prose);
}
