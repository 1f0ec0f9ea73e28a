#include "mail/rtf.h"

#include "mail/little_endian.h"

#include <stdint.h>
#include <string.h>

#define HEADER_SIZE 16
#define WINDOW_SIZE 4096U /* a power of two */
#define LZFU        0x75465A4CU
#define MELA        0x414C454DU

/* What the window holds at first (MS-OXRTFCP 2.1.3.1.1). */
static const char first_words[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    "\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

typedef struct {
    const guint8 *at;
    const guint8 *end;
    guint8 window[WINDOW_SIZE];
    guint write; /* where the next byte goes in the window */
    GByteArray *out;
    bool ended; /* by its own mark */
} Inflater;

bool rtf_is(const char *data, gsize length)
{
    return length >= 5 && memcmp(data, "{\\rtf", 5) == 0;
}

/* MS-OXRTFCP 2.1.3.2: the CRC of zlib without its two inversions. */
static uint32_t checksum(const guint8 *bytes, gsize length)
{
    uint32_t table[256];
    for (uint32_t i = 0; i < G_N_ELEMENTS(table); i++) {
        uint32_t value = i;
        for (unsigned bit = 0; bit < 8; bit++) {
            value = (value & 1U) != 0 ? value >> 1 ^ 0xEDB88320U : value >> 1;
        }
        table[i] = value;
    }
    uint32_t sum = 0;
    for (gsize i = 0; i < length; i++) {
        sum = table[(sum ^ bytes[i]) & 0xFFU] ^ sum >> 8;
    }
    return sum;
}

static void put(Inflater *inflater, guint8 byte)
{
    g_byte_array_append(inflater->out, &byte, 1);
    inflater->window[inflater->write] = byte;
    inflater->write = (inflater->write + 1) % WINDOW_SIZE;
}

/* A reference: 12 bits of place, 4 of length less two. One to where the next byte goes is the end.
 */
static void copy_again(Inflater *inflater)
{
    const guint place = (guint)inflater->at[0] << 4 | (guint)inflater->at[1] >> 4;
    const guint length = (inflater->at[1] & 0x0FU) + 2;
    inflater->at += 2;
    inflater->ended = place == inflater->write;
    for (guint i = 0; i < length && !inflater->ended; i++) {
        put(inflater, inflater->window[(place + i) % WINDOW_SIZE]);
    }
}

/* Reads one thing; false if it is cut off. */
static bool read_token(Inflater *inflater, bool is_reference)
{
    if (inflater->end - inflater->at < (is_reference ? 2 : 1)) {
        return false;
    }
    if (is_reference) {
        copy_again(inflater);
    } else {
        put(inflater, *inflater->at++);
    }
    return true;
}

/* Runs of eight things, a byte of flags before each. False if the end is missing. */
static bool inflate(Inflater *inflater)
{
    while (inflater->at < inflater->end && inflater->out->len < RTF_MAX_SIZE) {
        guint flags = *inflater->at++;
        for (unsigned i = 0; i < 8; i++, flags >>= 1) {
            if (!read_token(inflater, (flags & 1U) != 0)) {
                return false;
            }
            if (inflater->ended) {
                return true;
            }
        }
    }
    return false;
}

static GByteArray *decompress(const guint8 *bytes, gsize length, gsize raw_size)
{
    Inflater inflater = {.at = bytes, .end = bytes + length, .write = sizeof first_words - 1};
    memcpy(inflater.window, first_words, sizeof first_words - 1);
    inflater.out = g_byte_array_sized_new((guint)MIN(raw_size, length * 4));
    (void)inflate(&inflater);
    return inflater.out;
}

static GByteArray *copy(const guint8 *bytes, gsize length)
{
    GByteArray *out = g_byte_array_sized_new((guint)MIN(length, RTF_MAX_SIZE));
    return g_byte_array_append(out, bytes, (guint)MIN(length, RTF_MAX_SIZE));
}

GByteArray *rtf_decompress(const char *data, gsize length, const char **trouble)
{
    *trouble = NULL;
    if (rtf_is(data, length)) {
        return copy((const guint8 *)data, length);
    }
    if (length < HEADER_SIZE) {
        *trouble = "it is cut off";
        return NULL;
    }
    const guint8 *header = (const guint8 *)data;
    const guint8 *bytes = header + HEADER_SIZE;
    const gsize said = (gsize)little_endian_u32(header) + 4; /* the size does not count itself */
    const gsize raw_size = little_endian_u32(header + 4);
    const uint32_t type = little_endian_u32(header + 8);
    const gsize left = CLAMP(said, HEADER_SIZE, length) - HEADER_SIZE;
    if (type != LZFU && type != MELA) {
        *trouble = "it is no compressed RTF";
        return NULL;
    }
    GByteArray *out =
        type == LZFU ? decompress(bytes, left, raw_size) : copy(bytes, MIN(raw_size, left));
    if (out->len < raw_size) {
        *trouble = raw_size > RTF_MAX_SIZE ? "it is too long" : "it is cut off";
    } else if (type == LZFU && checksum(bytes, left) != little_endian_u32(header + 12)) {
        *trouble = "its checksum is wrong";
    }
    return out;
}
