#include "core/compact_scan.h"

#include "base/bytes.h"
#include "core/base64url.h"
#include "core/first_line.h"
#include "core/jws.h"
#include "core/symbols.h"

#include <string.h>

#define SHORTEST_HEADER  60   /* bytes; less cannot name one of our types */
#define LONGEST_HEADER   8192 /* bytes of text, blanks included; a certificate stands in some */
#define LONGEST_URL      2048 /* bytes before a token within it */
#define SIGNATURE_LENGTH 86   /* characters of 64 bytes */
#define MOST_INNER       16   /* lines of a token that are tried as the next token's header */
#define MOST_STARTS      4    /* words before one dot that are tried as a header */

typedef struct {
    const char *text;
    gsize length;
} Text;

static bool is_token_char(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_';
}

/* How many bytes a blank, a line break or an unseen character takes at `at`; 0: something else. */
static gsize blank_length(const Text *text, gsize at)
{
    if (g_ascii_isspace(text->text[at]) || text->text[at] == '\v') {
        return 1;
    }
    if ((uint8_t)text->text[at] < 128) {
        return 0;
    }
    const gunichar c = g_utf8_get_char_validated(text->text + at, (gssize)(text->length - at));
    if (c == (gunichar)-1 || c == (gunichar)-2 || !(g_unichar_isspace(c) || symbols_is_unseen(c))) {
        return 0;
    }
    return c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* Appends the token's characters from `at` on to `out`, at most `most`, blanks left out. Returns
 * where it stopped. */
static gsize collect(const Text *text, gsize at, gsize most, GString *out)
{
    const gsize full = out->len + most;
    while (at < text->length && out->len < full) {
        const gsize blank = blank_length(text, at);
        if (blank == 0 && !is_token_char(text->text[at])) {
            break;
        }
        if (blank == 0) {
            g_string_append_c(out, text->text[at]);
        }
        at += MAX(blank, 1);
    }
    return at;
}

/* Whether a header of ours stands at `at`; then `token` holds it with its dot and `*end` is behind
 * that. */
static bool read_header(const Text *text, gsize at, GString *token, gsize *end, ArmorKind *kind)
{
    uint8_t header[LONGEST_HEADER];
    g_string_truncate(token, 0);
    *end = collect(text, at, LONGEST_HEADER, token);
    if (*end == text->length || text->text[*end] != '.' ||
        !base64url_read(token->str, token->len, header) ||
        !first_line_kind_of_header((const char *)header, base64url_size(token->len), kind)) {
        return false;
    }
    g_string_append_c(token, '.');
    (*end)++;
    return true;
}

/* Where the next word that begins as all headers do ("{" and a quote in base64url) stands at or
 * after `at`; the length if there is none. */
static gsize next_start(const Text *text, gsize at)
{
    while (at < text->length) {
        const char *start = bytes_find(text->text + at, text->length - at, "eyJ", 3);
        if (start == NULL) {
            break;
        }
        at = (gsize)(start - text->text);
        if (at == 0 || !is_token_char(text->text[at - 1])) {
            return at;
        }
        while (at < text->length && is_token_char(text->text[at])) {
            at++; /* nothing else in this word begins one */
        }
    }
    return text->length;
}

/* Where the token that begins before `from` must end since another one begins; else the length. A
 * token's own lines begin like that too, so that the header is read. */
static gsize next_token(const Text *text, gsize from, gsize to)
{
    g_autoptr(GString) other = g_string_new(NULL);
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    gsize end = 0;
    unsigned tries = 0;
    for (gsize at = next_start(text, from); at < to && tries < MOST_INNER;
         at = next_start(text, at + 1), tries++) {
        if (read_header(text, at, other, &end, &kind)) {
            return at;
        }
    }
    return to;
}

/* Reads payload and signature behind the header in `token`; says what is wrong, NULL if nothing. */
static const char *read_rest(const Text *text, gsize *at, GString *token)
{
    const gsize dot_in = MIN(text->length, *at + 2 * (gsize)JWS_MOST_BODY);
    const char *dot = memchr(text->text + *at, '.', dot_in - *at);
    const gsize reach = dot == NULL ? dot_in : (gsize)(dot - text->text);
    const Text own = {text->text, next_token(text, *at + 1, reach + (dot != NULL))};
    *at = collect(&own, *at, 2 * (gsize)JWS_MOST_BODY, token);
    if (*at >= own.length || own.text[*at] != '.') {
        return "the end is missing";
    }
    g_string_append_c(token, '.');
    const gsize before = token->len;
    *at = collect(text, *at + 1, SIGNATURE_LENGTH, token);
    if (token->len - before < SIGNATURE_LENGTH) {
        return "the end is missing";
    }
    g_auto(Jws) jws = {0};
    return jws_read(&jws, token->str, token->len, JWS_MOST_BODY, NULL)
               ? NULL
               : "the code does not hold together";
}

/* A scan of one text. */
typedef struct {
    Text text;
    uint64_t place;
    GPtrArray *found;
    GString *token; /* what is being read */
    gsize url_from; /* the word looked at last, up to the token in it, and whether it is a URL */
    gsize url_to;
    bool url;
} Scan;

/* Whether the word that holds `at` is a URL. What was walked over once is not again. */
static bool is_in_url(Scan *scan, gsize at)
{
    const char *text = scan->text.text;
    gsize from = at;
    while (from > scan->url_to && at - from < LONGEST_URL &&
           strchr(" \t\r\n<>\"'()", text[from - 1]) == NULL) {
        from--;
    }
    const bool same = from == scan->url_to && from > scan->url_from;
    scan->url = memmem(text + from, at - from, "://", 3) != NULL || (same && scan->url);
    scan->url_from = from;
    scan->url_to = at;
    return scan->url;
}

void compact_scan_keep(GPtrArray *found, CompactFind *find)
{
    guint alike = 0;
    bool known = false;
    for (guint i = 0; i < found->len && !known; i++) {
        const CompactFind *other = g_ptr_array_index(found, i);
        known = strcmp(other->text, find->text) == 0;
        const bool as_whole = (other->problem == NULL) == (find->problem == NULL);
        alike += as_whole && (find->problem != NULL || other->kind == find->kind);
    }
    if (known || alike == COMPACT_SCAN_MOST) {
        compact_scan_free(find);
    } else {
        g_ptr_array_add(found, find);
    }
}

/* Keeps the token that was read at `at`. */
static void add_find(const Scan *scan, ArmorKind kind, gsize at, const char *problem)
{
    CompactFind *find = g_new0(CompactFind, 1);
    find->kind = kind;
    find->place = scan->place + at;
    find->text = g_strdup(scan->token->str);
    find->problem = problem;
    compact_scan_keep(scan->found, find);
}

/* Reads the token at `at`, if one of ours begins there; returns where the search goes on, `at` if
 * there is none. */
static gsize read_token(Scan *scan, gsize at)
{
    ArmorKind kind = ARMOR_USAGE_REQUEST;
    gsize end = 0;
    if (!read_header(&scan->text, at, scan->token, &end, &kind)) {
        return at;
    }
    if (!is_in_url(scan, at)) {
        const char *problem = read_rest(&scan->text, &end, scan->token);
        add_find(scan, kind, at, problem);
    }
    return end;
}

static void scan_text(Scan *scan)
{
    const Text *text = &scan->text;
    unsigned starts = 0;
    gsize tried = text->length; /* the dot that the last tries were for */
    gsize at = next_start(text, 0);
    while (at < text->length) {
        const char *next = memchr(text->text + at, '.', text->length - at);
        if (next == NULL) {
            break;
        }
        const gsize dot = (gsize)(next - text->text);
        starts = dot == tried ? starts + 1 : 0;
        tried = dot;
        if (dot - at > LONGEST_HEADER) {
            at = next_start(text, dot - LONGEST_HEADER); /* words before it are too far off */
        } else if (starts >= MOST_STARTS || dot - at < SHORTEST_HEADER) {
            at = next_start(text, dot);
        } else {
            at = next_start(text, MAX(read_token(scan, at), at + 1));
        }
    }
}

void compact_scan_find(const char *text, gsize length, uint64_t place, GPtrArray *found)
{
    if (bytes_find(text, length, "eyJ", 3) == NULL) {
        return;
    }
    g_autoptr(GString) token = g_string_sized_new(2048);
    Scan scan = {.text = {text, length}, .place = place, .found = found, .token = token};
    scan_text(&scan);
}

void compact_scan_free(CompactFind *find)
{
    if (find != NULL) {
        g_free(find->text);
        g_free(find);
    }
}
