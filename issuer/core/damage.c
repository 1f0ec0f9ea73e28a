#include "core/damage.h"

#define MOST_PHRASES 6 /* more places than that help nobody */
#define SLACK        3 /* symbols that may be lost from wrong lines at the end */

static gint compare_starts(gconstpointer a, gconstpointer b)
{
    const ArmoredPlace *first = *(ArmoredPlace *const *)a;
    const ArmoredPlace *second = *(ArmoredPlace *const *)b;
    return (first->start > second->start) - (first->start < second->start);
}

/* The places of one text, which are the last ones noted, in the order of the text. */
static GPtrArray *places_of(const GArray *places, guint32 stream)
{
    GPtrArray *here = g_ptr_array_new();
    for (guint i = places->len; i > 0; i--) {
        ArmoredPlace *place = &g_array_index(places, ArmoredPlace, i - 1);
        if (place->stream != stream) {
            break;
        }
        g_ptr_array_add(here, place);
    }
    g_ptr_array_sort(here, compare_starts);
    return here;
}

static void note_place(ArmoredPlace *place, const ArmoredPlace *next, const Symbols *symbols)
{
    if (next == NULL || next->number <= place->number) {
        place->follows = (guint32)symbols_code_stretch(symbols, place->end);
        return;
    }
    place->next = next->number;
    for (guint32 i = place->end; i < next->start; i++) {
        place->follows += (symbols->marks[i] & SYMBOL_TAKEN) == 0;
    }
}

void damage_note(ArmoredCode *code, const Symbols *symbols, guint32 stream)
{
    g_autoptr(GPtrArray) places = places_of(armored_code_places(code), stream);
    for (guint i = 0; i < places->len; i++) {
        note_place(g_ptr_array_index(places, i),
                   i + 1 < places->len ? g_ptr_array_index(places, i + 1) : NULL, symbols);
    }
}

/* Neighbouring blocks that were not found, and how many lines stand in their place. */
typedef struct {
    gint32 from;
    gint32 to;
    gint32 standing;
} Run;

static gint32 run_length(const Run *run)
{
    return run->to - run->from + 1;
}

/* The next run from block `at` on; false if there is none. */
static bool next_run(const ArmoredCode *code, gint32 at, Run *run)
{
    const gint32 count = armored_code_count(code);
    while (at < count && armored_code_has(code, at)) {
        at++;
    }
    run->from = at;
    while (at < count && !armored_code_has(code, at)) {
        at++;
    }
    run->to = at - 1;
    run->standing = 0;
    return run->from < count;
}

/* How many of the last lines stand in the `symbols` that follow the last one found. A line cut
 * short is part of what is missing. */
static gint32 lines_at_end(const ArmoredCode *code, const Run *run, guint32 symbols)
{
    gsize rest = symbols + SLACK;
    gint32 lines = 0;
    for (gint32 n = run->from; n <= run->to; n++) {
        const gsize length = armored_code_line_length(code, n);
        if (rest < length) {
            break;
        }
        rest -= length;
        lines++;
    }
    return lines;
}

static gint32 lines_between(const Run *run, const ArmoredPlace *place)
{
    /* Where lines were moved about, what stands behind one says nothing about the next. */
    return place->next > run->to
               ? (gint32)((place->follows + ARMORED_CODE_FULL / 2) / ARMORED_CODE_FULL)
               : 0;
}

/* Looks in every text where the line before the run was found. */
static void count_standing(ArmoredCode *code, Run *run)
{
    const GArray *places = armored_code_places(code);
    const bool at_end = run->to == armored_code_count(code) - 1;
    for (guint i = 0; i < places->len; i++) {
        const ArmoredPlace *place = &g_array_index(places, ArmoredPlace, i);
        if (place->number != run->from - 1) {
            continue;
        }
        const gint32 lines = at_end && place->next == 0 ? lines_at_end(code, run, place->follows)
                                                        : lines_between(run, place);
        run->standing = MAX(run->standing, MIN(lines, run_length(run)));
    }
}

/* Block n is line n + 2. */
static void add_phrase(GPtrArray *phrases, gint32 from, gint32 to, const char *what)
{
    char *phrase = from == to ? g_strdup_printf("line %d is %s", from + 2, what)
                              : g_strdup_printf("lines %d to %d are %s", from + 2, to + 2, what);
    g_ptr_array_add(phrases, phrase);
}

static void describe_run(const ArmoredCode *code, const Run *run, GPtrArray *phrases)
{
    const bool at_end = run->to == armored_code_count(code) - 1;
    if (run->standing == run_length(run)) {
        add_phrase(phrases, run->from, run->to, "wrong");
    } else if (at_end) {
        if (run->standing > 0) {
            add_phrase(phrases, run->from, run->from + run->standing - 1, "wrong");
        }
        g_ptr_array_add(phrases, g_strdup("the end is missing"));
    } else {
        add_phrase(phrases, run->from, run->to, run->standing > 0 ? "wrong or missing" : "missing");
    }
}

/* "a", "a and b", "a, b and c". */
static char *join(const GPtrArray *phrases)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < phrases->len; i++) {
        if (i == MOST_PHRASES) {
            g_string_append(text, " and more lines are wrong or missing");
            break;
        }
        if (i > 0) {
            const bool last = i + 1 == phrases->len;
            g_string_append(text, last ? " and " : ", ");
        }
        g_string_append(text, g_ptr_array_index(phrases, i));
    }
    return g_string_free(text, FALSE);
}

char *damage_describe(ArmoredCode *code)
{
    if (armored_code_is_broken(code)) {
        return g_strdup("the code does not hold together");
    }
    g_autoptr(GPtrArray) phrases = g_ptr_array_new_with_free_func(g_free);
    Run run;
    for (gint32 at = 0; next_run(code, at, &run); at = run.to + 1) {
        count_standing(code, &run);
        describe_run(code, &run, phrases);
    }
    return join(phrases);
}
