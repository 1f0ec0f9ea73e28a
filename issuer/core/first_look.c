#include "core/first_look.h"

#include "base/bytes.h"

#include <stdint.h>
#include <string.h>

#define CHUNK           ((gsize)64) /* bytes */
#define LONGEST_OPEN    5           /* bytes of an entity without its ";" */
#define SHORTEST_HEADER ((gsize)60) /* bytes */
#define LONGEST_TAG     ((gsize)2048)
#define LONGEST_ESCAPE  ((gsize)9) /* bytes: of an escape in a link, three times escaped */
#define LONGEST_NAME    40         /* bytes up to its quoting mark */
#define MOST_DIGITS     5          /* of a line's number */
#define FULLWIDTH_FIRST 0xFF10
#define FULLWIDTH_LAST  0xFF5A

/* What is looked for, symbol by symbol, as core/symbols.h reads them: look-alikes in place of each
 * other, U left out. Each symbol is a bit; the first pattern has the bits from 0 on. */
static const char *const patterns[] = {
    "c",  "h",  "a",  "r", "qgd", "1il", "0o", "0123456789abcdefgoil", /* CHARQ100 */
    "c",  "h",  "a",  "r", "1il", "0o",  "t",  "sd",
    "ae", "ga", "ec", /* CHARIOT USAGE, … DEAC */
};
#define BIT(n)         ((uint32_t)1 << (n))
#define BEGIN          (BIT(0) | BIT(8))
#define PLAIN_IS_WHOLE (BIT(5) | BIT(18))
/* Behind something that was taken out, words of prose that begin alike are told by what follows: no
 * code is so long that its length does not begin with a zero. */
#define PARTED_IS_WHOLE (BIT(7) | BIT(18))

/* How much of "eyJ" was seen, with which a compact JWS begins. */
enum { E = 1, EY };

typedef struct {
    const uint8_t *text;
    gsize length;
    uint32_t fits[256]; /* for each byte the patterns' symbols that it may be */
    uint32_t plain;     /* the patterns of which these symbols were just seen, nothing between; */
    uint32_t parted;    /* the same with something to be taken out between; */
    uint32_t ends;      /* as much as stood before words that may all be taken out */
    gsize word;         /* where the word begins that is being read, or was read last */
    gsize tag;          /* up to where one that is open may reach; 0: none is */
    bool in_word;
    gsize tokens[EY + 1]; /* up to where each may go on; 0: nowhere */
} Look;

static void note_patterns(Look *look)
{
    for (gsize bit = 0; bit < G_N_ELEMENTS(patterns); bit++) {
        for (const char *symbol = patterns[bit]; *symbol != '\0'; symbol++) {
            look->fits[(uint8_t)*symbol] |= BIT(bit);
            look->fits[(uint8_t)g_ascii_toupper(*symbol)] |= BIT(bit);
        }
    }
}

/* Whether the byte is a symbol. Comparisons alone, so that loops become vector instructions. */
static inline bool is_symbol(uint8_t byte)
{
    const uint8_t letter = (uint8_t)((byte | 0x20) - 'a');
    const uint8_t digit = (uint8_t)(byte - '0');
    return ((letter < 26) & (letter != 'u' - 'a')) | (digit < 10);
}

static bool is_one_of(uint8_t byte, const char *bytes)
{
    return byte != 0 && strchr(bytes, byte) != NULL;
}

/* Whether something that a view takes out may end before `at`, though a letter stands there. */
static bool is_behind_escape(const Look *look, gsize at)
{
    if (at >= 3 && look->text[at - 3] == '=') {
        return true;
    }
    return memchr(look->text + at - MIN(at, LONGEST_OPEN), '&', MIN(at, LONGEST_OPEN)) != NULL;
}

/* ---- first lines and titles ---- */

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte >= 128;
}

/* Whether a label ends at `at`, behind its last word or number: "4)", "line 4:", "003 ". */
static bool ends_label(const Look *look, gsize at)
{
    const gsize digits_to = MIN(look->length, at + 1 + MOST_DIGITS);
    gsize end = at;
    if (end < look->length && is_blank(look->text[end])) {
        if (g_ascii_isdigit(look->text[end - 1])) {
            return true;
        }
        for (end++; end < digits_to && g_ascii_isdigit(look->text[end]); end++) {
        }
    }
    return end < look->length && is_one_of(look->text[end], ":).]|,->;");
}

/* Whether a quoting mark stands behind `at`, before which a name may. */
static bool ends_name(const Look *look, gsize at)
{
    const gsize end = MIN(look->length, at + LONGEST_NAME);
    while (at < end && !is_one_of(look->text[at], ">|\n\r")) {
        at++;
    }
    return at < end && is_one_of(look->text[at], ">|");
}

/* Whether a view may take out the word that ends at `at`. */
static bool may_be_taken_out(const Look *look, gsize at)
{
    const bool escape =
        look->word > 0 && (look->text[look->word - 1] == '=' || is_behind_escape(look, look->word));
    return at <= look->tag || escape || ends_label(look, at) || ends_name(look, at);
}

static void read_between(Look *look, gsize at)
{
    const uint8_t byte = look->text[at];
    if (look->in_word) {
        const bool stays = look->ends != 0 && !may_be_taken_out(look, at);
        look->ends = (stays ? 0 : look->ends) | look->plain | look->parted;
        look->in_word = false;
    }
    if (byte == '<') {
        look->tag = at + LONGEST_TAG;
    } else if (byte == '>') {
        look->tag = 0;
    }
}

/* Reads a symbol; whether a start is whole with it. */
static bool read_symbol(Look *look, gsize at)
{
    if (!look->in_word) {
        look->in_word = true;
        look->word = at;
        look->parted |= look->ends;
    } else if (look->ends != 0 && is_behind_escape(look, at)) {
        look->parted |= look->ends;
    }
    const uint32_t fits = look->fits[look->text[at]];
    look->plain = (look->plain << 1 | BEGIN) & fits;
    look->parted = (look->parted << 1) & fits;
    return (look->plain & PLAIN_IS_WHOLE) != 0 || (look->parted & PARTED_IS_WHOLE) != 0;
}

/* Up to where a tag may reach that is open at `at`; 0: none is. */
static gsize open_tag(const Look *look, gsize at)
{
    const gsize from = at - MIN(at, LONGEST_TAG);
    const uint8_t *tag = memrchr(look->text + from, '<', at - from);
    if (tag == NULL) {
        return 0;
    }
    const gsize begin = (gsize)(tag - look->text);
    return memchr(tag, '>', at - begin) == NULL ? begin + LONGEST_TAG : 0;
}

/* Goes on at `at`, where no pattern has begun in the bytes before. */
static void open_at(Look *look, gsize at)
{
    look->plain = 0;
    look->parted = 0;
    look->in_word = at > 0 && is_symbol(look->text[at - 1]);
    look->word = at;
    look->tag = open_tag(look, at);
}

/* ---- compact ---- */

/* Whether a tag, an escape or an unseen character may begin at `at`. */
static bool is_taken_out(const Look *look, gsize at)
{
    return at < look->length && (look->text[at] >= 128 || is_one_of(look->text[at], "<&="));
}

static bool is_token_char(uint8_t byte)
{
    return g_ascii_isalnum(byte) || byte == '-' || byte == '_';
}

static bool may_go_on(gsize until, gsize at)
{
    return until > 0 && at <= until;
}

static bool follow_token(Look *look, gsize state, gsize at)
{
    static const char word[] = "eyJ";
    gsize seen = state;
    while (word[seen] != '\0' && at < look->length && look->text[at] == (uint8_t)word[seen]) {
        seen++;
        at++;
    }
    if (seen > state && seen <= EY && is_taken_out(look, at)) {
        look->tokens[seen] = at + LONGEST_TAG;
    }
    return word[seen] == '\0';
}

/* Whether the header that begins with "eyJ" ends too early: base64 has these letters now and then,
 * but signs of its own soon after. */
static bool is_other_base64(const Look *look, gsize at)
{
    const gsize end = MIN(look->length, at + SHORTEST_HEADER);
    while (at < end && !is_taken_out(look, at) && look->text[at] != '.') {
        if (look->text[at] == '+' || look->text[at] == '/') {
            return true;
        }
        at++;
    }
    return false;
}

/* Whether the escape of a sign in a link ends before `at`, that of an escape maybe, "%253D". */
static bool is_behind_link_escape(const Look *look, gsize at)
{
    const gsize most = MIN(at, LONGEST_ESCAPE);
    gsize digits = 0;
    while (digits < most && g_ascii_isxdigit(look->text[at - 1 - digits])) {
        digits++;
    }
    return digits >= 2 && digits < most && is_one_of(look->text[at - 1 - digits], "%-");
}

static bool begins_token(Look *look, gsize at)
{
    const uint8_t byte = look->text[at];
    if ((byte != 'e' && byte != 'y' && byte != 'J') ||
        (byte == 'e' && !(at + 1 < look->length && look->text[at + 1] == 'y') &&
         !is_taken_out(look, at + 1))) {
        return false;
    }
    if (at > 0 && is_token_char(look->text[at - 1]) && !is_behind_escape(look, at) &&
        !is_behind_link_escape(look, at)) {
        return false; /* a token is a word of its own */
    }
    return (byte == 'e' && follow_token(look, 0, at) && !is_other_base64(look, at)) ||
           (byte == 'y' && may_go_on(look->tokens[E], at) && follow_token(look, E, at)) ||
           (byte == 'J' && may_go_on(look->tokens[EY], at) && follow_token(look, EY, at));
}

/* ---- what is written in other ways ---- */

/* Whether "&#…" at `at` stands for a symbol. */
static bool is_number_of_symbol(const Look *look, gsize at)
{
    char digits[10] = "";
    if (look->length - at < 4 || look->text[at + 1] != '#') {
        return false;
    }
    memcpy(digits, look->text + at + 2, MIN(sizeof digits - 1, look->length - at - 2));
    const bool hex = digits[0] == 'x' || digits[0] == 'X';
    const guint64 value = g_ascii_strtoull(digits + hex, NULL, hex ? 16 : 10);
    return (value < 128 && g_ascii_isalnum((gchar)value)) || value >= FULLWIDTH_FIRST;
}

/* Whether a full-width letter or digit stands at `at`, as bytes or escaped. */
static bool is_fullwidth(const Look *look, gsize at)
{
    const char *text = (const char *)look->text + at;
    const gsize left = look->length - at;
    if (look->text[at] == '=') {
        return left >= 6 && (g_ascii_strncasecmp(text, "=EF=BC", 6) == 0 ||
                             g_ascii_strncasecmp(text, "=EF=BD", 6) == 0);
    }
    const gunichar c = g_utf8_get_char_validated(text, (gssize)left);
    return c >= FULLWIDTH_FIRST && c <= FULLWIDTH_LAST && g_unichar_isalnum(c);
}

/* Whether a letter of Greek or Cyrillic stands at `at` beside a symbol, as it does in no word of
 * these languages: it may have come in the place of a Latin one. */
static bool is_among_symbols(const Look *look, gsize at)
{
    return (at > 0 && is_symbol(look->text[at - 1])) ||
           (look->length - at > 2 && is_symbol(look->text[at + 2]));
}

/* Whether a letter of two bytes beside a digit stands at `at`: among letters it is prose. */
static bool is_beside_digit(const Look *look, gsize at)
{
    return (at > 0 && g_ascii_isdigit(look->text[at - 1])) ||
           (look->length - at > 2 && g_ascii_isdigit(look->text[at + 2]));
}

/* Whether a symbol may stand at `at` in a way that only a view shows. */
static bool is_hidden_symbol(const Look *look, gsize at)
{
    switch (look->text[at]) {
    case '&':
        return is_number_of_symbol(look, at);
    case '\x1b':
        return at + 1 < look->length && look->text[at + 1] == '[';
    case '=':
    case 0xEF:
        return is_fullwidth(look, at);
    case 0xC3: /* a zero with a stroke */
        return at + 1 < look->length && (look->text[at + 1] | 0x20) == 0xB8 &&
               is_beside_digit(look, at);
    case 0xC4: /* a one with or without its dot, as Turkish has it */
        return at + 1 < look->length && (look->text[at + 1] | 1) == 0xB1 &&
               is_beside_digit(look, at);
    case 0xF0: /* mathematical letters: people write with them where nothing is bold */
        return at + 1 < look->length && look->text[at + 1] == 0x9D;
    case 0xCE:
    case 0xCF:
    case 0xD0:
    case 0xD1:
        return is_among_symbols(look, at);
    default:
        return false;
    }
}

/* ---- the look ---- */

static inline Bytes are_letter(Bytes bytes, uint8_t lower)
{
    return bytes_are(bytes | 0x20, lower);
}

static inline Bytes are_letters(Bytes bytes)
{
    return (Bytes)((bytes | 0x20) - 'a' < 26);
}

static inline Bytes are_symbols(Bytes bytes)
{
    return (are_letters(bytes) & ~are_letter(bytes, 'u')) | (Bytes)(bytes - '0' < 10);
}

/* Whether a view may take something out from there on. */
static inline Bytes part_words(Bytes bytes)
{
    return (Bytes)(bytes <= ' ') | (Bytes)(bytes >= 128) | bytes_are(bytes, '<') |
           bytes_are(bytes, '&') | bytes_are(bytes, '=');
}

/* Other than 0 wherever may_matter() is, or an entity begins, and in few other places: told by what
 * is quickly told. */
static inline Bytes may_ever_matter(const uint8_t *chunk)
{
    const Bytes bytes = bytes_at(chunk);
    const Bytes next = bytes_at(chunk + 1);
    const Bytes before = bytes_at(chunk - 1);
    const Bytes next_ends = ~are_letters(next) | are_letter(next, 'u');
    const Bytes word = ~are_letters(before) | are_letter(before, 'u');
    const Bytes code = are_letter(bytes, 'c') & (next_ends | are_letter(next, 'h'));
    const Bytes token =
        bytes_are(bytes, 'e') &
        (bytes_are(next, 'y') | (next_ends & (word | bytes_are(bytes_at(chunk - 3), '='))));
    const Bytes escape = bytes_are(bytes, '=') & are_letter(next, 'e');
    return code | token | escape | bytes_are(bytes, '&') | bytes_are(bytes, 0x1B) | (bytes & 0x80);
}

/* Whether something may begin there, or be hidden. */
static inline Bytes may_matter(const uint8_t *chunk)
{
    const Bytes bytes = bytes_at(chunk);
    const Bytes next = bytes_at(chunk + 1);
    const Bytes third = bytes_at(chunk + 2);
    const Bytes word = ~are_symbols(bytes_at(chunk - 1));
    const Bytes next_ends = ~are_symbols(next);
    const Bytes third_ends = ~are_symbols(third);
    const Bytes parts = part_words(next);
    const Bytes code =
        are_letter(bytes, 'c') & ((are_letter(next, 'h') & (are_letter(third, 'a') | third_ends)) |
                                  (next_ends & (are_letter(third, 'h') | third_ends | parts)));
    const Bytes token =
        bytes_are(bytes, 'e') &
        (((word | bytes_are(bytes_at(chunk - 3), '=')) & (bytes_are(next, 'y') | parts)) |
         (bytes_are(next, 'y') & bytes_are(third, 'J')));
    const Bytes hidden = (bytes_are(bytes, '&') & bytes_are(next, '#')) | bytes_are(bytes, 0x1B) |
                         bytes_are(bytes, 0xEF) | (bytes_are(bytes, 0xF0) & bytes_are(next, 0x9D)) |
                         (bytes_are(bytes, '=') & are_letter(next, 'e'));
    const Bytes alike = (Bytes)(bytes - 0xCE < 4) & ~(word & third_ends);
    const Bytes stroked = (bytes_are(bytes, 0xC3) & bytes_are(next | 0x20, 0xB8)) |
                          (bytes_are(bytes, 0xC4) & bytes_are(next | 1, 0xB1));
    const Bytes digits =
        (Bytes)(bytes_at(chunk - 1) - '0' < 10) | (Bytes)(bytes_at(chunk + 2) - '0' < 10);
    return code | token | hidden | alike | (stroked & digits);
}

/* Whether a token that is parted may begin in the chunk right behind an entity without its ";". */
static bool may_follow_entity(const uint8_t *chunk)
{
    for (gsize i = 0; i < CHUNK; i++) {
        const uint8_t next = chunk[i + 1];
        if (chunk[i] == 'e' && (next == 'y' || !is_symbol(next)) &&
            memchr(chunk + i - LONGEST_OPEN, '&', LONGEST_OPEN) != NULL) {
            return true;
        }
    }
    return false;
}

/* Whether nothing begins or is hidden in the chunk, around which stand some bytes more. */
static bool is_dull(const uint8_t *chunk)
{
    Bytes found = bytes_are(bytes_at(chunk - LONGEST_OPEN), '&');
    Bytes entities = {0};
    for (gsize at = 0; at < CHUNK; at += sizeof found) {
        found |= may_ever_matter(chunk + at);
    }
    if (!bytes_any(found)) {
        return true;
    }
    found = (Bytes){0};
    for (gsize at = 0; at < CHUNK; at += sizeof found) {
        found |= may_matter(chunk + at);
        entities |= bytes_are(bytes_at(chunk + at), '&') |
                    bytes_are(bytes_at(chunk + at - LONGEST_OPEN), '&');
    }
    return !bytes_any(found) && !(bytes_any(entities) && may_follow_entity(chunk));
}

/* Looks at the bytes from `at` to `end`, one after the other. */
static bool look_closely(Look *look, gsize at, gsize end)
{
    for (; at < end; at++) {
        const bool symbol = is_symbol(look->text[at]);
        if (symbol && read_symbol(look, at)) {
            return true;
        }
        if (!symbol) {
            read_between(look, at);
        }
        if (begins_token(look, at) || (!symbol && is_hidden_symbol(look, at))) {
            return true;
        }
    }
    return false;
}

static bool is_idle(const Look *look, gsize at)
{
    return look->plain == 0 && look->parted == 0 && look->ends == 0 &&
           at > MAX(look->tokens[E], look->tokens[EY]);
}

bool first_look_may_begin(const char *text, gsize length)
{
    Look look = {.text = (const uint8_t *)text, .length = length};
    note_patterns(&look);
    bool passed = true;
    for (gsize at = 0; at < length; at += CHUNK) {
        const bool inside = at >= CHUNK && length - at > CHUNK + 1;
        if (inside && is_idle(&look, at) && is_dull(look.text + at)) {
            passed = true;
            continue;
        }
        if (passed) {
            open_at(&look, at);
            passed = false;
        }
        if (look_closely(&look, at, MIN(length, at + CHUNK))) {
            return true;
        }
    }
    return false;
}
