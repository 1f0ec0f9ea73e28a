#include "core/license_key_scan.h"

#include "base/secret.h"
#include "core/crockford.h"
#include "core/symbols.h"

#define SYMBOLS    LICENSE_KEY_SCAN_SYMBOLS
#define GROUP      5
#define GROUPS     5
#define LINE_LIKE  20 /* symbols in a word that may be a line of a code */
#define MOST_WORDS 7  /* groups in a row that may still be a key and words beside it */

/* A run of ASCII letters and digits. */
typedef struct {
    gsize at;
    gsize length;
    gsize digits;
    bool symbols;      /* all of them can be read */
    bool joined;       /* only blanks and hyphens between it and the word before */
    bool hyphen, line; /* there is one between it and the word before */
} Word;

typedef struct {
    const char *text;
    gsize length;
    GArray *spots;
    GArray *run; /* of Word: groups of five in a row */
    Word before; /* the last word */
    Word alone;  /* a word of 25 symbols, until it is known what follows; length 0: none */
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

static bool read_word(const Scan *scan, gsize at, Word *word)
{
    *word = (Word){0};
    while (at < scan->length && !g_ascii_isalnum(scan->text[at])) {
        at++;
    }
    word->at = at;
    while (at < scan->length && g_ascii_isalnum(scan->text[at])) {
        at++;
    }
    word->length = at - word->at;
    return word->length > 0;
}

/* Only words that may belong to a key are looked into. */
static void judge_word(const Scan *scan, Word *word)
{
    if (word->length != GROUP && word->length < LINE_LIKE) {
        return;
    }
    word->symbols = true;
    for (gsize i = word->at; i < word->at + word->length; i++) {
        word->symbols = word->symbols && crockford_value(scan->text[i]) >= 0;
        word->digits += g_ascii_isdigit(scan->text[i]);
    }
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

static void take_word(Scan *scan, const Word *word)
{
    end_alone(scan, word);
    if (word->length == SYMBOLS && is_line_like(word) &&
        !(word->joined && is_line_like(&scan->before))) {
        scan->alone = *word;
    }
    if (!word->joined || !word->symbols || word->length != GROUP) {
        end_run(scan);
    }
    if (word->symbols && word->length == GROUP) {
        g_array_append_val(scan->run, *word);
    }
    scan->before = *word;
}

void license_key_scan_find(const char *text, gsize length, GArray *spots)
{
    g_autoptr(GArray) run = g_array_new(FALSE, FALSE, sizeof(Word));
    Scan scan = {text, length, spots, run, {0}, {0}};
    Word word;
    while (read_word(&scan, scan.before.at + scan.before.length, &word)) {
        judge_word(&scan, &word);
        take_word(&scan, &word);
    }
    end_alone(&scan, NULL);
    end_run(&scan);
}
