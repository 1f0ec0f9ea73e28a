/* Many bytes at once: what is asked of each of sixteen takes a vector instruction or two. Loops
 * that look at all of a mail stand upon this, for compilers make vector instructions of few loops.
 */
#ifndef ISSUER_BASE_BYTES_H
#define ISSUER_BASE_BYTES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t Bytes __attribute__((vector_size(16)));

/* The sixteen bytes that begin at `from`. */
static inline Bytes bytes_at(const void *from)
{
    Bytes bytes;
    memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

/* 255 for each that is `byte`, else 0; answers are joined by & and |. */
static inline Bytes bytes_are(Bytes bytes, uint8_t byte)
{
    return (Bytes)(bytes == byte);
}

/* Whether the answer is other than 0 for any. */
static inline bool bytes_any(Bytes answers)
{
    uint64_t halves[2];
    memcpy(halves, &answers, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

/* The answers as bits, that for the first byte the lowest. */
static inline uint64_t bytes_mask(Bytes answers)
{
    const uint64_t gather =
        0x0102040810204080; /* the lowest bits of eight bytes into the highest */
    const Bytes ones = answers & 1;
    uint64_t halves[2];
    memcpy(halves, &ones, sizeof halves);
    return (GUINT64_FROM_LE(halves[0]) * gather) >> 56 |
           ((GUINT64_FROM_LE(halves[1]) * gather) >> 56) << 8;
}

/* The first place in `length` bytes at `data` where the `size` bytes of `word` stand, which are two
 * or more; NULL: they stand nowhere. Faster than memmem(), but its time grows with `size` where
 * places look alike: for short words that the program knows. */
const char *bytes_find(const char *data, gsize length, const char *word, gsize size);

#endif
