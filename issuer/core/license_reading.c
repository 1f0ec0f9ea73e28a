#include "core/license_reading.h"

#include "core/look_alike.h"
#include "core/symbols.h"

#include <stdbool.h>
#include <string.h>

#define PREFIX        "11C" /* "LIC", folded */
#define LONGEST       64    /* signs of a License ID */
#define MOST_WORDS    6     /* behind its prefix, that a License ID may be split into */
#define MOST_BETWEEN  3     /* signs between two of them */
#define MOST_READINGS 200   /* of one text */

/* The sign that stands for a letter or digit and for those that look like it; 0: it is none that a
 * License ID has. */
static char folded(gunichar c)
{
    static const char from[] = "OILSBZ";
    static const char to[] = "011582";
    if (c < 0x80 && !g_ascii_isalnum((char)c)) {
        return 0;
    }
    const gunichar latin =
        c < 0x80 ? (gunichar)g_ascii_toupper((char)c) : g_unichar_toupper(look_alike_latin(c));
    if (latin >= 0x80 || !g_ascii_isalnum((char)latin)) {
        return 0;
    }
    const char *alike = strchr(from, (char)latin);
    return alike != NULL ? to[alike - from] : (char)latin;
}

static bool stands_between(gunichar c)
{
    static const char signs[] = "-_.:#/*";
    return (c < 0x80 && c != 0 && strchr(signs, (int)c) != NULL) || g_unichar_isspace(c) ||
           (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFF0D || symbols_is_unseen(c);
}

static const char *skip_unseen(const char *at)
{
    while (*at != '\0' && symbols_is_unseen(g_utf8_get_char(at))) {
        at = g_utf8_next_char(at);
    }
    return at;
}

/* One place of the text that may be a License ID. */
typedef struct {
    guint place;
    GArray *found;
    GString *read;
    bool digit; /* one stands behind the prefix, as a digit */
} Place;

/* Reads the letters and digits from `at` on; returns where they end. */
static const char *read_word(Place *place, const char *at)
{
    for (;;) {
        at = skip_unseen(at);
        const gunichar c = g_utf8_get_char(at);
        const char sign = folded(c);
        if (sign == 0 || place->read->len == LONGEST) {
            return at;
        }
        place->digit = place->digit || (place->read->len >= strlen(PREFIX) && g_unichar_isdigit(c));
        g_string_append_c(place->read, sign);
        at = g_utf8_next_char(at);
    }
}

/* Where the next word begins, if it can belong to the same License ID; else NULL. */
static const char *next_word(const char *at)
{
    for (gsize i = 0; i <= MOST_BETWEEN; i++) {
        const gunichar c = g_utf8_get_char(at);
        if (!stands_between(c)) {
            return i > 0 && folded(c) != 0 ? at : NULL;
        }
        at = g_utf8_next_char(at);
    }
    return NULL;
}

static void add_reading(const Place *place, guint first)
{
    const LicenseReading reading = {place->place, g_strdup(place->read->str)};
    g_array_insert_val(place->found, first, reading);
}

/* "LIC" and a hyphen makes one, as written; else there must soon be a digit, for "license" and
 * "Lic." are words of some languages. */
static void read_place(Place *place, const char *at)
{
    const guint first = place->found->len;
    g_string_truncate(place->read, 0);
    place->digit = false;
    at = read_word(place, at);
    if (!g_str_has_prefix(place->read->str, PREFIX)) {
        return;
    }
    bool is_one = *at == '-';
    for (gsize words = place->read->len > strlen(PREFIX) ? 1 : 0; words <= MOST_WORDS; words++) {
        is_one = is_one || (words <= 2 && place->digit);
        if (words > 0) {
            add_reading(place, first);
        }
        at = next_word(at);
        if (at == NULL || place->read->len == LONGEST) {
            break;
        }
        at = read_word(place, at);
    }
    if (!is_one) {
        g_array_set_size(place->found, first);
    }
}

static void clear_reading(gpointer data)
{
    g_free(((LicenseReading *)data)->text);
}

/* Most words begin with another letter, which need not be looked up. */
static bool may_begin(gunichar c)
{
    return c >= 0x80 || c == '1' || c == 'l' || c == 'L' || c == 'i' || c == 'I';
}

GArray *license_reading_find(const char *text)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(LicenseReading));
    g_array_set_clear_func(found, clear_reading);
    g_autofree char *valid =
        text == NULL || g_str_is_ascii(text) ? g_strdup(text) : g_utf8_make_valid(text, -1);
    g_autoptr(GString) read = g_string_new(NULL);
    Place place = {.found = found, .read = read};
    bool inside = false;
    for (const char *at = valid; at != NULL && *at != '\0' && found->len < MOST_READINGS;
         at = g_utf8_next_char(at)) {
        const gunichar c = (guchar)*at < 0x80 ? (gunichar)*at : g_utf8_get_char(at);
        if (!inside && may_begin(c) && folded(c) == PREFIX[0]) {
            read_place(&place, at);
            place.place++;
        }
        inside = c < 0x80 ? g_ascii_isalnum((char)c) : g_unichar_isalnum(c);
    }
    return found;
}
