#include "core/license_key_scan.h"

#include "base/secret.h"
#include "core/crockford.h"
#include "core/symbols.h"

#include <string.h>

#define SYMBOLS    LICENSE_KEY_SCAN_SYMBOLS
#define GROUP      5
#define GROUPS     5
#define LINE_LIKE  20          /* symbols in a word that may be a line of a code */
#define CHUNK      ((gsize)64) /* bytes; a key takes less */
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

/* Looks at the words that begin from `from` to `to`. */
static gsize scan_words(Scan *scan, gsize from, gsize to)
{
    Word word = next_word(scan, from);
    scan->before = (Word){.at = from};
    while (word.length > 0 && word.at < to) {
        /* Most words are neither a group of five nor like a line, and end what was before them. */
        if (word.length == GROUP || word.length >= LINE_LIKE || scan->run->len > 0 ||
            scan->alone.length > 0) {
            take_word(scan, &word);
        }
        scan->before = word;
        word = next_word(scan, word.at + word.length);
    }
    end_alone(scan, NULL);
    end_run(scan);
    return scan->before.at + scan->before.length;
}

static inline bool has_digit_or_hyphen(const char *text, gsize length)
{
    uint8_t found = 0;
    for (gsize i = 0; i < length; i++) {
        const uint8_t byte = (uint8_t)text[i];
        const uint8_t from_zero = (uint8_t)(byte - '0');
        found |= (uint8_t)((from_zero < 10) | (byte == '-') | (byte >> 7));
    }
    return found != 0;
}

/* Whether the chunk at `at` has what no key is without: a digit or a hyphen, of which there are
 * several beyond ASCII. Prose mostly has neither, and is passed over quickly. */
static bool may_hold_key(const char *text, gsize length, gsize at)
{
    /* A loop of fixed length becomes a handful of vector instructions. */
    return length - at >= CHUNK ? has_digit_or_hyphen(text + at, CHUNK)
                                : has_digit_or_hyphen(text + at, length - at);
}

/* Where the stretch ends that begins with such a chunk at `at`: a chunk behind the last of them. */
static gsize stretch_end(const char *text, gsize length, gsize at)
{
    gsize end = at + 2 * CHUNK;
    for (gsize next = at + CHUNK; next < MIN(end, length); next += CHUNK) {
        if (may_hold_key(text, length, next)) {
            end = next + 2 * CHUNK;
        }
    }
    return end;
}

void license_key_scan_find(const char *text, gsize length, GArray *spots)
{
    g_autoptr(GArray) run = g_array_new(FALSE, FALSE, sizeof(Word));
    Scan scan = {.text = text, .length = length, .spots = spots, .run = run};
    for (int c = 0; c < 256; c++) {
        scan.stands[c] = g_ascii_isalnum(c);
    }
    gsize done = 0;
    gsize at = 0;
    while (at < length) {
        if (!may_hold_key(text, length, at)) {
            at += CHUNK;
            continue;
        }
        gsize from = MAX(done, at > CHUNK ? at - CHUNK : 0);
        while (from > done && scan.stands[(uint8_t)text[from - 1]]) {
            from--;
        }
        at = stretch_end(text, length, at);
        done = scan_words(&scan, from, at);
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
