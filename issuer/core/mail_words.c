#include "core/mail_words.h"

#include "core/symbols.h"

#include <string.h>

#define PREFIX     "lic-"
#define ID_LONGEST 64

static bool is_hyphen(gunichar c)
{
    return (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFF0D;
}

/* The text with the hyphens that software puts in the place of "-", and without what nobody sees.
 * New string. */
static char *plain_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *plain = g_string_sized_new(strlen(valid));
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        if (is_hyphen(c)) {
            g_string_append_c(plain, '-');
        } else if (!symbols_is_unseen(c)) {
            g_string_append_unichar(plain, c);
        }
    }
    return g_string_free(plain, FALSE);
}

static bool is_id_character(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
}

/* The length of the License ID that begins at `at`, its prefix included; 0: there is none. */
static gsize id_length(const char *at)
{
    gsize length = strlen(PREFIX);
    if (g_ascii_strncasecmp(at, PREFIX, length) != 0) {
        return 0;
    }
    while (is_id_character(at[length])) {
        length++;
    }
    while (!g_ascii_isalnum(at[length - 1])) {
        length--; /* the sentence's full stop is not the ID's */
    }
    return length > strlen(PREFIX) && length <= ID_LONGEST ? length : 0;
}

static char *license_id_in(const char *plain)
{
    for (const char *at = plain; (at = strpbrk(at, "lL")) != NULL; at++) {
        const bool starts = at == plain || !g_ascii_isalnum(at[-1]);
        const gsize length = starts ? id_length(at) : 0;
        if (length > 0) {
            return g_strdup_printf("LIC-%.*s", (int)(length - strlen(PREFIX)), at + strlen(PREFIX));
        }
    }
    return NULL;
}

char *mail_words_license_id(const char *text)
{
    if (g_str_is_ascii(text)) {
        return license_id_in(text);
    }
    g_autofree char *plain = plain_text(text);
    return license_id_in(plain);
}

/* ---- numbers of cases ---- */

#define CASE_WORD        "case"
#define CASE_DIGITS_MOST 9    /* a request's short form has ten symbols */
#define CASE_FIRST       1001 /* what is less is a number of something else */
#define CASES_MOST       10

/* The number that begins at `at` and ends with its digits; 0: none does. */
static int64_t case_digits(const char *at)
{
    const gsize length = strspn(at, "0123456789");
    return length > 0 && length <= CASE_DIGITS_MOST && !g_ascii_isalnum(at[length])
               ? g_ascii_strtoll(at, NULL, 10)
               : 0;
}

/* What may stand between the word and its number: blanks, punctuation, "no", "number". */
static const char *skip_to_number(const char *at)
{
    static const char *const words[] = {"number", "no", "nr"};
    at += strspn(at, " \t\r\n");
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_ascii_strncasecmp(at, words[i], strlen(words[i])) == 0) {
            at += strlen(words[i]);
            break;
        }
    }
    return at + strspn(at, " \t\r\n.:#-");
}

static bool begins_case(const char *text, const char *at)
{
    return g_ascii_strncasecmp(at, CASE_WORD, strlen(CASE_WORD)) == 0 &&
           (at == text || !g_ascii_isalnum(at[-1]));
}

int64_t mail_words_case_typed(const char *text)
{
    const char *at = text + strspn(text, " \t");
    at = begins_case(at, at) ? skip_to_number(at + strlen(CASE_WORD)) : at + strspn(at, "#");
    const gsize length = strspn(at, "0123456789");
    return at[length + strspn(at + length, " \t")] == '\0' ? case_digits(at) : 0;
}

static void append_case(GArray *numbers, int64_t number)
{
    for (guint i = 0; i < numbers->len; i++) {
        if (g_array_index(numbers, int64_t, i) == number) {
            return;
        }
    }
    g_array_append_val(numbers, number);
}

/* Nearly no mail has it, and to read a long one anew costs more than to look. */
static bool has_case_word(const char *text)
{
    const char *at = text;
    while ((at = strpbrk(at, "cC")) != NULL && !begins_case(text, at)) {
        at++;
    }
    return at != NULL;
}

GArray *mail_words_case_numbers(const char *text)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (text == NULL || !has_case_word(text)) {
        return numbers;
    }
    g_autofree char *plain = plain_text(text);
    for (const char *at = plain; *at != '\0' && numbers->len < CASES_MOST; at++) {
        const int64_t number =
            begins_case(plain, at) ? case_digits(skip_to_number(at + strlen(CASE_WORD))) : 0;
        if (number >= CASE_FIRST) {
            append_case(numbers, number);
        }
    }
    return numbers;
}

/* ---- words of loss ---- */

/* Without case, and accents in one spelling. New string. */
static char *caseless_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *case_folded = g_utf8_casefold(valid, -1);
    return g_utf8_normalize(case_folded, -1, G_NORMALIZE_ALL_COMPOSE);
}

static bool is_space(gunichar c)
{
    return c < 0x80 ? g_ascii_isspace((char)c) : g_unichar_isspace(c);
}

static void put_character(GString *text, bool blank_before, gunichar c)
{
    if (blank_before) {
        g_string_append_c(text, ' ');
    }
    if (c < 0x80) {
        g_string_append_c(text, (char)c);
    } else {
        g_string_append_unichar(text, c);
    }
}

/* Most mails are ASCII alone, and Unicode's tables cost as much as reading all the rest. */
static char *folded_ascii(const char *text)
{
    char *folded = g_strdup(text);
    gsize length = 0;
    bool blank = false;
    for (; *text != '\0'; text++) {
        if (g_ascii_isspace(*text)) {
            blank = length > 0;
            continue;
        }
        if (blank) {
            folded[length++] = ' ';
            blank = false;
        }
        folded[length++] = g_ascii_isupper(*text) ? (char)(*text | 0x20) : *text;
    }
    folded[length] = '\0';
    return folded;
}

/* The text as it is compared: without case, accents in one spelling, white space as single blanks,
 * none at its ends. New string. */
static char *folded_text(const char *text)
{
    if (g_str_is_ascii(text)) {
        return folded_ascii(text);
    }
    g_autofree char *caseless = caseless_text(text);
    GString *folded = g_string_sized_new(strlen(caseless));
    bool blank = false;
    for (const char *at = caseless; *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        if (is_space(c)) {
            blank = folded->len > 0;
        } else if (c < 0x80 || !symbols_is_unseen(c)) {
            put_character(folded, blank, c);
            blank = false;
        }
    }
    return g_string_free(folded, FALSE);
}

static bool stands_whole(const char *text, const char *at, gsize length)
{
    bool before = at > text && g_unichar_isalnum(g_utf8_get_char(g_utf8_prev_char(at)));
    bool after = g_unichar_isalnum(g_utf8_get_char(at + length));
    return !before && !after;
}

/* Where the word stands as a whole one; NULL: nowhere. */
static const char *find_word(const char *text, const char *word)
{
    gsize length = strlen(word);
    for (const char *at = text; length > 0 && (at = strstr(at, word)) != NULL;
         at = g_utf8_next_char(at)) {
        if (stands_whole(text, at, length)) {
            return at;
        }
    }
    return NULL;
}

static gint longer_first(gconstpointer a, gconstpointer b)
{
    const char *const *first = a;
    const char *const *second = b;
    const gsize one = strlen(*first);
    const gsize other = strlen(*second);
    return (one < other) - (one > other);
}

static bool has_any(const char *folded, const char *const *folded_words)
{
    for (gsize i = 0; folded_words[i] != NULL; i++) {
        if (find_word(folded, folded_words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

guint mail_words_count(const char *text, const char *const *folded_words)
{
    g_autofree char *folded = text != NULL ? folded_text(text) : g_strdup("");
    if (!has_any(folded, folded_words)) {
        return 0;
    }
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (gsize i = 0; folded_words[i] != NULL; i++) {
        g_ptr_array_add(words, g_strdup(folded_words[i]));
    }
    g_ptr_array_set_free_func(words, g_free);
    g_ptr_array_sort(words, longer_first);
    guint count = 0;
    for (guint i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        const char *at = find_word(folded, word);
        count += at != NULL ? 1 : 0;
        for (; at != NULL; at = find_word(folded, word)) {
            memset(folded + (at - folded), ' ', strlen(word));
        }
    }
    return count;
}

GStrv mail_words_fold(const char *const *words)
{
    g_autoptr(GStrvBuilder) folded = g_strv_builder_new();
    for (gsize i = 0; words[i] != NULL; i++) {
        g_autofree char *word = folded_text(words[i]);
        g_strv_builder_add(folded, word);
    }
    return g_strv_builder_end(folded);
}

bool mail_words_tell_of_loss(const char *text, const char *const *folded_words)
{
    if (text == NULL) {
        return false;
    }
    g_autofree char *folded = folded_text(text);
    return has_any(folded, folded_words);
}
