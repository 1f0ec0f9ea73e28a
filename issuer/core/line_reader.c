#include "core/line_reader.h"

#define MOST_MISSES 400000 /* hashes that may be spent on guesses */
#define MOST_LONELY 256    /* that are kept of a text */
#define NEAR_LINES  8      /* lines between a lonely line and one that speaks for it */
#define NEAR_SLACK  3      /* symbols lost or added a line between them */
#define NOTHING     (-2)   /* no line of the code stands before */
#define FIRST_LINE  (-1)

/* A line that fits where it was guessed, with no other line beside it. One guess in 50,000 fits by
 * chance, and a mail may take thousands. */
typedef struct {
    ArmoredCode *code;
    ArmoredBlock block;
    gsize at;
    gsize length;
} Lonely;

/* One try: is there a block of the code at `at`? */
typedef struct {
    ArmoredCode *code;
    gsize at;
    gint32 before; /* the number of the block that ends at `at`; FIRST_LINE, NOTHING */
} Attempt;

LineReader line_reader(void)
{
    return (LineReader){.lonely = g_array_new(FALSE, FALSE, sizeof(Lonely))};
}

void line_reader_clear(LineReader *reader)
{
    g_clear_pointer(&reader->lonely, g_array_unref);
}

void line_reader_open(LineReader *reader, Symbols *symbols)
{
    reader->symbols = symbols;
    reader->stream++;
    g_array_set_size(reader->lonely, 0);
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

static bool try_length(LineReader *reader, const Attempt *attempt, gsize length,
                       ArmoredBlock *block)
{
    const Symbols *symbols = reader->symbols;
    const bool guess = attempt->before == NOTHING;
    if (length > symbols->count - attempt->at || line_reader_is_spent(reader) ||
        (guess && !symbols_look_coded(symbols, attempt->at, length))) {
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

/* How many symbols the block takes; 0: there is none. */
static gsize try_block(LineReader *reader, const Attempt *attempt, ArmoredBlock *block)
{
    const gint32 last = armored_code_count(attempt->code) - 1;
    const gsize short_length = armored_code_line_length(attempt->code, last);
    const bool short_first = attempt->before + 1 == last;
    const gsize first = short_first ? short_length : ARMORED_CODE_FULL;
    const gsize second = short_first ? ARMORED_CODE_FULL : short_length;
    if (try_length(reader, attempt, first, block)) {
        return first;
    }
    /* The short one is not worth a hash once it is there. */
    const bool again =
        first != second && (second != short_length || !armored_code_has(attempt->code, last));
    return again && try_length(reader, attempt, second, block) ? second : 0;
}

static bool fills_a_line(const Symbols *symbols, gsize at, gsize end)
{
    return (symbols->marks[at] & SYMBOL_LINE) != 0 &&
           (end == symbols->count || (symbols->marks[end] & SYMBOL_LINE) != 0);
}

/* Whether the block that was read has more than its check for it: another line of the code before
 * or behind it, or a line of the text to itself. */
static bool is_sure(LineReader *reader, const Attempt *attempt, gsize length)
{
    ArmoredBlock next;
    const gsize end = attempt->at + length;
    const Attempt behind = {attempt->code, end, NOTHING};
    return attempt->before != NOTHING || fills_a_line(reader->symbols, attempt->at, end) ||
           try_block(reader, &behind, &next) > 0;
}

/* Words are guessed at first, then all symbols, so that the same line may come twice. */
static bool is_lonely(const LineReader *reader, const Attempt *attempt)
{
    for (guint i = 0; i < reader->lonely->len; i++) {
        const Lonely *lonely = &g_array_index(reader->lonely, Lonely, i);
        if (lonely->at == attempt->at && lonely->code == attempt->code) {
            return true;
        }
    }
    return false;
}

static void add_lonely(LineReader *reader, const Attempt *attempt, gsize length,
                       const ArmoredBlock *block)
{
    const Lonely lonely = {attempt->code, *block, attempt->at, length};
    armored_code_add(attempt->code, block, false);
    if (reader->lonely->len < MOST_LONELY && !is_lonely(reader, attempt)) {
        g_array_append_val(reader->lonely, lonely);
    }
}

/* Reads block after block; returns where the last one ends that is sure. */
static gsize follow(LineReader *reader, Attempt attempt)
{
    ArmoredBlock block;
    gsize length = 0;
    while ((length = try_block(reader, &attempt, &block)) > 0) {
        if (!is_sure(reader, &attempt, length)) {
            add_lonely(reader, &attempt, length, &block);
            break;
        }
        armored_code_add(attempt.code, &block, true);
        note_line(reader, attempt.code, block.number, attempt.at, length);
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

/* Whether the line stands where it should from another one that is there for sure. */
static bool is_beside(const Lonely *lonely, const ArmoredPlace *place)
{
    const bool first = place->number == FIRST_LINE;
    const gint64 from = first ? (gint64)place->end - ARMORED_CODE_FULL : place->start;
    const gint64 lines = lonely->block.number - place->number;
    const gint64 off = (gint64)lonely->at - from - lines * ARMORED_CODE_FULL;
    return lines != 0 && ABS(lines) <= NEAR_LINES && ABS(off) <= NEAR_SLACK * ABS(lines);
}

static bool is_near_a_line(const LineReader *reader, const Lonely *lonely)
{
    const GArray *places = armored_code_places(lonely->code);
    for (guint i = places->len; i > 0; i--) {
        const ArmoredPlace *place = &g_array_index(places, ArmoredPlace, i - 1);
        if (place->stream != reader->stream) {
            return false;
        }
        if (is_beside(lonely, place)) {
            return true;
        }
    }
    return false;
}

void line_reader_settle(LineReader *reader)
{
    for (guint i = 0; i < reader->lonely->len; i++) {
        const Lonely *lonely = &g_array_index(reader->lonely, Lonely, i);
        const bool taken = (reader->symbols->marks[lonely->at] & SYMBOL_TAKEN) != 0;
        if (!taken && is_near_a_line(reader, lonely)) {
            armored_code_add(lonely->code, &lonely->block, true);
            note_line(reader, lonely->code, lonely->block.number, lonely->at, lonely->length);
        }
    }
}
