#include "core/license_key.h"

#include "base/error.h"
#include "core/crockford.h"
#include "core/ed25519.h"

#include <string.h>

#define SYMBOLS     25 /* of a key of ours: 24 random ones and the check symbol */
#define GROUP       5
#define LEAST_OLD   16 /* of a key sold before this service */
#define MOST        128
#define HINT        4
#define WEAK_BITS   80
#define NUMBER_TAIL 6

/* The first five bits of SHA-256 of the 24 random symbols. */
static char check_symbol(const char *symbols)
{
    const Digest digest = digest_sha256(symbols, SYMBOLS - 1);
    return crockford_symbol(crockford_leading_bits(&digest, 5));
}

Secret *license_key_make(const Secret *random)
{
    char symbols[SYMBOLS];
    Secret *key = secret_new(SYMBOLS + SYMBOLS / GROUP - 1);
    char *out = secret_data(key);
    crockford_encode((const uint8_t *)secret_peek(random), LICENSE_KEY_RANDOM, symbols);
    symbols[SYMBOLS - 1] = check_symbol(symbols);
    for (size_t i = 0; i < SYMBOLS; i++) {
        if (i > 0 && i % GROUP == 0) {
            *out++ = '-';
        }
        *out++ = symbols[i];
    }
    secret_wipe(symbols, sizeof symbols);
    return key;
}

/* How many bytes a separator takes here: blanks and hyphens, also those that word processors and
 * web pages put in their place (no-break space, U+2010 to U+2015). 0: no separator. */
static size_t separator_length(const char *at)
{
    if (g_ascii_isspace(*at) || *at == '-') {
        return 1;
    }
    if (at[0] == '\xC2' && at[1] == '\xA0') {
        return 2;
    }
    const bool dash =
        at[0] == '\xE2' && at[1] == '\x80' && (uint8_t)at[2] >= 0x90 && (uint8_t)at[2] <= 0x95;
    return dash ? 3 : 0;
}

/* An ASCII letter or digit in normal form; 0 for anything else. */
static char normal_symbol(char c)
{
    if (!g_ascii_isalnum(c)) {
        return '\0';
    }
    const int value = crockford_value(c);
    return value >= 0 ? crockford_symbol((uint32_t)value) : g_ascii_toupper(c); /* U */
}

/* Writes the normal form to `out` (MOST bytes); its length, 0 if a character is wrong, MOST + 1 if
 * there are too many. */
static size_t normalise(const char *text, char *out)
{
    size_t length = 0;
    while (*text != '\0') {
        const size_t skip = separator_length(text);
        if (skip > 0) {
            text += skip;
            continue;
        }
        const char symbol = normal_symbol(*text++);
        if (symbol == '\0' || length == MOST) {
            return symbol == '\0' ? 0 : MOST + 1;
        }
        out[length++] = symbol;
    }
    return length;
}

/* What is wrong with a normal form; NULL if nothing. */
static const char *find_fault(const char *normal, size_t length)
{
    if (length == 0) {
        return "a license key has letters, digits and hyphens only";
    }
    if (length > MOST) {
        return "this is too long for a license key";
    }
    if (length < LEAST_OLD) {
        return "a license key has 25 symbols, an old one at least 16; this one is too short";
    }
    if (length == SYMBOLS &&
        (memchr(normal, 'U', length) != NULL || normal[SYMBOLS - 1] != check_symbol(normal))) {
        return "the license key is mistyped: its last symbol does not fit the others";
    }
    return NULL;
}

Secret *license_key_read(const char *text, GError **error)
{
    char normal[MOST];
    Secret *key = NULL;
    const size_t length = normalise(text, normal);
    const char *fault = find_fault(normal, length);
    if (fault == NULL) {
        key = secret_new_copy(normal, length);
    } else {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, fault);
    }
    secret_wipe(normal, sizeof normal);
    return key;
}

/* Millibits that one symbol holds, by the smallest usual alphabet that the key fits in. */
static size_t millibits_per_symbol(const char *normal, size_t length)
{
    bool digits_only = true;
    bool hex_only = true;
    for (size_t i = 0; i < length; i++) {
        digits_only = digits_only && g_ascii_isdigit(normal[i]);
        hex_only = hex_only && g_ascii_isxdigit(normal[i]);
    }
    return digits_only ? 3322 : hex_only ? 4000 : 5044; /* log2 of 10, 16, 33 */
}

/* Whether it reads as a counter: a tail of digits, or a third of the symbols repeat or follow the
 * one before. Of random keys one in some hundreds looks so, and is only marked. */
static bool looks_numbered(const char *normal, size_t length)
{
    size_t tail = 0;
    size_t steps = 0;
    while (tail < length && g_ascii_isdigit(normal[length - 1 - tail])) {
        tail++;
    }
    for (size_t i = 1; i < length; i++) {
        const int step = normal[i] - normal[i - 1];
        steps += step >= -1 && step <= 1;
    }
    return tail >= NUMBER_TAIL || steps * 3 >= length;
}

bool license_key_is_weak(const Secret *normal)
{
    const char *symbols = secret_peek(normal);
    const size_t length = secret_size(normal);
    if (length == SYMBOLS) {
        return false; /* one of ours, made from 120 random bits */
    }
    return length * millibits_per_symbol(symbols, length) < (size_t)WEAK_BITS * 1000 ||
           looks_numbered(symbols, length);
}

char *license_key_hint(const Secret *normal)
{
    const size_t length = secret_size(normal);
    return g_strdup(secret_peek(normal) + (length < HINT ? 0 : length - HINT));
}

Digest license_key_public(const Secret *normal)
{
    static const char label[] = "chariot-license-key"; /* its zero byte is part of the message */
    const size_t length = secret_size(normal);
    g_autoptr(Secret) message = secret_new(sizeof label + length);
    memcpy(secret_data(message), label, sizeof label);
    memcpy(secret_data(message) + sizeof label, secret_peek(normal), length);
    Digest seed = digest_sha256(secret_peek(message), secret_size(message));
    const Digest key = ed25519_public(seed.bytes);
    secret_wipe(&seed, sizeof seed);
    return key;
}
