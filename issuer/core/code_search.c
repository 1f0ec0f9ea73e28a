#include "core/code_search.h"

#include "core/damage.h"
#include "core/first_line.h"
#include "core/line_reader.h"

#include <string.h>

typedef struct {
    ArmoredCode *code;
    uint64_t place;
} Entry;

struct CodeSearch {
    GArray *entries;
    LineReader reader;
    bool overflowed;
    ArmorKind left_out; /* if it overflowed: as code_search_overflowed() tells it */
};

CodeSearch *code_search_new(void)
{
    CodeSearch *search = g_new0(CodeSearch, 1);
    search->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    search->reader = line_reader();
    return search;
}

static Entry *entry_at(const CodeSearch *search, guint index)
{
    return &g_array_index(search->entries, Entry, index);
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

/* There is one first line too many. */
static void note_left_out(CodeSearch *search, ArmorKind kind)
{
    if (!search->overflowed || search->left_out == ARMOR_USAGE_LICENSE) {
        search->left_out = kind;
    }
    search->overflowed = true;
}

/* The entry of the code whose first line stands at `at`; NULL if there is none, or too many. */
static Entry *entry_for(CodeSearch *search, const Symbols *symbols, gsize at, uint64_t place)
{
    const char *line = symbols->symbols + at;
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    Entry *known = find_entry(search, line);
    if (known != NULL) {
        return known;
    }
    if (line_reader_is_spent(&search->reader) || !first_line_fits(line, &kind)) {
        line_reader_count_miss(&search->reader);
        return NULL;
    }
    if (search->entries->len == CODE_SEARCH_MOST) {
        note_left_out(search, kind);
        line_reader_count_miss(&search->reader);
        return NULL;
    }
    const Entry entry = {armored_code_new(line), place + symbols_place(symbols, at)};
    g_array_append_val(search->entries, entry);
    return entry_at(search, search->entries->len - 1);
}

/* Finds all first lines and what follows them. */
static void read_starts(CodeSearch *search, const Symbols *symbols, uint64_t place)
{
    const char *end = symbols->symbols + symbols->count;
    const char *at = symbols->symbols;
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    while (symbols->count > 0 && (at = first_line_next(at, end)) != NULL) {
        if (end - at >= ARMOR_FIRST_LINE && first_line_starts(at, &kind)) {
            const gsize index = (gsize)(at - symbols->symbols);
            const Entry *entry = entry_for(search, symbols, index, place);
            if (entry != NULL) {
                line_reader_start(&search->reader, entry->code, index);
            }
        }
        at++;
    }
}

/* Whether one of the codes that are not whole goes on at `at`; returns where it ends. */
static gsize guess_at(CodeSearch *search, gsize at)
{
    for (guint i = 0; i < search->entries->len; i++) {
        const Entry *entry = entry_at(search, i);
        if (armored_code_jws(entry->code) != NULL) {
            continue;
        }
        const gsize end = line_reader_guess(&search->reader, entry->code, at);
        if (end > at) {
            return end;
        }
    }
    return at;
}

/* Guesses at every symbol not taken yet that has one of `marks` (0: at every one). */
static void guess_everywhere(CodeSearch *search, const Symbols *symbols, uint8_t marks)
{
    gsize at = 0;
    while (at < symbols->count && !line_reader_is_spent(&search->reader) &&
           code_search_is_wanting(search)) {
        const uint8_t mark = symbols->marks[at];
        const bool candidate = (mark & SYMBOL_TAKEN) == 0 && (marks == 0 || (mark & marks) != 0);
        const gsize end = candidate ? guess_at(search, at) : at;
        at = MAX(end, at + 1);
    }
}

void code_search_read(CodeSearch *search, Symbols *symbols, uint64_t place, bool thorough)
{
    line_reader_open(&search->reader, symbols);
    read_starts(search, symbols, place);
    if (!thorough || !code_search_is_wanting(search)) {
        return;
    }
    guess_everywhere(search, symbols, SYMBOL_LINE | SYMBOL_GAP);
    guess_everywhere(search, symbols, 0);
    for (guint i = 0; i < search->entries->len; i++) {
        ArmoredCode *code = entry_at(search, i)->code;
        if (armored_code_jws(code) == NULL) {
            line_reader_settle(&search->reader, code);
            damage_note(code, symbols, search->reader.stream);
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

bool code_search_overflowed(const CodeSearch *search, ArmorKind *kind)
{
    if (search->overflowed && kind != NULL) {
        *kind = search->left_out;
    }
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
    line_reader_clear(&search->reader);
    g_free(search);
}
