/* What an mbox separator looks like. Programs write "From " + sender + a date in any of several
 * forms; prose lines begin with "From " too, so the date and the header line after it decide, or
 * more of a header alone. */
#include "mail/headers.h"
#include "mail/line_ends.h"
#include "mail/mbox.h"

#include <string.h>

#define MAX_LINE   1024
#define MAX_WORDS  32
#define DATE_WORDS 8 /* a date has no more: Tue, 3 Jun 2025 08:00:00 +0200 (CEST) */

typedef struct {
    const char *text;
    gsize length;
} Word;

static gsize split_words(const char *line, gsize length, Word words[MAX_WORDS])
{
    gsize count = 0;
    gsize at = 0;
    while (at < length && count < MAX_WORDS) {
        while (at < length && g_ascii_isspace(line[at])) {
            at++;
        }
        gsize start = at;
        while (at < length && !g_ascii_isspace(line[at])) {
            at++;
        }
        if (at > start) {
            words[count++] = (Word){line + start, at - start};
        }
    }
    return count;
}

/* Whether the word has the given shape: '0' a digit, 'a' a letter, the rest itself; a shorter
 * word is none, a longer one only after '*'. */
static bool has_shape(const Word *word, const char *shape)
{
    gsize i = 0;
    for (; shape[i] != '\0' && shape[i] != '*'; i++) {
        if (i >= word->length) {
            return false;
        }
        char c = word->text[i];
        bool fits = shape[i] == '0'   ? g_ascii_isdigit(c)
                    : shape[i] == 'a' ? g_ascii_isalpha(c)
                                      : c == shape[i];
        if (!fits) {
            return false;
        }
    }
    return shape[i] == '*' || i == word->length;
}

static bool is_month(const Word *word)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (word->length < 3 || word->length > 9) {
        return false;
    }
    for (gsize i = 0; i < 12; i++) {
        if (g_ascii_strncasecmp(word->text, months + 3 * i, 3) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_day(const Word *word)
{
    return has_shape(word, "0") || has_shape(word, "00") || has_shape(word, "0,") ||
           has_shape(word, "00,");
}

static bool is_time(const Word *word)
{
    return has_shape(word, "00:00*") || has_shape(word, "0:00*");
}

static bool is_year(const Word *word)
{
    return has_shape(word, "0000") && (word->text[0] == '1' || word->text[0] == '2');
}

static bool is_zone(const Word *word)
{
    return has_shape(word, "+0000") || has_shape(word, "-0000") || has_shape(word, "(*") ||
           (word->length <= 5 && has_shape(word, "aa*"));
}

/* A date that ends the line, in the words from `first` on. */
static bool ends_with_date(const Word *words, gsize first, gsize count)
{
    bool month = false;
    bool time = false;
    bool year = false;
    for (gsize i = first; i < count; i++) {
        bool iso = has_shape(&words[i], "0000-00-00*");
        bool by_name = is_month(&words[i]) &&
                       ((i + 1 < count && is_day(&words[i + 1])) || is_day(&words[i - 1]));
        month = month || iso || by_name;
        year = year || iso || is_year(&words[i]);
        time = time || is_time(&words[i]) || has_shape(&words[i], "0000-00-00T00:00*");
    }
    const Word *last = &words[count - 1];
    return month && time && year &&
           (is_year(last) || is_zone(last) || is_time(last) ||
            has_shape(last, "0000-00-00T00:00*"));
}

/* Whether the line is a header field such as mails have and prose has not. */
static bool is_usual_field(const char *line, gsize length)
{
    static const char *const names[] = {"from",     "date",        "subject",   "to",
                                        "received", "return-path", "message-id"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        gsize size = strlen(names[i]);
        if (length > size && line[size] == ':' && g_ascii_strncasecmp(line, names[i], size) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the lines at `data` are a header block beyond doubt. */
static bool begins_with_headers(const char *data, gsize length)
{
    const char *end = data + length;
    unsigned fields = 0;
    bool usual = false;
    const char *line = data;
    while (line < end) {
        const char *next = memchr(line, '\n', (gsize)(end - line));
        gsize size = (gsize)((next == NULL ? end : next) - line);
        bool folded = fields > 0 && (line[0] == ' ' || line[0] == '\t');
        if (!folded && !headers_is_field(line, size)) {
            break;
        }
        fields += !folded;
        usual = usual || is_usual_field(line, size);
        line = next == NULL ? end : next + 1;
    }
    return fields >= 2 && usual;
}

/* Whether a usual field stands before the first empty line: then the lines at `data` are a header,
 * though its first ones may be damaged. */
static bool has_usual_field(const char *data, gsize length)
{
    const char *end = data + length;
    for (const char *line = data; line < end && line[0] != '\n';) {
        const char *next = memchr(line, '\n', (gsize)(end - line));
        if (next == line + 1 && line[0] == '\r') {
            return false;
        }
        if (is_usual_field(line, (gsize)((next == NULL ? end : next) - line))) {
            return true;
        }
        line = next == NULL ? end : next + 1;
    }
    return false;
}

static bool ends_as_separator(const char *line, gsize length)
{
    Word words[MAX_WORDS];
    gsize count = split_words(line, length, words);
    if (count < 4 && !(count >= 2 && has_shape(&words[count - 1], "0000-00-00T00:00*"))) {
        return count == 3 && ends_with_date(words, 1, count);
    }
    return ends_with_date(words, count > DATE_WORDS ? count - DATE_WORDS : 1, count);
}

/* Behind the lines that UUCP and some programs put between separator and header. */
static gsize behind_remarks(const char *data, gsize at, gsize length)
{
    while (length - at > 6 && memcmp(data + at, ">From ", 6) == 0) {
        const char *end = memchr(data + at, '\n', length - at);
        at = end == NULL ? length : (gsize)(end + 1 - data);
    }
    return at;
}

/* The same for a separator line that ends with a carriage return alone, and so do the header lines
 * behind it. `after` is the index of what follows it. */
static bool is_cr_separator(const char *data, gsize length, gsize after, bool apart)
{
    const char *header = data + after;
    if (!headers_is_field(header, length - after)) {
        return false;
    }
    return ends_as_separator(data + 5, after - 6) ||
           (apart && line_ends_of_header_are_cr(header, length - after));
}

static bool is_lf_separator(const char *data, gsize length, gsize after, bool apart)
{
    const bool dated = ends_as_separator(data + 5, after - 6);
    after = behind_remarks(data, after, length);
    if (!headers_is_field(data + after, length - after)) {
        return dated && apart && has_usual_field(data + after, length - after);
    }
    return dated || (apart && begins_with_headers(data + after, length - after));
}

/* Behind the first of these bytes within a line's length; 0: there is none. */
static gsize behind_first(const char *data, gsize length, char byte)
{
    const char *end = memchr(data, byte, MIN(length, MAX_LINE));
    return end == NULL ? 0 : (gsize)(end + 1 - data);
}

gsize mbox_separator_size(const char *data, gsize length, bool apart)
{
    length = MIN(length, MBOX_LOOK);
    if (length < 5 || memcmp(data, "From ", 5) != 0) {
        return 0;
    }
    const gsize lf = behind_first(data, length, '\n');
    const gsize cr = behind_first(data, lf > 0 ? lf : length, '\r');
    if (cr > 0 && is_cr_separator(data, length, cr, apart)) {
        return cr;
    }
    return lf > 0 && is_lf_separator(data, length, lf, apart) ? lf : 0;
}
