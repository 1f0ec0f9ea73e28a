/* Damages good bytes in every way that a reader must live through. */
#ifndef ISSUER_TESTS_HOSTILE_FIXTURE_H
#define ISSUER_TESTS_HOSTILE_FIXTURE_H

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOSTILE_SECONDS 300 /* for all of one call; the run ends if it takes longer */

/* Reads `length` bytes at `data`, a copy of their own: one byte too far is seen. */
typedef void (*HostileReader)(const char *data, gsize length);

static inline void hostile_copy(HostileReader reader, const char *data, gsize length)
{
    char *copy = g_malloc(length + 1);
    char *exact = length == 0 ? NULL : g_memdup2(data, length);
    reader(length == 0 ? copy : exact, length);
    g_free(exact);
    g_free(copy);
}

/* Has `reader` read every `step`th prefix of the bytes. */
static inline void hostile_prefixes(HostileReader reader, const char *data, gsize length,
                                    gsize step)
{
    (void)alarm(HOSTILE_SECONDS);
    for (gsize size = 0; size <= length; size += step) {
        hostile_copy(reader, data, size);
    }
    (void)alarm(0);
}

/* Has it read them `times` times with some bytes changed: bits turned, numbers at the edges, pieces
 * taken from elsewhere. The seed is fixed, and printed. */
static inline void hostile_flips(HostileReader reader, const char *data, gsize length,
                                 unsigned times)
{
    static const guint8 edges[] = {0x00, 0xFF, 0x7F, 0x80, 0x01, '{', '}', '\\'};
    const guint32 seed = 20260214;
    GRand *random = g_rand_new_with_seed(seed);
    printf("seed %u\n", seed);
    (void)alarm(HOSTILE_SECONDS);
    for (unsigned i = 0; i < times; i++) {
        char *changed = g_memdup2(data, length);
        for (int left = g_rand_int_range(random, 1, 9); left > 0; left--) {
            const gsize at = g_rand_int(random) % length;
            const gsize from = g_rand_int(random) % length;
            const gsize some = g_rand_int(random) % 8 + 1;
            const gsize count = MIN(some, length - MAX(at, from));
            switch (g_rand_int(random) % 3) {
            case 0:
                changed[at] = (char)(changed[at] ^ (1 << (g_rand_int(random) % 8)));
                break;
            case 1:
                changed[at] = (char)edges[g_rand_int(random) % G_N_ELEMENTS(edges)];
                break;
            default:
                memmove(changed + at, changed + from, count);
                break;
            }
        }
        hostile_copy(reader, changed, length);
        g_free(changed);
    }
    (void)alarm(0);
    g_rand_free(random);
}

#endif
