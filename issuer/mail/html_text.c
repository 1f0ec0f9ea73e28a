#include "mail/html_text.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <stdbool.h>
#include <string.h>

typedef struct {
    GString *text;
    unsigned hidden; /* how many elements are open whose content is not shown */
    unsigned preformatted;
    unsigned quotes; /* how many <blockquote> are open */
    bool at_line_start;
} Writer;

typedef enum {
    TAG_INLINE,
    TAG_BLOCK,
    TAG_BREAK,
    TAG_CELL,
    TAG_PREFORMATTED,
    TAG_QUOTE,
    TAG_HIDDEN,
} TagKind;

typedef struct {
    const char *name;
    TagKind kind;
} Tag;

static const Tag tags[] = {
    {"br", TAG_BREAK},
    {"p", TAG_BLOCK},
    {"div", TAG_BLOCK},
    {"tr", TAG_BLOCK},
    {"td", TAG_CELL},
    {"th", TAG_CELL},
    {"li", TAG_BLOCK},
    {"pre", TAG_PREFORMATTED},
    {"blockquote", TAG_QUOTE},
    {"table", TAG_BLOCK},
    {"ul", TAG_BLOCK},
    {"ol", TAG_BLOCK},
    {"h1", TAG_BLOCK},
    {"h2", TAG_BLOCK},
    {"h3", TAG_BLOCK},
    {"h4", TAG_BLOCK},
    {"h5", TAG_BLOCK},
    {"h6", TAG_BLOCK},
    {"hr", TAG_BLOCK},
    {"dl", TAG_BLOCK},
    {"dt", TAG_BLOCK},
    {"dd", TAG_BLOCK},
    {"section", TAG_BLOCK},
    {"article", TAG_BLOCK},
    {"header", TAG_BLOCK},
    {"footer", TAG_BLOCK},
    {"address", TAG_BLOCK},
    {"center", TAG_BLOCK},
    {"form", TAG_BLOCK},
    {"body", TAG_BLOCK},
    {"textarea", TAG_PREFORMATTED},
    {"script", TAG_HIDDEN},
    {"style", TAG_HIDDEN},
    {"head", TAG_HIDDEN},
    {"title", TAG_HIDDEN},
    {"template", TAG_HIDDEN},
};

static TagKind tag_kind(const xmlChar *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (strcmp((const char *)name, tags[i].name) == 0) {
            return tags[i].kind;
        }
    }
    return TAG_INLINE;
}

static void break_line(Writer *writer)
{
    g_string_append_c(writer->text, '\n');
    writer->at_line_start = true;
}

static void end_block(Writer *writer)
{
    if (!writer->at_line_start) {
        break_line(writer);
    }
}

static void open_tag(void *user_data, const xmlChar *name, const xmlChar **attributes)
{
    Writer *writer = user_data;
    (void)attributes;
    TagKind kind = tag_kind(name);
    if (kind == TAG_BREAK) {
        break_line(writer);
    } else if (kind == TAG_CELL) {
        g_string_append_c(writer->text, ' ');
    } else if (kind == TAG_HIDDEN) {
        writer->hidden++;
    } else if (kind != TAG_INLINE) {
        end_block(writer);
        writer->preformatted += kind == TAG_PREFORMATTED;
        writer->quotes += kind == TAG_QUOTE;
    }
}

static void close_tag(void *user_data, const xmlChar *name)
{
    Writer *writer = user_data;
    TagKind kind = tag_kind(name);
    if (kind == TAG_HIDDEN) {
        writer->hidden -= writer->hidden > 0;
    } else if (kind == TAG_BLOCK || kind == TAG_PREFORMATTED || kind == TAG_QUOTE) {
        end_block(writer);
        writer->preformatted -= kind == TAG_PREFORMATTED && writer->preformatted > 0;
        writer->quotes -= kind == TAG_QUOTE && writer->quotes > 0;
    }
}

static void put_character(Writer *writer, char c)
{
    bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (blank && writer->preformatted == 0) {
        gsize length = writer->text->len;
        if (!writer->at_line_start && writer->text->str[length - 1] != ' ') {
            g_string_append_c(writer->text, ' ');
        }
        return;
    }
    if (c == '\n') {
        break_line(writer);
        return;
    }
    for (unsigned i = 0; writer->at_line_start && i < MIN(writer->quotes, 8); i++) {
        g_string_append(writer->text, "> ");
    }
    writer->at_line_start = false;
    g_string_append_c(writer->text, c);
}

static void put_text(void *user_data, const xmlChar *text, int length)
{
    Writer *writer = user_data;
    for (int i = 0; writer->hidden == 0 && i < length; i++) {
        put_character(writer, (char)text[i]);
    }
}

/* Without this libxml2 writes to standard error what it finds wrong with a page. */
static void ignore_error(void *user_data, xmlErrorPtr error)
{
    (void)user_data;
    (void)error;
}

/* Events are taken as they come: a tree of hostile HTML may be as deep as the mail is long. */
GString *html_text(const char *html, gsize length)
{
    Writer writer = {.text = g_string_sized_new(length / 2 + 64), .at_line_start = true};
    htmlParserCtxtPtr context =
        length == 0 ? NULL : htmlCreateMemoryParserCtxt(html, (int)MIN(length, G_MAXINT));
    if (context == NULL) {
        return writer.text;
    }
    *context->sax = (htmlSAXHandler){.startElement = open_tag,
                                     .endElement = close_tag,
                                     .characters = put_text,
                                     .ignorableWhitespace = put_text};
    context->userData = &writer;
    xmlSetStructuredErrorFunc(NULL, ignore_error);
    (void)htmlCtxtUseOptions(context, HTML_PARSE_RECOVER | HTML_PARSE_IGNORE_ENC |
                                          HTML_PARSE_NONET | HTML_PARSE_NOERROR |
                                          HTML_PARSE_NOWARNING | XML_PARSE_HUGE);
    (void)xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8);
    (void)htmlParseDocument(context);
    htmlFreeParserCtxt(context);
    return writer.text;
}
