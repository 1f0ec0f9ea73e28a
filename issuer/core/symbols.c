#include "core/symbols.h"

#include "base/text.h"
#include "core/crockford.h"

#include <string.h>

#define SYMBOL_WORD    (SYMBOL_GAP | SYMBOL_LINE | SYMBOL_TAKEN)
#define LONG_WORD      16 /* symbols; a word of prose is shorter */
#define LONG_LINES     36 /* symbols; lines of prose without a foreign letter are shorter */
#define DIGITS_ONE_IN  15 /* fewer digits than that are no code (a code has one in three) */
#define MOST_UNSURE    12 /* symbols of short words without digits, in a row, within a code */
#define FULLWIDTH_FROM 0xFF01
#define FULLWIDTH_TO   0xFF5E
#define FULLWIDTH_LESS 0xFEE0
#define REPLACEMENT    0xFFFD /* for each byte that is no text: a hostile mail may be full of them */

/* Whether the symbol itself says that it is a letter of one case: look-alikes do not, since a
 * reader's l for 1 is no change of case. */
static uint8_t mark_of_symbol(char c)
{
    if (g_ascii_isdigit(c)) {
        return SYMBOL_DIGIT;
    }
    if (strchr("oOiIlL", c) != NULL) {
        return 0;
    }
    return g_ascii_isupper(c) ? SYMBOL_UPPER : SYMBOL_LOWER;
}

Symbols *symbols_new(void)
{
    Symbols *symbols = g_new0(Symbols, 1);
    symbols->lines = g_array_new(FALSE, FALSE, sizeof(SymbolLine));
    for (int c = 0; c < 128; c++) {
        const int value = crockford_value((char)c);
        if (value >= 0) {
            symbols->symbol_of[c] = crockford_symbol((uint32_t)value);
            symbols->mark_of[c] = mark_of_symbol((char)c);
        } else if (c == '\n' || c == '\r') {
            symbols->mark_of[c] = SYMBOL_LINE;
        } else {
            symbols->mark_of[c] = g_ascii_isalpha(c) ? SYMBOL_FOREIGN : SYMBOL_GAP;
        }
    }
    return symbols;
}

bool symbols_is_unseen(gunichar c)
{
    return c == 0x00AD || c == 0x034F || c == 0x061C || (c >= 0x115F && c <= 0x1160) ||
           (c >= 0x17B4 && c <= 0x17B5) || (c >= 0x180B && c <= 0x180F) ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) ||
           c == 0xFEFF || c == 0xFFA0 || (c >= 0xFFF0 && c <= 0xFFF8) ||
           (c >= 0xE0000 && c <= 0xE0FFF);
}

static bool is_line_break(gunichar c)
{
    return c == 0x0085 || c == 0x2028 || c == 0x2029;
}

/* What a character beyond ASCII says about the next symbol. */
static uint8_t mark_of_wide(gunichar c)
{
    if (symbols_is_unseen(c)) {
        return 0;
    }
    if (is_line_break(c)) {
        return SYMBOL_LINE;
    }
    return g_unichar_isalnum(c) ? SYMBOL_FOREIGN : SYMBOL_GAP;
}

typedef struct {
    Symbols *symbols;
    uint8_t pending; /* marks for the next symbol */
} Writer;

static void put_symbol(Writer *writer, char symbol, uint8_t mark, gsize from)
{
    Symbols *symbols = writer->symbols;
    if ((writer->pending & SYMBOL_LINE) != 0) {
        const SymbolLine line = {(guint32)symbols->count, (guint32)from};
        g_array_append_val(symbols->lines, line);
    }
    symbols->symbols[symbols->count] = symbol;
    symbols->marks[symbols->count] = writer->pending | mark;
    symbols->count++;
    writer->pending = 0;
}

static void put_mark(Writer *writer, uint8_t mark)
{
    /* A second line break without a symbol between: an empty line, or one of decoration alone. */
    if ((mark & SYMBOL_LINE) != 0 && (writer->pending & SYMBOL_LINE) != 0) {
        mark |= SYMBOL_APART;
    }
    writer->pending |= mark;
}

/* Reads the character beyond ASCII at `from`; its length in bytes. */
static gsize put_wide(Writer *writer, const char *text, gsize length, gsize from)
{
    const Symbols *symbols = writer->symbols;
    gunichar c = 0;
    const gsize taken = text_read_utf8(text + from, length - from, &c);
    if (taken == 0) {
        return 1;
    }
    if (c >= FULLWIDTH_FROM && c <= FULLWIDTH_TO) {
        const gunichar ascii = c - FULLWIDTH_LESS;
        if (symbols->symbol_of[ascii] != 0) {
            put_symbol(writer, symbols->symbol_of[ascii], symbols->mark_of[ascii], from);
        } else {
            put_mark(writer, symbols->mark_of[ascii]);
        }
    } else {
        put_mark(writer, c == REPLACEMENT ? SYMBOL_GAP : mark_of_wide(c));
    }
    return taken;
}

static void make_room(Symbols *symbols, gsize length)
{
    if (symbols->room < length) {
        symbols->room = length;
        symbols->symbols = g_realloc(symbols->symbols, length);
        symbols->marks = g_realloc(symbols->marks, length);
    }
    symbols->count = 0;
    g_array_set_size(symbols->lines, 0);
}

/* Reads the rest of a line as far as it is ASCII; `from` is behind a symbol. This is where the time
 * goes, so it has no branch that depends on whether a character is a symbol. */
static gsize read_ascii(Writer *writer, const char *text, gsize length, gsize from)
{
    Symbols *symbols = writer->symbols;
    char *out = symbols->symbols;
    uint8_t *marks = symbols->marks;
    gsize count = symbols->count;
    uint8_t pending = 0;
    gsize at = from;
    for (; at < length; at++) {
        const uint8_t byte = (uint8_t)text[at];
        if (byte >= 128 || byte == '\n' || byte == '\r') {
            break;
        }
        const char symbol = symbols->symbol_of[byte];
        const uint8_t seen = pending | symbols->mark_of[byte];
        out[count] = symbol;
        marks[count] = seen;
        count += symbol != 0;
        pending = symbol != 0 ? 0 : seen;
    }
    symbols->count = count;
    writer->pending = pending;
    return at;
}

void symbols_read(Symbols *symbols, const char *text, gsize length)
{
    g_assert(length < G_MAXUINT32);
    make_room(symbols, length + 1);
    Writer writer = {symbols, SYMBOL_LINE};
    gsize at = 0;
    while (at < length) {
        const uint8_t byte = (uint8_t)text[at];
        if (byte >= 128) {
            at += put_wide(&writer, text, length, at);
        } else if (symbols->symbol_of[byte] != 0) {
            put_symbol(&writer, symbols->symbol_of[byte], symbols->mark_of[byte], at);
            at = read_ascii(&writer, text, length, at + 1);
        } else {
            const bool crlf = byte == '\r' && at + 1 < length && text[at + 1] == '\n';
            put_mark(&writer, symbols->mark_of[byte]);
            at += crlf ? 2 : 1;
        }
    }
}

gsize symbols_place(const Symbols *symbols, gsize index)
{
    guint low = 0;
    guint high = symbols->lines->len;
    while (high - low > 1) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(symbols->lines, SymbolLine, middle).first <= index) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high == 0 ? 0 : g_array_index(symbols->lines, SymbolLine, low).from;
}

bool symbols_look_coded(const Symbols *symbols, gsize at, gsize length)
{
    gsize digits = 0;
    uint8_t inside = 0; /* the marks between the symbols */
    for (gsize i = at; i < at + length; i++) {
        digits += (symbols->marks[i] & SYMBOL_DIGIT) != 0;
        inside |= i > at ? symbols->marks[i] : 0;
    }
    return digits >= MAX(length / DIGITS_ONE_IN, 1) &&
           (inside & (SYMBOL_FOREIGN | SYMBOL_TAKEN)) == 0;
}

/* One word: the symbols from `at` to `end`, and what is written in it. */
typedef struct {
    gsize end;
    gsize digits;
    uint8_t marks; /* of all its symbols together */
} Word;

static Word read_word(const Symbols *symbols, gsize at)
{
    Word word = {at, 0, 0};
    do {
        word.marks |= symbols->marks[word.end];
        word.digits += (symbols->marks[word.end] & SYMBOL_DIGIT) != 0;
        word.end++;
        /* A line that is taken begins a word of its own, even where nothing stands before it. */
    } while (word.end < symbols->count && (symbols->marks[word.end] & SYMBOL_WORD) == 0);
    return word;
}

static bool word_is_foreign(const Word *word)
{
    const uint8_t both = SYMBOL_UPPER | SYMBOL_LOWER;
    return (word->marks & (SYMBOL_FOREIGN | SYMBOL_TAKEN)) != 0 || (word->marks & both) == both;
}

/* Whether the lines from `at` to the next empty one are some of a code, though they are written in
 * short groups. */
static bool lines_are_coded(const Symbols *symbols, gsize at)
{
    gsize end = MIN(at + 1, symbols->count);
    while (end < symbols->count && end - at < LONG_LINES &&
           (symbols->marks[end] & SYMBOL_APART) == 0) {
        end++;
    }
    return end - at >= LONG_LINES && symbols_look_coded(symbols, at, end - at);
}

/* What was seen of the line breaks in a stretch. */
typedef struct {
    bool any;
    bool single; /* one without an empty line */
} Breaks;

/* Whether a short word after an empty line is the text going on, such as a signature's name. Where
 * an empty line stands behind each line, it says nothing. */
static bool is_other_text(const Symbols *symbols, gsize at, gsize end, Breaks breaks)
{
    return end - at < LONG_WORD && (symbols->marks[at] & SYMBOL_APART) != 0 &&
           (breaks.single || !breaks.any) && !lines_are_coded(symbols, at) &&
           !lines_are_coded(symbols, end);
}

static void note_break(uint8_t marks, Breaks *breaks)
{
    const bool line = (marks & SYMBOL_LINE) != 0;
    breaks->any = breaks->any || line;
    breaks->single = breaks->single || (line && (marks & SYMBOL_APART) == 0);
}

gsize symbols_code_stretch(const Symbols *symbols, gsize at)
{
    gsize sure = at;   /* the end of what looks like code */
    gsize unsure = at; /* the end of the short words behind it that may belong to it */
    Breaks breaks = {false, false};
    while (unsure < symbols->count) {
        const Word word = read_word(symbols, unsure);
        const gsize length = word.end - unsure;
        if (word_is_foreign(&word) ||
            (unsure > at && is_other_text(symbols, unsure, word.end, breaks)) ||
            (length >= LONG_WORD && word.digits * DIGITS_ONE_IN < length)) {
            break;
        }
        note_break(symbols->marks[unsure], &breaks);
        if (word.digits > 0) {
            sure = word.end;
        } else if (word.end - sure > MOST_UNSURE) {
            break;
        }
        unsure = word.end;
    }
    return sure - at;
}

void symbols_free(Symbols *symbols)
{
    if (symbols == NULL) {
        return;
    }
    g_array_unref(symbols->lines);
    g_free(symbols->symbols);
    g_free(symbols->marks);
    g_free(symbols);
}
