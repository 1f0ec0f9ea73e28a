#include "mail/charset.h"
#include "mail/code_page.h"
#include "mail/rtf.h"
#include "mail/rtf_words.h"

#include <string.h>

#define MAX_GROUPS      1000 /* within each other; deeper ones share the state of the last of these */
#define MAX_FONTS       4096    /* whose code pages are kept */
#define MAX_NUMBER      1000000 /* of a control word; none that is read is higher */
#define MAX_CONVERSIONS 50000   /* a converter is opened for each; then accents may be wrong */
#define MAX_SKIPPED     255     /* characters that stand for a Unicode one */

typedef enum {
    SHOWN,
    SKIPPED,
    FONTS,
    HTML_TAG,
} Destination;

/* What a group has of its own: it holds until the group ends. */
typedef struct {
    Destination destination;
    bool hidden;
    bool not_html;
    guint unicode_skip;
    guint code_page; /* of its font; 0: the document's */
} Group;

typedef struct {
    const char *at;
    const char *end;
    Group group;
    GArray *outer;     /* of Group, those around it */
    gsize deeper;      /* groups beyond MAX_GROUPS */
    GHashTable *fonts; /* number to code page */
    guint font;        /* that the font table is about */
    guint first_font;
    guint document_code_page;
    bool is_html;
    bool starred;   /* the group's first word is one to be skipped if it is not known */
    guint skip;     /* characters still to be passed over, for a Unicode one said the same */
    gunichar high;  /* the first half of a surrogate pair, or 0 */
    GString *bytes; /* text in `bytes_page` that is not converted yet */
    guint bytes_page;
    guint conversions;
    GString *out;
} Reader;

/* A control word's number; where it has none, 1 where it switches something on. */
typedef struct {
    bool given;
    int value;
} Number;

static bool is_visible(const Reader *reader)
{
    const Group *group = &reader->group;
    return group->destination == HTML_TAG ||
           (group->destination == SHOWN && !group->hidden && !(reader->is_html && group->not_html));
}

static bool is_ascii(const GString *bytes)
{
    for (gsize i = 0; i < bytes->len; i++) {
        if ((guchar)bytes->str[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static void append_latin1(GString *out, const GString *bytes)
{
    for (gsize i = 0; i < bytes->len; i++) {
        g_string_append_unichar(out, (guchar)bytes->str[i]);
    }
}

/* Converts the bytes that have been put by. */
static void flush(Reader *reader)
{
    if (reader->bytes->len == 0) {
        return;
    }
    if (is_ascii(reader->bytes)) {
        g_string_append_len(reader->out, reader->bytes->str, (gssize)reader->bytes->len);
    } else if (reader->conversions++ >= MAX_CONVERSIONS) {
        append_latin1(reader->out, reader->bytes);
    } else {
        g_auto(CharsetText) text = charset_read(code_page_label(reader->bytes_page),
                                                reader->bytes->str, reader->bytes->len);
        g_string_append_len(reader->out, text.text, (gssize)text.length);
    }
    g_string_truncate(reader->bytes, 0);
}

/* The code page that text is in here. Pieces of the HTML are in the document's (MS-OXRTFEX). */
static guint code_page(const Reader *reader)
{
    const bool own = reader->group.destination != HTML_TAG && reader->group.code_page != 0;
    return own ? reader->group.code_page : reader->document_code_page;
}

/* Puts by a byte of text. A character may have several, and not all of them be written alike; so
 * they are converted together. */
static void put_byte(Reader *reader, char byte)
{
    const guint page = code_page(reader);
    if (page != reader->bytes_page) {
        flush(reader);
        reader->bytes_page = page;
    }
    g_string_append_c(reader->bytes, byte);
}

/* What is text to RTF is text to a reader of the HTML; but its references are HTML's already. */
static void put_html_byte(Reader *reader, char byte)
{
    const char *escaped = byte == '<' ? "&lt;" : "&gt;";
    if (byte != '<' && byte != '>') {
        put_byte(reader, byte);
        return;
    }
    for (; *escaped != '\0'; escaped++) {
        put_byte(reader, *escaped);
    }
}

/* A byte that was written as itself or as \'xx. */
static void text_byte(Reader *reader, char byte)
{
    reader->starred = false;
    if (reader->skip > 0) {
        reader->skip--;
    } else if (is_visible(reader)) {
        if (reader->is_html && reader->group.destination == SHOWN) {
            put_html_byte(reader, byte);
        } else {
            put_byte(reader, byte);
        }
    }
}

static void put_unicode(Reader *reader, gunichar character)
{
    if (is_visible(reader) && g_unichar_validate(character) && character != 0) {
        flush(reader);
        g_string_append_unichar(reader->out, character);
    }
}

/* The text that a control word or symbol stands for. */
static void put_text(Reader *reader, const char *text)
{
    if (reader->skip > 0) {
        reader->skip--;
    } else if (text[0] != '\0' && (guchar)text[0] >= 0x80) {
        put_unicode(reader, g_utf8_get_char(text));
    } else if (text[0] != '\0' && is_visible(reader)) {
        put_byte(reader, text[0]); /* the same in every code page that RTF is in */
    }
}

/* \uN: UTF-16, as a signed number. */
static void read_unicode(Reader *reader, int value)
{
    const gunichar unit = (gunichar)(value & 0xFFFF);
    if (unit >= 0xD800 && unit < 0xDC00) {
        reader->high = unit;
    } else if (unit >= 0xDC00 && unit < 0xE000) {
        if (reader->high != 0) {
            put_unicode(reader, 0x10000 + ((reader->high - 0xD800) << 10) + (unit - 0xDC00));
        }
        reader->high = 0;
    } else {
        put_unicode(reader, unit);
        reader->high = 0;
    }
    reader->skip = reader->group.unicode_skip;
}

static void open_group(Reader *reader)
{
    reader->skip = 0;
    reader->starred = false;
    if (reader->outer->len >= MAX_GROUPS) {
        reader->deeper++;
    } else {
        g_array_append_val(reader->outer, reader->group);
    }
}

static void close_group(Reader *reader)
{
    reader->skip = 0;
    reader->starred = false;
    if (reader->deeper > 0) {
        reader->deeper--;
    } else if (reader->outer->len > 0) {
        reader->group = g_array_index(reader->outer, Group, reader->outer->len - 1);
        g_array_set_size(reader->outer, reader->outer->len - 1);
    }
}

static guint font_code_page(const Reader *reader, guint font)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(reader->fonts, GUINT_TO_POINTER(font)));
}

static void set_font_code_page(Reader *reader, guint page)
{
    const bool known =
        g_hash_table_size(reader->fonts) < MAX_FONTS || font_code_page(reader, reader->font) != 0;
    if (reader->group.destination == FONTS && page != 0 && known) {
        g_hash_table_insert(reader->fonts, GUINT_TO_POINTER(reader->font), GUINT_TO_POINTER(page));
    }
}

static void choose_font(Reader *reader, guint font)
{
    if (reader->group.destination == FONTS) {
        reader->font = font;
    } else {
        reader->group.code_page = font_code_page(reader, font);
    }
}

static void set_destination(Reader *reader, Destination destination)
{
    if (reader->group.destination != SKIPPED) {
        reader->group.destination = destination;
    }
}

/* Passes over bytes that are no RTF. */
static void skip_bytes(Reader *reader, Number count)
{
    const gsize left = (gsize)(reader->end - reader->at);
    reader->at += count.given && count.value > 0 ? MIN((gsize)count.value, left) : 0;
    reader->skip -= reader->skip > 0;
}

/* Words about fonts and code pages. */
static void obey_font_word(Reader *reader, const RtfWord *word, Number number)
{
    const guint value = number.given && number.value > 0 ? (guint)number.value : 0;
    switch (word->kind) {
    case RTF_WORD_FONT:
        choose_font(reader, value);
        break;
    case RTF_WORD_FONT_CHARSET:
        set_font_code_page(reader, code_page_of_font(value));
        break;
    case RTF_WORD_CODE_PAGE:
        set_font_code_page(reader, value);
        break;
    case RTF_WORD_DOCUMENT_CODE_PAGE:
        reader->document_code_page = word->code_page != 0 ? word->code_page : value;
        break;
    case RTF_WORD_FIRST_FONT:
        reader->first_font = value;
        break;
    case RTF_WORD_PLAIN:
        reader->group.hidden = false;
        choose_font(reader, reader->first_font);
        break;
    default:
        break;
    }
}

static void obey(Reader *reader, const RtfWord *word, Number number)
{
    const bool on = !number.given || number.value != 0;
    switch (word->kind) {
    case RTF_WORD_TEXT:
        put_text(reader, word->text);
        break;
    case RTF_WORD_SKIP:
        set_destination(reader, SKIPPED);
        break;
    case RTF_WORD_FONTS:
        set_destination(reader, FONTS);
        break;
    case RTF_WORD_HTML_TAG:
        set_destination(reader, reader->is_html ? HTML_TAG : SKIPPED);
        break;
    case RTF_WORD_HTML_SKIP:
        reader->group.not_html = on;
        break;
    case RTF_WORD_FROM_HTML:
        reader->is_html = on;
        break;
    case RTF_WORD_HIDDEN:
        reader->group.hidden = on;
        break;
    case RTF_WORD_UNICODE:
        read_unicode(reader, number.value);
        break;
    case RTF_WORD_UNICODE_SKIP:
        reader->group.unicode_skip = (guint)CLAMP(number.given ? number.value : 1, 0, MAX_SKIPPED);
        break;
    case RTF_WORD_BYTES:
        skip_bytes(reader, number);
        break;
    default:
        obey_font_word(reader, word, number);
        break;
    }
}

/* The number after a control word, and the blank that ends it. */
static Number read_number(Reader *reader)
{
    Number number = {0};
    const char *at = reader->at;
    const bool negative = at < reader->end && *at == '-';
    at += negative;
    for (; at < reader->end && g_ascii_isdigit(*at); at++) {
        number.given = true;
        number.value = MIN(number.value * 10 + (*at - '0'), MAX_NUMBER);
    }
    reader->at = number.given ? at : reader->at;
    number.value = negative ? -number.value : number.value;
    reader->at += reader->at < reader->end && *reader->at == ' ';
    return number;
}

static void read_word(Reader *reader)
{
    const char *name = reader->at;
    while (reader->at < reader->end && g_ascii_isalpha(*reader->at)) {
        reader->at++;
    }
    const RtfWord *word = rtf_words_find(name, (gsize)(reader->at - name));
    const Number number = read_number(reader);
    const bool unknown = reader->starred && word->kind != RTF_WORD_HTML_TAG;
    reader->starred = false;
    if (unknown) {
        set_destination(reader, SKIPPED);
    }
    if (!unknown || word->kind == RTF_WORD_BYTES) {
        obey(reader, word, number);
    }
}

/* \'xx; what has no two hex digits says nothing. */
static void read_hex(Reader *reader)
{
    if (reader->end - reader->at < 2 || !g_ascii_isxdigit(reader->at[0]) ||
        !g_ascii_isxdigit(reader->at[1])) {
        return;
    }
    const int byte = g_ascii_xdigit_value(reader->at[0]) << 4 | g_ascii_xdigit_value(reader->at[1]);
    reader->at += 2;
    text_byte(reader, (char)byte);
}

/* What follows a backslash and is no letter. */
static void read_symbol(Reader *reader)
{
    const char symbol = *reader->at++;
    switch (symbol) {
    case '\'':
        read_hex(reader);
        break;
    case '*':
        reader->starred = true;
        break;
    case '\\':
    case '{':
    case '}':
        text_byte(reader, symbol);
        break;
    case '\r': /* a line's end with a backslash before it is \par */
        reader->at += reader->at < reader->end && *reader->at == '\n';
        put_text(reader, "\n");
        break;
    case '\n':
        put_text(reader, "\n");
        break;
    case '\t':
        put_text(reader, "\t");
        break;
    case '~':
        put_text(reader, "\xC2\xA0");
        break;
    case '_': /* a hyphen that no line breaks at */
        put_text(reader, "-");
        break;
    default: /* "\-" may become a hyphen, and is none as it stands */
        break;
    }
}

static void read_control(Reader *reader)
{
    if (reader->at == reader->end) {
        return;
    }
    if (g_ascii_isalpha(*reader->at)) {
        read_word(reader);
    } else {
        read_symbol(reader);
    }
}

static void read_all(Reader *reader)
{
    while (reader->at < reader->end) {
        const char c = *reader->at++;
        if (c == '\\') {
            read_control(reader);
        } else if (c == '{') {
            open_group(reader);
        } else if (c == '}') {
            close_group(reader);
        } else if (c != '\r' && c != '\n' && c != '\0') {
            text_byte(reader, c);
        }
    }
    flush(reader);
}

GString *rtf_text(const char *rtf, gsize length, bool *is_html)
{
    const char *start = length == 0 ? "" : rtf; // an empty array has no bytes to point to
    Reader reader = {.at = start, .end = start + length, .group = {.unicode_skip = 1}};
    g_autoptr(GArray) outer = g_array_new(FALSE, FALSE, sizeof(Group));
    g_autoptr(GHashTable) fonts = g_hash_table_new(NULL, NULL);
    reader.outer = outer;
    reader.fonts = fonts;
    reader.bytes = g_string_new(NULL);
    reader.out = g_string_sized_new(length / 2);
    read_all(&reader);
    g_string_free(reader.bytes, TRUE);
    *is_html = reader.is_html;
    return reader.out;
}
