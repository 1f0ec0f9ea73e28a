#include "core/line_reader.h"

#include "core/line_order.h"

#define MOST_MISSES   400000 /* hashes that may be spent on guesses */
#define MOST_DOUBTFUL 1024   /* lines that are kept of a text */
#define NOTHING       (-2)   /* no line of the code stands before */
#define FIRST_LINE    (-1)

/* A line that fits, but whose neighbours in the text are not its neighbours in the code. One guess
 * in 50,000 fits by chance, and a mail may take thousands; and a line whose last symbol is wrong
 * passes for another line of its code. */
typedef struct {
    ArmoredCode *code;
    ArmoredBlock block;
    guint32 start;
    guint32 end;
    bool firm;
} Doubtful;

/* One try: is there a block of the code at `at`? */
typedef struct {
    ArmoredCode *code;
    gsize at;
    gint32 before; /* the number of the block that ends at `at`; FIRST_LINE, NOTHING */
} Attempt;

LineReader line_reader(void)
{
    return (LineReader){.doubtful = g_array_new(FALSE, FALSE, sizeof(Doubtful))};
}

void line_reader_clear(LineReader *reader)
{
    g_clear_pointer(&reader->doubtful, g_array_unref);
}

void line_reader_open(LineReader *reader, Symbols *symbols)
{
    reader->symbols = symbols;
    reader->stream++;
    g_array_set_size(reader->doubtful, 0);
}

void line_reader_count_miss(LineReader *reader)
{
    reader->misses++;
}

bool line_reader_is_spent(const LineReader *reader)
{
    return reader->misses >= MOST_MISSES;
}

static void take(const LineReader *reader, gsize at, gsize length)
{
    for (gsize i = at; i < at + length; i++) {
        reader->symbols->marks[i] |= SYMBOL_TAKEN;
    }
}

static void note_line(const LineReader *reader, ArmoredCode *code, gint32 number, gsize at,
                      gsize length)
{
    const ArmoredPlace place = {reader->stream, number, (guint32)at, (guint32)(at + length), 0, 0};
    armored_code_note_place(code, &place);
    take(reader, at, length);
}

static bool fills_a_line(const Symbols *symbols, gsize at, gsize end)
{
    return (symbols->marks[at] & SYMBOL_LINE) != 0 &&
           (end == symbols->count || (symbols->marks[end] & SYMBOL_LINE) != 0);
}

/* The same for one line, no more. */
static bool is_a_line(const Symbols *symbols, gsize at, gsize end)
{
    for (gsize i = at + 1; i < end; i++) {
        if ((symbols->marks[i] & SYMBOL_LINE) != 0) {
            return false;
        }
    }
    return fills_a_line(symbols, at, end);
}

/* Whether the symbols are one word, no more and no less. */
static bool is_a_word(const Symbols *symbols, gsize at, gsize end)
{
    const uint8_t parted = SYMBOL_GAP | SYMBOL_LINE | SYMBOL_FOREIGN;
    for (gsize i = at + 1; i < end; i++) {
        if ((symbols->marks[i] & parted) != 0) {
            return false;
        }
    }
    return (symbols->marks[at] & parted) != 0 &&
           (end == symbols->count || (symbols->marks[end] & parted) != 0);
}

/* Whether the symbols look like a line where nothing speaks for one. A short last line may be
 * without digits, which are asked of what is no line or word of its own. */
static bool looks_like_a_line(const Symbols *symbols, gsize at, gsize length)
{
    return symbols_look_coded(symbols, at, length) || fills_a_line(symbols, at, at + length) ||
           is_a_word(symbols, at, at + length);
}

static bool try_length(LineReader *reader, const Attempt *attempt, gsize length,
                       ArmoredBlock *block)
{
    const Symbols *symbols = reader->symbols;
    const bool guess = attempt->before == NOTHING;
    if (length > symbols->count - attempt->at || line_reader_is_spent(reader) ||
        (guess && !looks_like_a_line(symbols, attempt->at, length))) {
        return false;
    }
    const char *line = symbols->symbols + attempt->at;
    /* What stands behind a line and is not the next one is prose, unless it looks like a line. */
    if (armored_code_read_block(attempt->code, line, length, block) &&
        (guess || block->number == attempt->before + 1 ||
         symbols_look_coded(symbols, attempt->at, length))) {
        return true;
    }
    reader->misses++;
    return false;
}

/* Whether what fits in one length, but is not the next line, is a chance fit, since a line of the
 * other length fits there too and fills a line of the text. */
static bool fits_better(LineReader *reader, const Attempt *attempt, gsize length, gsize other,
                        ArmoredBlock *block)
{
    const Symbols *symbols = reader->symbols;
    const gsize at = attempt->at;
    ArmoredBlock better;
    if (block->number == attempt->before + 1 || other > symbols->count - at ||
        fills_a_line(symbols, at, at + length) || !fills_a_line(symbols, at, at + other) ||
        !try_length(reader, attempt, other, &better)) {
        return false;
    }
    *block = better;
    return true;
}

/* How many symbols the block takes; 0: there is none. */
static gsize try_block(LineReader *reader, const Attempt *attempt, ArmoredBlock *block)
{
    const gint32 last = armored_code_count(attempt->code) - 1;
    const gsize short_length = armored_code_line_length(attempt->code, last);
    const bool short_first = attempt->before + 1 == last;
    const gsize first = short_first ? short_length : ARMORED_CODE_FULL;
    const gsize second = short_first ? ARMORED_CODE_FULL : short_length;
    if (try_length(reader, attempt, first, block)) {
        return first != second && fits_better(reader, attempt, first, second, block) ? second
                                                                                     : first;
    }
    /* The short one is not worth a hash once it is there. */
    const bool again = first != second && (second != short_length ||
                                           armored_code_trust(attempt->code, last) < ARMORED_SURE);
    return again && try_length(reader, attempt, second, block) ? second : 0;
}

/* The number of the line that stands at `at`; NOTHING if there is none that looks like one. */
static gint32 peek(LineReader *reader, ArmoredCode *code, gsize at)
{
    ArmoredBlock block;
    const Attempt attempt = {code, at, NOTHING};
    return try_block(reader, &attempt, &block) > 0 ? block.number : NOTHING;
}

/* Words are guessed at first, then all symbols, so that the same line may come twice. */
static bool is_doubtful(const LineReader *reader, const Doubtful *line)
{
    for (guint i = 0; i < reader->doubtful->len; i++) {
        const Doubtful *other = &g_array_index(reader->doubtful, Doubtful, i);
        if (other->start == line->start && other->code == line->code) {
            return true;
        }
    }
    return false;
}

static void add_doubtful(LineReader *reader, const Attempt *attempt, gsize length,
                         const ArmoredBlock *block, bool firm)
{
    const guint32 start = (guint32)attempt->at;
    const Doubtful line = {attempt->code, *block, start, start + (guint32)length, firm};
    armored_code_add(attempt->code, block, ARMORED_UNSURE);
    if (reader->doubtful->len < MOST_DOUBTFUL && !is_doubtful(reader, &line)) {
        g_array_append_val(reader->doubtful, line);
    }
}

/* Adds a line that is not the next one; false if it stands alone, so that it may be none. */
static bool add_out_of_order(LineReader *reader, const Attempt *attempt, gsize length,
                             const ArmoredBlock *block)
{
    const gsize end = attempt->at + length;
    const gint32 behind = peek(reader, attempt->code, end);
    if (behind == block->number + 1) {
        armored_code_add(attempt->code, block, ARMORED_SURE);
        note_line(reader, attempt->code, block->number, attempt->at, length);
        return true;
    }
    const bool fills = fills_a_line(reader->symbols, attempt->at, end);
    add_doubtful(reader, attempt, length, block,
                 fills || behind != NOTHING || attempt->before != NOTHING);
    if (fills || behind != NOTHING) {
        take(reader, attempt->at, length);
        return true;
    }
    return false;
}

/* Reads block after block; returns where the last one ends that does not stand alone. */
static gsize follow(LineReader *reader, Attempt attempt)
{
    ArmoredBlock last = {.number = NOTHING}; /* that was the next one when it was read */
    ArmoredBlock block;
    gsize length = 0;
    while ((length = try_block(reader, &attempt, &block)) > 0) {
        const bool next = block.number == attempt.before + 1;
        if (!next && !add_out_of_order(reader, &attempt, length, &block)) {
            break;
        }
        if (next) {
            armored_code_add(attempt.code, &block, ARMORED_SURE);
            note_line(reader, attempt.code, block.number, attempt.at, length);
        }
        if (next && last.number == attempt.before && last.number >= 0) {
            armored_code_add(attempt.code, &last, ARMORED_CERTAIN);
        }
        last = block;
        last.number = next ? block.number : NOTHING;
        attempt.at += length;
        attempt.before = block.number;
    }
    return attempt.at;
}

/* Takes the lines of one more copy of a code that is whole, so that nothing else is read from
 * them. */
static void pass_copy(const LineReader *reader, const ArmoredCode *code, gsize at)
{
    const Symbols *symbols = reader->symbols;
    for (gint32 number = 0; number < armored_code_count(code); number++) {
        const gsize length = armored_code_line_length(code, number);
        if (length > symbols->count - at ||
            !armored_code_is_block(code, number, symbols->symbols + at, length)) {
            return;
        }
        take(reader, at, length);
        at += length;
    }
}

void line_reader_start(LineReader *reader, ArmoredCode *code, gsize at)
{
    const gsize behind = at + ARMOR_FIRST_LINE;
    if (armored_code_jws(code) != NULL) {
        take(reader, at, ARMOR_FIRST_LINE);
        pass_copy(reader, code, behind);
        return;
    }
    note_line(reader, code, FIRST_LINE, at, ARMOR_FIRST_LINE);
    follow(reader, (Attempt){code, behind, FIRST_LINE});
}

gsize line_reader_guess(LineReader *reader, ArmoredCode *code, gsize at)
{
    return follow(reader, (Attempt){code, at, NOTHING});
}

static guint32 hash_of(const Symbols *symbols, guint32 start, guint32 end)
{
    guint32 hash = 5381;
    for (guint32 i = start; i < end; i++) {
        hash = hash * 33 + (guint8)symbols->symbols[i];
    }
    return hash;
}

/* The lines of a code in this text, sure and doubtful ones: of OrderedLine. */
static GArray *lines_of(const LineReader *reader, const ArmoredCode *code)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(OrderedLine));
    const GArray *places = armored_code_places(code);
    for (guint i = places->len; i > 0; i--) {
        const ArmoredPlace *place = &g_array_index(places, ArmoredPlace, i - 1);
        if (place->stream != reader->stream) {
            break;
        }
        const OrderedLine line = {
            .number = place->number,
            .start = place->start,
            .end = place->end,
            .sure = true,
            .firm = true,
            .fits = true,
            .hash = hash_of(reader->symbols, place->start, place->end),
        };
        g_array_append_val(lines, line);
    }
    for (guint i = 0; i < reader->doubtful->len; i++) {
        const Doubtful *doubtful = &g_array_index(reader->doubtful, Doubtful, i);
        if (doubtful->code == code) {
            const OrderedLine line = {
                .number = doubtful->block.number,
                .start = doubtful->start,
                .end = doubtful->end,
                .firm = doubtful->firm,
                .whole = is_a_line(reader->symbols, doubtful->start, doubtful->end),
                .hash = hash_of(reader->symbols, doubtful->start, doubtful->end),
                .index = i,
            };
            g_array_append_val(lines, line);
        }
    }
    return lines;
}

static void release(const LineReader *reader, const Doubtful *line)
{
    for (gsize i = line->start; i < line->end; i++) {
        reader->symbols->marks[i] &= (uint8_t)~SYMBOL_TAKEN;
    }
}

void line_reader_settle(LineReader *reader, ArmoredCode *code)
{
    g_autoptr(GArray) lines = lines_of(reader, code);
    line_order_judge(lines);
    for (guint i = 0; i < lines->len; i++) {
        const OrderedLine *line = &g_array_index(lines, OrderedLine, i);
        if (line->sure) {
            continue;
        }
        const Doubtful *doubtful = &g_array_index(reader->doubtful, Doubtful, line->index);
        if (line->fits) {
            armored_code_add(code, &doubtful->block, ARMORED_LIKELY);
            note_line(reader, code, line->number, line->start, line->end - line->start);
        } else if (line->firm) {
            release(reader, doubtful);
        }
    }
}
