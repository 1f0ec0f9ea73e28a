#include "core/finder.h"

#include "core/code_search.h"
#include "core/compact_scan.h"
#include "core/finder_result.h"
#include "core/first_look.h"
#include "core/kept_text.h"
#include "core/license_key_scan.h"
#include "core/link_scan.h"
#include "core/lost_choice.h"
#include "core/symbols.h"
#include "core/text_view.h"

#include <string.h>

#define PIECE     ((gsize)256 * 1024) /* bytes that are read at once */
#define MOST_LOST LOST_START_MOST     /* lost starts of each way to read */
#define HINT      4                   /* symbols of a license key that stay */

struct Finder {
    Symbols *symbols; /* of the text last read */
    CodeSearch *search;
    GPtrArray *compact; /* of CompactFind */
    GPtrArray *linked;  /* the same, within links */
    GPtrArray *lost;    /* of LostReading; found by search_again() */
    GPtrArray *kept;    /* of KeptText */
    gsize kept_total;
    guint source;    /* which of them is the first that is source */
    guint lost_left; /* lost starts that are still wanted of this way to read */
    uint64_t place;  /* bytes given so far */
    bool hinted;     /* in one of the texts a code may begin */
    bool doubtful;   /* a title or start word has no known code behind it */
    bool searched;   /* search_again() has seen all that was given */
};

Finder *finder_new(void)
{
    Finder *finder = g_new0(Finder, 1);
    finder->symbols = symbols_new();
    finder->search = code_search_new();
    finder->compact = g_ptr_array_new_with_free_func((GDestroyNotify)compact_scan_free);
    finder->linked = g_ptr_array_new_with_free_func((GDestroyNotify)compact_scan_free);
    finder->lost = g_ptr_array_new_with_free_func((GDestroyNotify)lost_reading_free);
    finder->kept = kept_text_new();
    finder->source = G_MAXUINT;
    return finder;
}

/* Reads a text as it is. That is all that a mail needs whose code came through unchanged. */
static void read_piece(Finder *finder, const char *text, gsize length, uint64_t place)
{
    symbols_read(finder->symbols, text, length);
    code_search_read(finder->search, finder->symbols, place, false);
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func((GDestroyNotify)lost_start_free);
    finder->doubtful = lost_start_find(finder->symbols, place, lost, NULL) || finder->doubtful;
    compact_scan_find(text, length, place, finder->compact);
    link_scan_find(text, length, place, finder->linked);
}

/* A text in which no code begins may still hold lines of one that begins in another. */
static void add_text(Finder *finder, const char *text, gsize length, bool begins)
{
    gsize at = 0;
    while (at < length) {
        const gsize piece = MIN(PIECE, length - at);
        if (begins) {
            read_piece(finder, text + at, piece, finder->place + at);
        }
        kept_text_add(finder->kept, &finder->kept_total, text + at, piece, finder->place + at);
        at = at + piece == length ? length : at + piece - FINDER_OVERLAP;
    }
    finder->place += length;
    finder->hinted = finder->hinted || begins;
    finder->searched = false;
}

void finder_add_text(Finder *finder, const char *text, gsize length)
{
    add_text(finder, text, length, first_look_may_begin(text, length));
}

void finder_add_source(Finder *finder, const char *text, gsize length)
{
    const bool begins = first_look_may_begin(text, length);
    if (begins || finder->hinted) {
        finder->source = MIN(finder->source, finder->kept->len);
        add_text(finder, text, length, begins);
    }
}

void finder_add_links(Finder *finder, const char *text, gsize length)
{
    link_scan_find(text, length, finder->place, finder->linked);
}

bool finder_is_intact(const Finder *finder)
{
    for (guint i = 0; i < code_search_count(finder->search); i++) {
        if (armored_code_jws(code_search_get(finder->search, i, NULL)) != NULL) {
            return true;
        }
    }
    for (guint i = 0; i < finder->compact->len; i++) {
        if (((const CompactFind *)g_ptr_array_index(finder->compact, i))->problem == NULL) {
            return true;
        }
    }
    return false;
}

static bool has_damaged_compact(const Finder *finder)
{
    for (guint i = 0; i < finder->compact->len; i++) {
        if (((const CompactFind *)g_ptr_array_index(finder->compact, i))->problem != NULL) {
            return true;
        }
    }
    return false;
}

/* Whether reading the texts in another way may still bring something. */
static bool is_wanting(const Finder *finder)
{
    const bool nothing = code_search_count(finder->search) == 0 && finder->compact->len == 0;
    return code_search_is_wanting(finder->search) || finder->doubtful ||
           has_damaged_compact(finder) || (nothing && finder->hinted);
}

static void seek_lost_starts(Finder *finder, guint index, uint64_t place)
{
    if (finder->lost_left == 0) {
        return;
    }
    LostReading *reading = lost_reading_new(index);
    lost_start_find(finder->symbols, place, reading->starts, &reading->known);
    finder->lost_left -= MIN(finder->lost_left, reading->starts->len);
    g_ptr_array_add(finder->lost, reading);
}

static void search_kept(Finder *finder, guint index, TextView view, GString *text)
{
    const KeptText *kept = g_ptr_array_index(finder->kept, index);
    if (!text_view_make(view, kept->text, kept->length, text)) {
        return;
    }
    symbols_read(finder->symbols, text->str, text->len);
    code_search_read(finder->search, finder->symbols, kept->place, true);
    seek_lost_starts(finder, index, kept->place);
    if (view != TEXT_VIEW_AS_IS) {
        compact_scan_find(text->str, text->len, kept->place, finder->compact);
    }
}

/* Searches what was kept in all ways, one after the other, as long as something is wanting. */
static void search_all_ways(Finder *finder, GString *text)
{
    for (int view = TEXT_VIEW_AS_IS; view < TEXT_VIEW_COUNT && is_wanting(finder); view++) {
        finder->lost_left = MOST_LOST;
        for (guint i = 0; i < finder->kept->len; i++) {
            search_kept(finder, i, (TextView)view, text);
        }
    }
}

/* Searches what was kept once more, thoroughly. */
static void search_again(Finder *finder)
{
    if (finder->searched) {
        return;
    }
    finder->searched = true;
    g_autoptr(GString) text = g_string_new(NULL);
    g_ptr_array_set_size(finder->lost, 0);
    const guint known = code_search_count(finder->search);
    search_all_ways(finder, text);
    /* Lines of a code whose first line was found late may stand in what was searched before. */
    if (code_search_count(finder->search) > known) {
        search_all_ways(finder, text);
    }
}

bool finder_has_intact(Finder *finder)
{
    if (!finder_is_intact(finder)) {
        search_again(finder);
    }
    return finder_is_intact(finder);
}

/* Whether the texts before `end` show a code, be it one whose first line is wrong. */
static bool any_shows_code(const Finder *finder, guint end)
{
    bool shown = code_search_count(finder->search) > 0 || finder->compact->len > 0;
    for (guint i = 0; i < finder->lost->len && !shown; i++) {
        const LostReading *reading = g_ptr_array_index(finder->lost, i);
        shown = reading->text < end && reading->starts->len > 0;
    }
    return shown;
}

/* What is written in another way in the source looks like another code. */
static void drop_lost_of_source(const Finder *finder)
{
    for (guint i = finder->lost->len; i > 0; i--) {
        const LostReading *reading = g_ptr_array_index(finder->lost, i - 1);
        if (reading->text >= finder->source) {
            g_ptr_array_remove_index(finder->lost, i - 1);
        }
    }
}

GPtrArray *finder_finish(Finder *finder)
{
    search_again(finder);
    if (finder->source != G_MAXUINT && any_shows_code(finder, finder->source)) {
        drop_lost_of_source(finder);
    }
    /* A link may be of a thread that is quoted, or of another's mail: it counts where nothing else
     * does. */
    const bool linked = !any_shows_code(finder, G_MAXUINT);
    return finder_result_list(finder->search, linked ? finder->linked : finder->compact,
                              finder->lost);
}

char *finder_mask_license_keys(const char *text)
{
    const gsize length = strlen(text);
    g_autoptr(GArray) spots = g_array_new(FALSE, FALSE, sizeof(LicenseKeySpot));
    license_key_scan_find(text, length, spots);
    char *masked = g_strdup(text);
    for (guint i = 0; i < spots->len; i++) {
        const LicenseKeySpot *spot = &g_array_index(spots, LicenseKeySpot, i);
        for (guint k = 0; k < LICENSE_KEY_SCAN_SYMBOLS - HINT; k++) {
            masked[spot->at[k]] = '*';
        }
    }
    return masked;
}

void finder_free(Finder *finder)
{
    if (finder == NULL) {
        return;
    }
    symbols_free(finder->symbols);
    code_search_free(finder->search);
    g_ptr_array_unref(finder->compact);
    g_ptr_array_unref(finder->linked);
    g_ptr_array_unref(finder->lost);
    g_ptr_array_unref(finder->kept);
    g_free(finder);
}
