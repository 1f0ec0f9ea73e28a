#include "core/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of each ASCII character, plus one; 0: not in the alphabet. */
static const uint8_t value_plus_one[128] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
};

gsize base64url_length(gsize size)
{
    return size / 3 * 4 + (size % 3 == 0 ? 0 : size % 3 + 1);
}

gsize base64url_size(gsize length)
{
    return length / 4 * 3 + (length % 4 < 2 ? 0 : length % 4 - 1);
}

void base64url_write(const void *data, gsize size, char *out)
{
    const uint8_t *bytes = data;
    for (; size >= 3; size -= 3, bytes += 3) {
        *out++ = alphabet[bytes[0] >> 2];
        *out++ = alphabet[(bytes[0] & 3) << 4 | bytes[1] >> 4];
        *out++ = alphabet[(bytes[1] & 15) << 2 | bytes[2] >> 6];
        *out++ = alphabet[bytes[2] & 63];
    }
    if (size == 0) {
        return;
    }
    *out++ = alphabet[bytes[0] >> 2];
    if (size == 1) {
        *out = alphabet[(bytes[0] & 3) << 4];
        return;
    }
    *out++ = alphabet[(bytes[0] & 3) << 4 | bytes[1] >> 4];
    *out = alphabet[(bytes[1] & 15) << 2];
}

char *base64url_text(const void *data, gsize size)
{
    const gsize length = base64url_length(size);
    char *text = g_malloc(length + 1);
    base64url_write(data, size, text);
    text[length] = '\0';
    return text;
}

bool base64url_read(const char *text, gsize length, uint8_t *out)
{
    uint32_t pending = 0;
    unsigned bits = 0;
    for (gsize i = 0; i < length; i++) {
        const uint8_t byte = (uint8_t)text[i];
        const uint8_t value = byte < 128 ? value_plus_one[byte] : 0;
        if (value == 0) {
            return false;
        }
        pending = pending << 6 | (uint32_t)(value - 1);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *out++ = (uint8_t)(pending >> bits);
        }
    }
    /* Six bits left over: a single character, which holds no byte. */
    return bits < 6 && (pending & ((1U << bits) - 1U)) == 0;
}

bool base64url_read_exact(const char *text, gsize length, uint8_t *out, gsize size)
{
    return length == base64url_length(size) && base64url_read(text, length, out);
}
