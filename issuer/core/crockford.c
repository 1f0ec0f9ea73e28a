#include "core/crockford.h"

static const char symbols_in_order[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The value of each ASCII character, plus one; 0: no symbol. */
static const uint8_t value_plus_one[128] = {
    ['0'] = 1,
    ['1'] = 2,
    ['2'] = 3,
    ['3'] = 4,
    ['4'] = 5,
    ['5'] = 6,
    ['6'] = 7,
    ['7'] = 8,
    ['8'] = 9,
    ['9'] = 10,
    ['A'] = 11,
    ['B'] = 12,
    ['C'] = 13,
    ['D'] = 14,
    ['E'] = 15,
    ['F'] = 16,
    ['G'] = 17,
    ['H'] = 18,
    ['J'] = 19,
    ['K'] = 20,
    ['M'] = 21,
    ['N'] = 22,
    ['P'] = 23,
    ['Q'] = 24,
    ['R'] = 25,
    ['S'] = 26,
    ['T'] = 27,
    ['V'] = 28,
    ['W'] = 29,
    ['X'] = 30,
    ['Y'] = 31,
    ['Z'] = 32,
    ['a'] = 11,
    ['b'] = 12,
    ['c'] = 13,
    ['d'] = 14,
    ['e'] = 15,
    ['f'] = 16,
    ['g'] = 17,
    ['h'] = 18,
    ['j'] = 19,
    ['k'] = 20,
    ['m'] = 21,
    ['n'] = 22,
    ['p'] = 23,
    ['q'] = 24,
    ['r'] = 25,
    ['s'] = 26,
    ['t'] = 27,
    ['v'] = 28,
    ['w'] = 29,
    ['x'] = 30,
    ['y'] = 31,
    ['z'] = 32,
    /* look-alikes */
    ['O'] = 1,
    ['o'] = 1,
    ['I'] = 2,
    ['i'] = 2,
    ['L'] = 2,
    ['l'] = 2,
};

char crockford_symbol(uint32_t value)
{
    return symbols_in_order[value & 31U];
}

int crockford_value(char c)
{
    const uint8_t byte = (uint8_t)c;
    return byte < 128 ? (int)value_plus_one[byte] - 1 : -1;
}

gsize crockford_length(gsize size)
{
    return (size * 8 + 4) / 5;
}

gsize crockford_size(gsize count)
{
    return count * 5 / 8;
}

void crockford_encode(const uint8_t *data, gsize size, char *out)
{
    uint32_t pending = 0;
    unsigned bits = 0;
    for (gsize i = 0; i < size; i++) {
        pending = pending << 8 | data[i];
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            *out++ = crockford_symbol(pending >> bits);
        }
    }
    if (bits > 0) {
        *out = crockford_symbol(pending << (5 - bits));
    }
}

bool crockford_decode(const char *symbols, gsize count, uint8_t *out)
{
    uint32_t pending = 0;
    unsigned bits = 0;
    for (gsize i = 0; i < count; i++) {
        const int value = crockford_value(symbols[i]);
        if (value < 0) {
            return false;
        }
        pending = pending << 5 | (uint32_t)value;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            *out++ = (uint8_t)(pending >> bits);
        }
    }
    /* Five bits or more left over would be a symbol that no encoder writes. */
    return bits < 5 && (pending & ((1U << bits) - 1U)) == 0;
}

void crockford_put(uint32_t value, gsize count, char *out)
{
    for (gsize i = count; i > 0; i--) {
        out[i - 1] = crockford_symbol(value);
        value >>= 5;
    }
}

bool crockford_get(const char *symbols, gsize count, uint32_t *value)
{
    uint32_t read = 0;
    for (gsize i = 0; i < count; i++) {
        const int symbol = crockford_value(symbols[i]);
        if (symbol < 0) {
            return false;
        }
        read = read << 5 | (uint32_t)symbol;
    }
    *value = read;
    return true;
}

uint32_t crockford_leading_bits(const Digest *digest, unsigned bits)
{
    const uint8_t *b = digest->bytes;
    const uint32_t first =
        (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | (uint32_t)b[3];
    return bits >= 32 ? first : first >> (32 - bits);
}
