#include "core/lost_choice.h"

#include <string.h>

#define WINDOW       16 /* symbols that two codes do not share by chance */
#define WINDOW_EVERY 8

/* Sets of windows, each kept by where its symbols stand. */
typedef struct {
    GHashTable *ends;   /* the ends of the lines of known codes */
    GHashTable *named;  /* all windows of the starts chosen so far */
    GPtrArray *symbols; /* of the known codes */
    GPtrArray *chosen;
} Choice;

LostReading *lost_reading_new(guint text)
{
    LostReading *reading = g_new(LostReading, 1);
    reading->text = text;
    reading->starts = g_ptr_array_new_with_free_func((GDestroyNotify)lost_start_free);
    return reading;
}

void lost_reading_free(LostReading *reading)
{
    if (reading != NULL) {
        g_ptr_array_unref(reading->starts);
        g_free(reading);
    }
}

static guint window_hash(gconstpointer window)
{
    guint hash = 5381;
    for (gsize i = 0; i < WINDOW; i++) {
        hash = hash * 33 + ((const guint8 *)window)[i];
    }
    return hash;
}

static gboolean window_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, WINDOW) == 0;
}

/* The last symbols of a line are its check and some that the check is of. Another code of the same
 * instance says much the same in the same places, but its lines have other checks. */
static void add_line_ends(Choice *choice, const ArmoredCode *code)
{
    char *symbols = armored_code_symbols(code);
    gsize end = ARMOR_FIRST_LINE;
    g_ptr_array_add(choice->symbols, symbols);
    for (gint32 n = 0; n < armored_code_count(code); n++) {
        end += armored_code_line_length(code, n);
        if (armored_code_has(code, n)) {
            g_hash_table_add(choice->ends, symbols + end - WINDOW);
        }
    }
}

/* Whether lines of known codes stand in it, whatever kind its title names. */
static bool is_known(const Choice *choice, const LostStart *lost)
{
    const gsize length = strlen(lost->sample);
    gsize lines = 0;
    for (gsize at = 0; at + WINDOW <= length; at++) {
        lines += g_hash_table_contains(choice->ends, lost->sample + at) ? 1 : 0;
    }
    return lines > 0 && lines * 4 * ARMORED_CODE_FULL >= length;
}

/* Whether it is for the most part what was chosen already: a copy. */
static bool is_named(const Choice *choice, const LostStart *lost)
{
    const gsize length = strlen(lost->sample);
    gsize windows = 0;
    gsize shared = 0;
    for (gsize at = 0; at + WINDOW <= length; at += WINDOW_EVERY) {
        windows++;
        shared += g_hash_table_contains(choice->named, lost->sample + at) ? 1 : 0;
    }
    return shared * 4 >= windows * 3;
}

/* What a reading shows: how many codes, and how many of them are not known. */
typedef struct {
    guint seen;
    guint unknown;
} Sight;

static Sight sight_of(const Choice *choice, const LostReading *reading)
{
    Sight sight = {reading->known + reading->starts->len, 0};
    for (guint i = 0; i < reading->starts->len; i++) {
        sight.unknown += !is_known(choice, g_ptr_array_index(reading->starts, i));
    }
    return sight;
}

static bool is_better(Sight one, Sight other)
{
    return one.seen > other.seen || (one.seen == other.seen && one.unknown < other.unknown);
}

static void choose(Choice *choice, LostStart *lost)
{
    if (is_known(choice, lost) || is_named(choice, lost)) {
        return;
    }
    const gsize length = strlen(lost->sample);
    for (gsize at = 0; at + WINDOW <= length; at++) {
        g_hash_table_add(choice->named, lost->sample + at);
    }
    g_ptr_array_add(choice->chosen, lost);
}

static const LostReading *reading_at(const GPtrArray *readings, guint index)
{
    return g_ptr_array_index(readings, index);
}

/* Chooses from the readings of one text, which begin at `from`; returns where the next begin. What
 * stands before and within the lines of a code hides it from some readings, and has others take for
 * unknown what is known. */
static guint choose_from_text(Choice *choice, const GPtrArray *readings, guint from)
{
    const LostReading *best = reading_at(readings, from);
    Sight most = sight_of(choice, best);
    guint at = from + 1;
    for (; at < readings->len && reading_at(readings, at)->text == best->text; at++) {
        const Sight sight = sight_of(choice, reading_at(readings, at));
        if (is_better(sight, most)) {
            best = reading_at(readings, at);
            most = sight;
        }
    }
    for (guint i = 0; i < best->starts->len; i++) {
        choose(choice, g_ptr_array_index(best->starts, i));
    }
    return at;
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
    const guint first = (*(LostReading *const *)a)->text;
    const guint second = (*(LostReading *const *)b)->text;
    return (first > second) - (first < second);
}

static bool any_start(const GPtrArray *readings)
{
    for (guint i = 0; i < readings->len; i++) {
        if (reading_at(readings, i)->starts->len > 0) {
            return true;
        }
    }
    return false;
}

static void add_known(Choice *choice, const CodeSearch *search, const GPtrArray *whole)
{
    for (guint i = 0; i < code_search_count(search); i++) {
        add_line_ends(choice, code_search_get(search, i, NULL));
    }
    for (guint i = 0; i < whole->len; i++) {
        add_line_ends(choice, g_ptr_array_index(whole, i));
    }
}

GPtrArray *lost_choice_make(const GPtrArray *readings, const CodeSearch *search,
                            const GPtrArray *whole)
{
    GPtrArray *chosen = g_ptr_array_new();
    if (!any_start(readings)) {
        return chosen;
    }
    g_autoptr(GHashTable) ends = g_hash_table_new(window_hash, window_equal);
    g_autoptr(GHashTable) named = g_hash_table_new(window_hash, window_equal);
    g_autoptr(GPtrArray) symbols = g_ptr_array_new_with_free_func(g_free);
    Choice choice = {ends, named, symbols, chosen};
    add_known(&choice, search, whole);
    g_autoptr(GPtrArray) by_text = g_ptr_array_sized_new(readings->len);
    for (guint i = 0; i < readings->len; i++) {
        g_ptr_array_add(by_text, g_ptr_array_index(readings, i));
    }
    g_ptr_array_sort(by_text, compare_texts);
    for (guint at = 0; at < by_text->len;) {
        at = choose_from_text(&choice, by_text, at);
    }
    return chosen;
}
