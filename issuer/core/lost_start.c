#include "core/lost_start.h"

#include "core/first_line.h"

#include <string.h>

#define REACH       160 /* symbols between a title and the first line, such as an inserted remark */
#define LEAST_CODE  100 /* symbols of code: less may be a serial number in prose */
#define MOST_SAMPLE 1200 /* the lines of a usage request */
#define MOST_BETWEEN                                                                               \
    16                 /* symbols of a line without digits that are not seen to belong to a code   \
                        */
#define OTHER_ONE_IN 8 /* fewer letters above F than that are hexadecimal, or a list of numbers */

/* The titles as symbols, look-alikes read and U left out, as they stand in a text that was read. */
static gsize title_length(const char *symbols, gsize left, ArmorKind *kind)
{
    static const char *const titles[] = {
        [ARMOR_USAGE_REQUEST] = "CHAR10TSAGEREQEST",
        [ARMOR_USAGE_LICENSE] = "CHAR10TSAGE11CENSE",
        [ARMOR_DEACTIVATION] = "CHAR10TDEACT1VAT10N",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(titles); i++) {
        const gsize length = strlen(titles[i]);
        if (left >= length && memcmp(symbols, titles[i], length) == 0) {
            *kind = (ArmorKind)i;
            return length;
        }
    }
    return 0;
}

/* Where a code is to be looked for, if the symbols at `at` are a title or a start word; else 0. */
static gsize begin_of(const Symbols *symbols, gsize at, ArmorKind *kind)
{
    const gsize left = symbols->count - at;
    const gsize title = title_length(symbols->symbols + at, left, kind);
    if (title > 0) {
        return at + title;
    }
    const uint8_t mark = symbols->marks[at];
    if ((mark & SYMBOL_TAKEN) != 0 || (mark & (SYMBOL_GAP | SYMBOL_LINE)) == 0 ||
        left < FIRST_LINE_START || !first_line_starts(symbols->symbols + at, kind)) {
        return 0;
    }
    return MAX(at, 1);
}

static gsize word_end(const Symbols *symbols, gsize at)
{
    do {
        at++;
    } while (at < symbols->count && (symbols->marks[at] & (SYMBOL_GAP | SYMBOL_LINE)) == 0);
    return at;
}

/* Whether symbols that are long enough for a code have the letters of one. */
static bool is_base32(const Symbols *symbols, gsize at, gsize length)
{
    gsize letters = 0;
    for (gsize i = at; i < at + length; i++) {
        letters += symbols->symbols[i] > 'F';
    }
    return letters * OTHER_ONE_IN >= length;
}

/* Looks for lines of a code between `from` and `to`. Returns how far it looked; `length` is that of
 * the unknown code that begins there, 0 if there is none; `known`: a known code stands there. */
static gsize seek_code(const Symbols *symbols, gsize from, gsize to, gsize *length, bool *known)
{
    gsize at = from;
    *length = 0;
    *known = false;
    while (at < to) {
        const gsize stretch = symbols_code_stretch(symbols, at);
        const gsize end = at + stretch;
        if (end < symbols->count && (symbols->marks[end] & SYMBOL_TAKEN) != 0) {
            *known = true;
            return end;
        }
        if (stretch >= LEAST_CODE && is_base32(symbols, at, stretch)) {
            *length = stretch;
            return at;
        }
        at = MAX(end, word_end(symbols, at));
    }
    return at;
}

/* Whether the first line of a known code stands at `at`. */
static bool is_known_start(const Symbols *symbols, gsize at)
{
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    return (symbols->marks[at] & SYMBOL_TAKEN) != 0 && symbols->count - at >= FIRST_LINE_START &&
           first_line_starts(symbols->symbols + at, &kind);
}

/* Whether a title at `index` stands right behind lines of an unknown code, which end at `done`,
 * and has no first line of its own at `begin`: it was moved there. */
static bool is_title_within(const Symbols *symbols, gsize index, gsize begin, gsize done)
{
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    return begin > index + FIRST_LINE_START && index <= done + MOST_BETWEEN &&
           (symbols->count - begin < FIRST_LINE_START ||
            !first_line_starts(symbols->symbols + begin, &kind));
}

/* Adds the code of `length` symbols at `at`, whose start stands at `place`; nothing if it has none.
 */
static void add_lost(const Symbols *symbols, ArmorKind kind, uint64_t place, gsize at, gsize length,
                     GPtrArray *found)
{
    if (length > 0) {
        LostStart *lost = g_new0(LostStart, 1);
        lost->kind = kind;
        lost->place = place;
        lost->sample = g_strndup(symbols->symbols + at, MIN(length, MOST_SAMPLE));
        g_ptr_array_add(found, lost);
    }
}

/* Where lines of an unknown code begin that end before the start word at `index`, which was moved
 * behind them; `index` if there are none. */
static gsize code_before(const Symbols *symbols, gsize index)
{
    gsize from = index;
    while (from > 0 && index - from < REACH) {
        from--;
        const gsize length = index - from;
        if ((symbols->marks[from] & SYMBOL_LINE) != 0 && length >= LEAST_CODE &&
            symbols_code_stretch(symbols, from) >= length) {
            return is_base32(symbols, from, length) ? from : index;
        }
    }
    return index;
}

bool lost_start_find(const Symbols *symbols, uint64_t place, GPtrArray *found, guint *known)
{
    gsize done = 0; /* what was looked at is not looked at again, so that the cost stays linear */
    gsize lost_end = 0;
    const char *end = symbols->symbols + symbols->count;
    const char *at = symbols->symbols;
    bool doubtful = false;
    guint seen = 0;
    while (found->len < LOST_START_MOST && symbols->count > 0 &&
           (at = first_line_next(at, end)) != NULL) {
        const gsize index = (gsize)(at - symbols->symbols);
        ArmorKind kind = ARMOR_USAGE_REQUEST;
        gsize length = 0;
        bool is_known = false;
        const gsize begin = begin_of(symbols, index, &kind);
        at++;
        if (begin == 0 || index < done) {
            /* That behind a title has been counted. */
            seen += begin == 0 && (index > done || done == 0) && is_known_start(symbols, index);
            continue;
        }
        if (found->len > 0 && is_title_within(symbols, index, begin, lost_end)) {
            done = MAX(done, begin + symbols_code_stretch(symbols, begin));
            continue;
        }
        done = seek_code(symbols, begin, MIN(begin + REACH, symbols->count), &length, &is_known);
        doubtful = doubtful || !is_known;
        seen += is_known;
        if (length > 0) {
            add_lost(symbols, kind, place + symbols_place(symbols, index), done, length, found);
            done += length;
            lost_end = done;
        } else if (!is_known && (symbols->marks[index] & SYMBOL_LINE) != 0) {
            const gsize from = code_before(symbols, index);
            add_lost(symbols, kind, place + symbols_place(symbols, index), from, index - from,
                     found);
        }
    }
    if (known != NULL) {
        *known = seen;
    }
    return doubtful;
}

void lost_start_free(LostStart *lost)
{
    if (lost != NULL) {
        g_free(lost->sample);
        g_free(lost);
    }
}
