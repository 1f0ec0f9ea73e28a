#include "core/code_search.h"

#include "core/damage.h"
#include "core/first_line.h"

#include <string.h>

#define MOST_MISSES 400000 /* hashes that may be spent on guesses */
#define NOTHING     (-2)   /* no line of the code stands before */
#define FIRST_LINE  (-1)

typedef struct {
    ArmoredCode *code;
    uint64_t place;
    bool active; /* not whole when this text was begun */
} Entry;

struct CodeSearch {
    GArray *entries;
    guint32 stream; /* number of the text being searched */
    unsigned misses;
    bool overflowed;
};

CodeSearch *code_search_new(void)
{
    CodeSearch *search = g_new0(CodeSearch, 1);
    search->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    return search;
}

static Entry *entry_at(const CodeSearch *search, guint index)
{
    return &g_array_index(search->entries, Entry, index);
}

static void take(Symbols *symbols, gsize at, gsize length)
{
    for (gsize i = at; i < at + length; i++) {
        symbols->marks[i] |= SYMBOL_TAKEN;
    }
}

/* One try: is there a block of the code at `at`? */
typedef struct {
    ArmoredCode *code;
    gint32 before; /* the number of the block that ends at `at`; FIRST_LINE, NOTHING */
    bool guess;    /* nothing speaks for a block here, so the symbols must look like one */
} Attempt;

static bool try_length(CodeSearch *search, const Symbols *symbols, gsize at, const Attempt *attempt,
                       gsize length, ArmoredBlock *block)
{
    if (length > symbols->count - at || search->misses >= MOST_MISSES ||
        (attempt->guess && !symbols_look_coded(symbols, at, length))) {
        return false;
    }
    if (armored_code_read_block(attempt->code, symbols->symbols + at, length, block)) {
        return true;
    }
    search->misses++;
    return false;
}

/* How many symbols the block at `at` takes; 0: there is none. */
static gsize try_block(CodeSearch *search, const Symbols *symbols, gsize at, const Attempt *attempt,
                       ArmoredBlock *block)
{
    const gint32 last = armored_code_count(attempt->code) - 1;
    const gsize short_length = armored_code_line_length(attempt->code, last);
    const bool short_first = attempt->before + 1 == last;
    const gsize first = short_first ? short_length : ARMORED_CODE_FULL;
    const gsize second = short_first ? ARMORED_CODE_FULL : short_length;
    if (try_length(search, symbols, at, attempt, first, block)) {
        return first;
    }
    /* The short one is not worth a hash once it is there. */
    const bool again =
        first != second && (second != short_length || !armored_code_has(attempt->code, last));
    return again && try_length(search, symbols, at, attempt, second, block) ? second : 0;
}

static bool fills_a_line(const Symbols *symbols, gsize at, gsize end)
{
    return (symbols->marks[at] & SYMBOL_LINE) != 0 &&
           (end == symbols->count || (symbols->marks[end] & SYMBOL_LINE) != 0);
}

/* Reads block after block from `at` on; returns where the last one ends, `at` if there is none. */
static gsize follow(CodeSearch *search, Symbols *symbols, gsize at, Attempt attempt)
{
    ArmoredBlock block;
    gsize length = 0;
    while ((length = try_block(search, symbols, at, &attempt, &block)) > 0) {
        const bool next = block.number == attempt.before + 1;
        const ArmoredPlace place = {
            search->stream, block.number, (guint32)at, (guint32)(at + length), 0, 0};
        armored_code_add(attempt.code, &block, next || fills_a_line(symbols, at, at + length));
        armored_code_note_place(attempt.code, &place);
        if (next && attempt.before >= 0) {
            armored_code_confirm(attempt.code, attempt.before);
        }
        take(symbols, at, length);
        at += length;
        attempt.before = block.number;
        attempt.guess = false;
    }
    return at;
}

static Entry *find_entry(const CodeSearch *search, const char *first_line)
{
    for (guint i = 0; i < search->entries->len; i++) {
        if (armored_code_is(entry_at(search, i)->code, first_line)) {
            return entry_at(search, i);
        }
    }
    return NULL;
}

/* The entry of the code whose first line stands at `at`; NULL if there is none, or too many. */
static Entry *entry_for(CodeSearch *search, Symbols *symbols, gsize at, uint64_t place)
{
    const char *line = symbols->symbols + at;
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    Entry *known = find_entry(search, line);
    if (known == NULL && (search->misses >= MOST_MISSES || !first_line_fits(line, &kind))) {
        search->misses++;
        return NULL;
    }
    take(symbols, at, ARMOR_FIRST_LINE);
    if (known != NULL) {
        return known;
    }
    if (search->entries->len == CODE_SEARCH_MOST) {
        search->overflowed = true;
        search->misses++;
        return NULL;
    }
    const Entry entry = {armored_code_new(line), place + symbols_place(symbols, at), true};
    g_array_append_val(search->entries, entry);
    return entry_at(search, search->entries->len - 1);
}

static void start_at(CodeSearch *search, Symbols *symbols, gsize at, uint64_t place)
{
    const Entry *entry = entry_for(search, symbols, at, place);
    if (entry == NULL || !entry->active) {
        return;
    }
    const ArmoredPlace first = {
        search->stream, FIRST_LINE, (guint32)at, (guint32)(at + ARMOR_FIRST_LINE), 0, 0};
    armored_code_note_place(entry->code, &first);
    follow(search, symbols, at + ARMOR_FIRST_LINE, (Attempt){entry->code, FIRST_LINE, false});
}

/* Finds all first lines and what follows them. */
static void read_starts(CodeSearch *search, Symbols *symbols, uint64_t place)
{
    const char *end = symbols->symbols + symbols->count;
    const char *at = symbols->symbols;
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    while (symbols->count > 0 && (at = memmem(at, (gsize)(end - at), "CHAR", 4)) != NULL) {
        if (end - at >= ARMOR_FIRST_LINE && first_line_starts(at, &kind)) {
            start_at(search, symbols, (gsize)(at - symbols->symbols), place);
        }
        at++;
    }
}

/* Whether one of the codes that are not whole goes on at `at`; returns where it ends. */
static gsize guess_at(CodeSearch *search, Symbols *symbols, gsize at)
{
    for (guint i = 0; i < search->entries->len; i++) {
        const Entry *entry = entry_at(search, i);
        if (!entry->active || armored_code_jws(entry->code) != NULL) {
            continue;
        }
        const gsize end = follow(search, symbols, at, (Attempt){entry->code, NOTHING, true});
        if (end > at) {
            return end;
        }
    }
    return at;
}

/* Guesses at every symbol not taken yet that has one of `marks` (0: at every one). */
static void guess_everywhere(CodeSearch *search, Symbols *symbols, uint8_t marks)
{
    gsize at = 0;
    while (at < symbols->count && search->misses < MOST_MISSES && code_search_is_wanting(search)) {
        const uint8_t mark = symbols->marks[at];
        const bool candidate = (mark & SYMBOL_TAKEN) == 0 && (marks == 0 || (mark & marks) != 0);
        const gsize end = candidate ? guess_at(search, symbols, at) : at;
        at = MAX(end, at + 1);
    }
}

void code_search_read(CodeSearch *search, Symbols *symbols, uint64_t place, bool thorough)
{
    search->stream++;
    for (guint i = 0; i < search->entries->len; i++) {
        Entry *entry = entry_at(search, i);
        entry->active = armored_code_jws(entry->code) == NULL;
    }
    read_starts(search, symbols, place);
    if (!thorough || !code_search_is_wanting(search)) {
        return;
    }
    guess_everywhere(search, symbols, SYMBOL_LINE | SYMBOL_GAP);
    guess_everywhere(search, symbols, 0);
    for (guint i = 0; i < search->entries->len; i++) {
        ArmoredCode *code = entry_at(search, i)->code;
        if (armored_code_jws(code) == NULL) {
            damage_note(code, symbols, search->stream);
        }
    }
}

bool code_search_is_wanting(const CodeSearch *search)
{
    for (guint i = 0; i < search->entries->len; i++) {
        if (armored_code_jws(entry_at(search, i)->code) == NULL) {
            return true;
        }
    }
    return false;
}

bool code_search_overflowed(const CodeSearch *search)
{
    return search->overflowed;
}

guint code_search_count(const CodeSearch *search)
{
    return search->entries->len;
}

ArmoredCode *code_search_get(const CodeSearch *search, guint index, uint64_t *place)
{
    const Entry *entry = entry_at(search, index);
    if (place != NULL) {
        *place = entry->place;
    }
    return entry->code;
}

void code_search_free(CodeSearch *search)
{
    if (search == NULL) {
        return;
    }
    for (guint i = 0; i < search->entries->len; i++) {
        armored_code_free(entry_at(search, i)->code);
    }
    g_array_unref(search->entries);
    g_free(search);
}
