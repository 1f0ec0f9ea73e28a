#include "core/license_key_scan.h"

#include "base/bytes.h"
#include "base/secret.h"
#include "core/crockford.h"
#include "core/symbols.h"

#include <string.h>

#define SYMBOLS    LICENSE_KEY_SCAN_SYMBOLS
#define GROUP      5
#define GROUPS     5
#define LINE_LIKE  20          /* symbols in a word that may be a line of a code */
#define CHUNK      ((gsize)64) /* bytes: as many as a mask has bits */
#define MOST_WORDS 7           /* groups in a row that may still be a key and words beside it */

/* A run of ASCII letters and digits. */
typedef struct {
    gsize at;
    gsize length;
    gsize digits;
    bool symbols;      /* all of them can be read */
    bool mixed;        /* letters in both cases, those aside that are read for digits */
    bool joined;       /* only blanks and hyphens between it and the word before */
    bool hyphen, line; /* there is one between it and the word before */
} Word;

typedef struct {
    const char *text;
    gsize length;
    GArray *spots;
    GArray *run;      /* of Word: groups of five in a row */
    bool stands[256]; /* whether a byte belongs to a word */
    Word before;      /* the last word */
    Word alone;       /* a word of 25 symbols, until it is known what follows; length 0: none */
} Scan;

/* What stands between two words. */
static void read_separator(const Scan *scan, gsize at, Word *word)
{
    word->joined = true;
    while (at < word->at) {
        const char *here = scan->text + at;
        const gunichar c = g_utf8_get_char_validated(here, (gssize)(word->at - at));
        if (c == (gunichar)-1 || c == (gunichar)-2) {
            word->joined = false;
            return;
        }
        const bool hyphen = c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
        word->hyphen = word->hyphen || hyphen;
        word->line = word->line || c == '\n' || c == '\r';
        word->joined = word->joined && (hyphen || g_unichar_isspace(c) || symbols_is_unseen(c));
        at = (gsize)(g_utf8_next_char(here) - scan->text);
    }
}

/* A letter that is read as a digit says nothing of its case. */
static bool is_look_alike(char symbol)
{
    switch (symbol) {
    case 'O':
    case 'I':
    case 'L':
    case 'o':
    case 'i':
    case 'l':
        return true;
    default:
        return false;
    }
}

static void judge_word(const Scan *scan, Word *word)
{
    bool upper = false;
    bool lower = false;
    word->symbols = true;
    for (gsize i = word->at; i < word->at + word->length; i++) {
        const char symbol = scan->text[i];
        const bool letter = !is_look_alike(symbol);
        word->symbols = word->symbols && crockford_value(symbol) >= 0;
        word->digits += g_ascii_isdigit(symbol);
        upper = upper || (letter && g_ascii_isupper(symbol));
        lower = lower || (letter && g_ascii_islower(symbol));
    }
    word->mixed = upper && lower;
    read_separator(scan, scan->before.at + scan->before.length, word);
}

/* Adds the spot if the last symbol is the check of the others. */
static void add_if_checked(Scan *scan, const LicenseKeySpot *spot)
{
    char key[SYMBOLS];
    for (gsize i = 0; i < SYMBOLS; i++) {
        key[i] = crockford_symbol((uint32_t)crockford_value(scan->text[spot->at[i]]));
    }
    const Digest digest = digest_sha256(key, SYMBOLS - 1);
    if (crockford_symbol(crockford_leading_bits(&digest, 5)) == key[SYMBOLS - 1]) {
        g_array_append_val(scan->spots, *spot);
    }
    secret_wipe(key, sizeof key);
}

static const Word *group(const Scan *scan, guint index)
{
    return &g_array_index(scan->run, Word, index);
}

/* Whether the five groups from `from` on stand as one: all joined by hyphens, or as a line. A run
 * of many groups is else a code that was read out in groups. */
static bool stands_alone(const Scan *scan, guint from)
{
    const guint after = from + GROUPS;
    const bool open = after == scan->run->len;
    bool hyphens = true;
    bool one_line = from == 0 || group(scan, from)->line;
    gsize digits = group(scan, from)->digits;
    for (guint i = from + 1; i < after; i++) {
        hyphens = hyphens && group(scan, i)->hyphen;
        one_line = one_line && !group(scan, i)->line;
        digits += group(scan, i)->digits;
    }
    const bool bounded = (from == 0 || !group(scan, from)->hyphen || group(scan, from)->line) &&
                         (open || !group(scan, after)->hyphen || group(scan, after)->line);
    if (hyphens) {
        return bounded;
    }
    one_line = one_line && (open || group(scan, after)->line);
    return digits > 0 && (one_line || scan->run->len <= MOST_WORDS);
}

static void end_run(Scan *scan)
{
    for (guint from = 0; from + GROUPS <= scan->run->len; from++) {
        LicenseKeySpot spot;
        if (!stands_alone(scan, from)) {
            continue;
        }
        for (guint i = 0; i < SYMBOLS; i++) {
            spot.at[i] = group(scan, from + i / GROUP)->at + i % GROUP;
        }
        add_if_checked(scan, &spot);
    }
    g_array_set_size(scan->run, 0);
}

static bool is_line_like(const Word *word)
{
    return word->symbols && word->length >= LINE_LIKE && word->digits > 0;
}

/* A word of 25 symbols is a key only if no line of a code stands beside it. */
static void end_alone(Scan *scan, const Word *next)
{
    if (scan->alone.length > 0 && !(next != NULL && next->joined && is_line_like(next))) {
        LicenseKeySpot spot;
        for (guint i = 0; i < SYMBOLS; i++) {
            spot.at[i] = scan->alone.at + i;
        }
        add_if_checked(scan, &spot);
    }
    scan->alone.length = 0;
}

static void take_word(Scan *scan, Word *word)
{
    if (word->length == GROUP || word->length >= LINE_LIKE) {
        judge_word(scan, word);
    }
    end_alone(scan, word);
    /* Base64 has runs of that length in plenty, in pictures and in the signatures of headers, but
     * none whose letters are all of one case. */
    if (word->length == SYMBOLS && is_line_like(word) && !word->mixed &&
        !(word->joined && is_line_like(&scan->before))) {
        scan->alone = *word;
    }
    if (!word->joined || !word->symbols || word->length != GROUP) {
        end_run(scan);
    }
    if (word->symbols && word->length == GROUP) {
        g_array_append_val(scan->run, *word);
    }
}

/* The word at or after `at`; of length 0 at the end of the text. */
static Word next_word(const Scan *scan, gsize at)
{
    while (at < scan->length && !scan->stands[(uint8_t)scan->text[at]]) {
        at++;
    }
    Word word = {.at = at};
    while (at < scan->length && scan->stands[(uint8_t)scan->text[at]]) {
        at++;
    }
    word.length = at - word.at;
    return word;
}

/* The start of the word that ends before `at`; where none begins from `least` on, that. */
static gsize word_before(const Scan *scan, gsize at, gsize least)
{
    while (at > least && !scan->stands[(uint8_t)scan->text[at - 1]]) {
        at--;
    }
    while (at > least && scan->stands[(uint8_t)scan->text[at - 1]]) {
        at--;
    }
    return at;
}

/* Looks at the words from the one before `first` to the one at `last`, and on as long as a key may
 * be among them. */
static void scan_words(Scan *scan, gsize first, gsize last)
{
    const gsize done = scan->before.at + scan->before.length;
    const gsize from = word_before(scan, first, done);
    if (from > done) {
        scan->before = (Word){.at = from};
    }
    Word word = next_word(scan, from);
    while (word.length > 0 && (word.at <= last || scan->run->len > 0 || scan->alone.length > 0)) {
        take_word(scan, &word);
        scan->before = word;
        word = next_word(scan, word.at + word.length);
    }
    end_alone(scan, NULL);
    end_run(scan);
}

/* ---- where to look ---- */

/* Which of the bytes stand in words, bit by bit: those from `at` on, and the next ones. */
typedef struct {
    uint64_t here;
    uint64_t next;
} Mask;

static inline uint64_t mask_of(const char *chunk)
{
    uint64_t mask = 0;
    for (unsigned at = 0; at < CHUNK; at += sizeof(Bytes)) {
        const Bytes bytes = bytes_at(chunk + at);
        const Bytes stand = (Bytes)((bytes | 0x20) - 'a' < 26) | (Bytes)(bytes - '0' < 10);
        mask |= bytes_mask(stand) << at;
    }
    return mask;
}

static uint64_t mask_at(const char *text, gsize length, gsize at)
{
    char last[CHUNK] = "";
    if (at + CHUNK <= length) {
        return mask_of(text + at);
    }
    if (at < length) {
        memcpy(last, text + at, length - at);
    }
    return mask_of(last);
}

/* The same from `by` bytes further on. */
static inline Mask ahead(Mask mask, unsigned by)
{
    return (Mask){mask.here >> by | mask.next << (CHUNK - by), mask.next >> by};
}

static inline Mask both(Mask one, Mask other)
{
    return (Mask){one.here & other.here, one.next & other.next};
}

/* Where words begin in a chunk, and which of them have as many bytes as a group, or as a key. */
typedef struct {
    uint64_t all;
    uint64_t groups;
    uint64_t keys;
} Starts;

static inline Starts find_starts(Mask mask, bool in_word)
{
    const uint64_t starts = mask.here & ~(mask.here << 1 | in_word);
    const Mask two = both(mask, ahead(mask, 1));
    const Mask four = both(two, ahead(two, 2));
    const Mask five = both(four, ahead(mask, 4));
    const Mask ten = both(five, ahead(five, 5));
    const Mask twenty = both(ten, ahead(ten, 10));
    return (Starts){
        .all = starts,
        .groups = starts & five.here & ~ahead(mask, GROUP).here,
        .keys = starts & twenty.here & ahead(five, 20).here & ~ahead(mask, SYMBOLS).here,
    };
}

/* The words of five bytes in a row that were met last. */
typedef struct {
    guint count;
    gsize first; /* where the first of them begins */
} Row;

static void meet_word(Scan *scan, Row *row, gsize at, bool is_group)
{
    if (at < scan->before.at + scan->before.length) { /* it was looked at */
        row->count = 0;
        return;
    }
    row->first = is_group && row->count > 0 ? row->first : at;
    row->count = is_group ? row->count + 1 : 0;
    if (!is_group || row->count == GROUPS) {
        scan_words(scan, row->first, at);
        row->count = 0;
    }
}

/* Meets the words of the chunk at `at` that may be keys, or groups of one. */
static void meet_words(Scan *scan, const Starts *starts, gsize at, Row *row)
{
    const uint64_t others = starts->all & ~starts->groups;
    uint64_t passed = 0;
    for (uint64_t left = starts->groups | starts->keys; left != 0; left &= left - 1) {
        const uint64_t bit = left & (~left + 1);
        if ((others & (bit - 1) & ~passed) != 0) {
            row->count = 0;
        }
        passed = bit | (bit - 1);
        meet_word(scan, row, at + (gsize)__builtin_ctzll(bit), (starts->groups & bit) != 0);
    }
    if ((others & ~passed) != 0) {
        row->count = 0;
    }
}

void license_key_scan_find(const char *text, gsize length, GArray *spots)
{
    g_autoptr(GArray) run = g_array_new(FALSE, FALSE, sizeof(Word));
    Scan scan = {.text = text, .length = length, .spots = spots, .run = run};
    for (int c = 0; c < 256; c++) {
        scan.stands[c] = g_ascii_isalnum(c);
    }
    Row row = {0, 0};
    Mask mask = {.next = mask_at(text, length, 0)};
    bool in_word = false;
    for (gsize at = 0; at < length; at += CHUNK) {
        mask = (Mask){mask.next, mask_at(text, length, at + CHUNK)};
        const Starts starts = find_starts(mask, in_word);
        if ((starts.groups | starts.keys) != 0) {
            meet_words(&scan, &starts, at, &row);
        } else if (starts.all != 0) {
            row.count = 0;
        }
        in_word = (mask.here >> (CHUNK - 1)) != 0;
    }
}

bool license_key_scan_has(const char *text, gsize length)
{
    if (length < SYMBOLS) { /* most texts that are asked about are short */
        return false;
    }
    g_autoptr(GArray) spots = g_array_new(FALSE, FALSE, sizeof(LicenseKeySpot));
    license_key_scan_find(text, length, spots);
    return spots->len > 0;
}
