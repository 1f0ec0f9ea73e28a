#include "mail/html_text.h"

#include "base/bytes.h"
#include "mail/html_prose.h"
#include "mail/html_style.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define STEP        100                /* what a tag, an entity or a control character costs */
#define ATTRIBUTE   30                 /* a part of an attribute, … */
#define MOST_WORK   (1000000UL * STEP) /* … and one of the others in its tag, to be compared with */
#define LEAST_DEPTH 256                /* elements within each other */
#define DEPTH_WORK  100000000UL        /* closing tags by open elements: each is looked for there */
#define MOST_NAMES  20000

/* One of the two texts of a page: what is seen, and what is not. */
typedef struct {
    GString *text;
    bool at_line_start;
} Text;

typedef struct {
    Text texts[2];
    Text *text;       /* the one that is being written */
    unsigned dropped; /* how many elements are open whose content is no text */
    unsigned preformatted;
    unsigned quotes;    /* how many <blockquote> are open */
    GByteArray *unseen; /* of each open element: flags of mail/html_style.h */
    HtmlStyle *style;
    const HtmlProse *prose; /* what was taken out of the page that is parsed */
    GString *sheet;         /* what stands in the style sheet that is open */
    htmlParserCtxtPtr context;
    guint deepest; /* elements within each other that are read */
    bool cut;      /* there was more than is read */
} Writer;

typedef enum {
    TAG_INLINE,
    TAG_BLOCK,
    TAG_BREAK,
    TAG_CELL,
    TAG_PREFORMATTED,
    TAG_QUOTE,
    TAG_DROPPED,
    TAG_STYLE,
} TagKind;

typedef struct {
    const char *name;
    TagKind kind;
} Tag;

/* In the order of their names. */
static const Tag tags[] = {
    {"address", TAG_BLOCK},    {"article", TAG_BLOCK},
    {"blockquote", TAG_QUOTE}, {"body", TAG_BLOCK},
    {"br", TAG_BREAK},         {"center", TAG_BLOCK},
    {"dd", TAG_BLOCK},         {"div", TAG_BLOCK},
    {"dl", TAG_BLOCK},         {"dt", TAG_BLOCK},
    {"footer", TAG_BLOCK},     {"form", TAG_BLOCK},
    {"h1", TAG_BLOCK},         {"h2", TAG_BLOCK},
    {"h3", TAG_BLOCK},         {"h4", TAG_BLOCK},
    {"h5", TAG_BLOCK},         {"h6", TAG_BLOCK},
    {"head", TAG_DROPPED},     {"header", TAG_BLOCK},
    {"hr", TAG_BLOCK},         {"li", TAG_BLOCK},
    {"ol", TAG_BLOCK},         {"p", TAG_BLOCK},
    {"pre", TAG_PREFORMATTED}, {"script", TAG_DROPPED},
    {"section", TAG_BLOCK},    {"style", TAG_STYLE},
    {"table", TAG_BLOCK},      {"td", TAG_CELL},
    {"template", TAG_DROPPED}, {"textarea", TAG_PREFORMATTED},
    {"th", TAG_CELL},          {"title", TAG_DROPPED},
    {"tr", TAG_BLOCK},         {"ul", TAG_BLOCK},
};

static int compare_tags(const void *name, const void *tag)
{
    return strcmp(name, ((const Tag *)tag)->name);
}

static TagKind tag_kind(const xmlChar *name)
{
    const Tag *tag = bsearch(name, tags, G_N_ELEMENTS(tags), sizeof tags[0], compare_tags);
    return tag == NULL ? TAG_INLINE : tag->kind;
}

static void break_line(Text *text)
{
    g_string_append_c(text->text, '\n');
    text->at_line_start = true;
}

static void end_block(Text *text)
{
    if (!text->at_line_start) {
        break_line(text);
    }
}

/* ---- elements ---- */

static uint8_t unseen_now(const Writer *writer)
{
    return writer->unseen->len == 0 ? 0 : writer->unseen->data[writer->unseen->len - 1];
}

/* Goes on in the text that belongs to the element which is open now. */
static void choose_text(Writer *writer)
{
    writer->text = &writer->texts[unseen_now(writer) != 0 ? 1 : 0];
}

/* Whether prose was taken out of one of the values, as may happen where a tag stands within it. */
static bool any_shortened(const Writer *writer, const char *const *attributes)
{
    bool any = false;
    for (gsize i = 0; attributes != NULL && attributes[i] != NULL && !any; i += 2) {
        const char *value = attributes[i + 1] == NULL ? "" : attributes[i + 1];
        any = html_prose_find(writer->prose, value, strlen(value)) != NULL;
    }
    return any;
}

static char **restored(const Writer *writer, const char *const *attributes)
{
    g_autoptr(GStrvBuilder) all = g_strv_builder_new();
    for (gsize i = 0; attributes[i] != NULL; i += 2) {
        const char *value = attributes[i + 1] == NULL ? "" : attributes[i + 1];
        g_autofree char *whole = html_prose_restore(writer->prose, value);
        g_strv_builder_add(all, attributes[i]);
        g_strv_builder_add(all, whole);
    }
    return g_strv_builder_end(all);
}

/* libxml2's strings are UTF-8 of another type. */
static uint8_t unseen_of(const Writer *writer, const xmlChar *name, const xmlChar **attributes)
{
    const union {
        const xmlChar **given;
        const char *const *read;
    } all = {.given = attributes};
    g_auto(GStrv) whole = any_shortened(writer, all.read) ? restored(writer, all.read) : NULL;
    return html_style_of(writer->style, (const char *)name,
                         whole == NULL ? all.read : (const char *const *)whole, unseen_now(writer));
}

static void open_block(Writer *writer, TagKind kind)
{
    end_block(writer->text);
    writer->preformatted += kind == TAG_PREFORMATTED;
    writer->quotes += kind == TAG_QUOTE;
}

static void open_tag(void *user_data, const xmlChar *name, const xmlChar **attributes)
{
    Writer *writer = user_data;
    if (writer->unseen->len >= writer->deepest || xmlDictSize(writer->context->dict) > MOST_NAMES) {
        writer->cut = true;
        xmlStopParser(writer->context);
        return;
    }
    const uint8_t unseen = unseen_of(writer, name, attributes);
    g_byte_array_append(writer->unseen, &unseen, 1);
    choose_text(writer);
    TagKind kind = tag_kind(name);
    if (kind == TAG_BREAK) {
        break_line(writer->text);
    } else if (kind == TAG_CELL) {
        g_string_append_c(writer->text->text, ' ');
    } else if (kind == TAG_DROPPED) {
        writer->dropped++;
    } else if (kind == TAG_STYLE) {
        writer->dropped++;
        g_string_truncate(writer->sheet, 0);
    } else if (kind != TAG_INLINE) {
        open_block(writer, kind);
    }
}

static void close_tag(void *user_data, const xmlChar *name)
{
    Writer *writer = user_data;
    TagKind kind = tag_kind(name);
    if (kind == TAG_STYLE) {
        html_style_read(writer->style, writer->sheet->str, writer->sheet->len);
        g_string_truncate(writer->sheet, 0);
    }
    if (kind == TAG_DROPPED || kind == TAG_STYLE) {
        writer->dropped -= writer->dropped > 0;
    } else if (kind == TAG_BLOCK || kind == TAG_PREFORMATTED || kind == TAG_QUOTE) {
        end_block(writer->text);
        writer->preformatted -= kind == TAG_PREFORMATTED && writer->preformatted > 0;
        writer->quotes -= kind == TAG_QUOTE && writer->quotes > 0;
    }
    if (writer->unseen->len > 0) {
        g_byte_array_set_size(writer->unseen, writer->unseen->len - 1);
    }
    choose_text(writer);
}

/* ---- text ---- */

static void put_character(const Writer *writer, char c)
{
    Text *text = writer->text;
    bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (blank && writer->preformatted == 0) {
        if (!text->at_line_start && text->text->str[text->text->len - 1] != ' ') {
            g_string_append_c(text->text, ' ');
        }
        return;
    }
    if (c == '\n') {
        break_line(text);
        return;
    }
    for (unsigned i = 0; text->at_line_start && i < MIN(writer->quotes, 8); i++) {
        g_string_append(text->text, "> ");
    }
    text->at_line_start = false;
    g_string_append_c(text->text, c);
}

/* How many bytes at `text` stand in the text as they are. */
static gsize plain_run(const char *text, gsize length)
{
    gsize run = 0;
    while (run < length && (guchar)text[run] > ' ') {
        run++;
    }
    return run;
}

static void put_piece(const Writer *writer, const char *text, gsize length)
{
    if (writer->dropped > 0) {
        g_string_append_len(writer->sheet, text, (gssize)length);
        return;
    }
    for (gsize i = 0; i < length; i++) {
        put_character(writer, text[i]);
        const gsize run = plain_run(text + i + 1, length - i - 1);
        if (run > 0 && !writer->text->at_line_start) {
            g_string_append_len(writer->text->text, text + i + 1, (gssize)run);
            i += run;
        }
    }
}

/* Puts prose that was taken out. Where no two blanks stand beside each other it stays as it is. */
static void put_prose(const Writer *writer, const char *mark)
{
    gsize length = 0;
    const char *text = html_prose_at(writer->prose, mark, &length);
    if (writer->dropped > 0 || bytes_find(text, length, "  ", 2) != NULL) {
        put_piece(writer, text, length);
        return;
    }
    put_character(writer, text[0]);
    g_string_append_len(writer->text->text, text + 1, (gssize)length - 1);
}

static void put_text(void *user_data, const xmlChar *text, int length)
{
    const Writer *writer = user_data;
    const char *at = (const char *)text;
    const char *const end = at + length;
    const char *mark = NULL;
    while ((mark = html_prose_find(writer->prose, at, (gsize)(end - at))) != NULL) {
        put_piece(writer, at, (gsize)(mark - at));
        put_prose(writer, mark);
        at = mark + HTML_PROSE_SIZE;
    }
    put_piece(writer, at, (gsize)(end - at));
}

/* Without this libxml2 writes to standard error what it finds wrong with a page. */
static void ignore_error(void *user_data, xmlErrorPtr error)
{
    (void)user_data;
    (void)error;
}

/* Events are taken as they come: a tree of hostile HTML may be as deep as the mail is long. */
static void read_page(Writer *writer)
{
    gsize length = 0;
    const char *html = html_prose_page(writer->prose, &length);
    htmlParserCtxtPtr context =
        length == 0 ? NULL : htmlCreateMemoryParserCtxt(html, (int)MIN(length, G_MAXINT));
    if (context == NULL) {
        return;
    }
    *context->sax = (htmlSAXHandler){.startElement = open_tag,
                                     .endElement = close_tag,
                                     .characters = put_text,
                                     .ignorableWhitespace = put_text};
    context->userData = writer;
    writer->context = context;
    xmlSetStructuredErrorFunc(NULL, ignore_error);
    (void)htmlCtxtUseOptions(context, HTML_PARSE_RECOVER | HTML_PARSE_IGNORE_ENC |
                                          HTML_PARSE_NONET | HTML_PARSE_NOERROR |
                                          HTML_PARSE_NOWARNING | XML_PARSE_HUGE);
    (void)xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8);
    (void)htmlParseDocument(context);
    htmlFreeParserCtxt(context);
}

/* What a byte of a page costs. */
typedef struct {
    bool in_tag;
    gsize attributes; /* parts of attributes in the tag at hand */
} Place;

static gsize cost_of(Place *place, const char *html, gsize at, gsize length)
{
    const char c = html[at];
    const bool blank = g_ascii_isspace(c);
    if (c == '>') {
        *place = (Place){false, 0};
    } else if (c == '<') {
        place->in_tag = place->in_tag || (at + 1 < length && g_ascii_isalpha(html[at + 1]));
        return STEP;
    } else if (place->in_tag && (blank || c == '=')) {
        return ATTRIBUTE + ++place->attributes;
    }
    return c == '&' || ((guchar)c < ' ' && !blank) ? STEP : 0;
}

/* Whether a byte costs nothing and changes nothing. */
static bool is_free(const Place *place, char c)
{
    return c > '>' || (c > ' ' && c != '<' && c != '>' && c != '&' && c != '=') ||
           (!place->in_tag && (c == ' ' || c == '\n' || c == '\r' || c == '='));
}

/* How many bytes of a page are read. */
static gsize reach(const char *html, gsize length, HtmlWork *work)
{
    Place place = {false, 0};
    gsize at = 0;
    while (at < length && work->spent < MOST_WORK) {
        if (is_free(&place, html[at])) {
            at++;
            continue;
        }
        work->spent += cost_of(&place, html, at, length);
        work->closing += html[at] == '<' && at + 1 < length && html[at + 1] == '/';
        at++;
    }
    work->cut = work->cut || at < length;
    return at;
}

GString *html_text(const char *html, gsize length, HtmlWork *work, GString *hidden)
{
    length = reach(html, length, work);
    g_autoptr(GByteArray) unseen = g_byte_array_new();
    g_autoptr(HtmlStyle) style = html_style_new();
    g_autoptr(GString) sheet = g_string_new(NULL);
    g_autoptr(HtmlProse) prose = html_prose_new(html, length);
    GString *text = g_string_sized_new(length / 2 + 64);
    Writer writer = {.texts = {{text, true}, {hidden, true}},
                     .unseen = unseen,
                     .style = style,
                     .prose = prose,
                     .sheet = sheet,
                     .deepest = (guint)MAX(LEAST_DEPTH, DEPTH_WORK / (work->closing + 1))};
    choose_text(&writer);
    read_page(&writer);
    work->cut = work->cut || writer.cut;
    return text;
}
