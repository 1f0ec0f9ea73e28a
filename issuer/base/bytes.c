#include "base/bytes.h"

/* The first of the marked places at `at` where the word stands. */
static const char *find_among(const char *at, uint64_t marked, const char *word, gsize size)
{
    for (; marked != 0; marked &= marked - 1) {
        const char *place = at + __builtin_ctzll(marked);
        if (memcmp(place, word, size) == 0) {
            return place;
        }
    }
    return NULL;
}

const char *bytes_find(const char *data, gsize length, const char *word, gsize size)
{
    gsize at = 0;
    /* Its first byte and its last one tell most places from it. */
    for (; at + size + sizeof(Bytes) <= length + 1; at += sizeof(Bytes)) {
        const Bytes alike = bytes_are(bytes_at(data + at), (uint8_t)word[0]) &
                            bytes_are(bytes_at(data + at + size - 1), (uint8_t)word[size - 1]);
        const char *place =
            bytes_any(alike) ? find_among(data + at, bytes_mask(alike), word, size) : NULL;
        if (place != NULL) {
            return place;
        }
    }
    return at < length ? memmem(data + at, length - at, word, size) : NULL;
}
