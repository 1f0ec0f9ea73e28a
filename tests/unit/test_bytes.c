/* base/bytes.h: words are found where memmem() finds them, and answers become bits in order. */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

static void words_are_found_as_by_memmem(void **state)
{
    (void)state;
    enum { ROUNDS = 50000, MOST = 100 };
    static const char *const words[] = {"ab", "aba", "From ", "abababababababababab", "\n--"};
    GRand *dice = g_rand_new_with_seed(17);
    guint found = 0;
    for (guint i = 0; i < ROUNDS; i++) {
        const char *word = words[i % G_N_ELEMENTS(words)];
        const gsize length = (gsize)g_rand_int_range(dice, 0, MOST);
        g_autofree char *text = g_malloc(length + 1); /* of its own, so that no more is read */
        for (gsize at = 0; at < length; at++) {
            text[at] = "abF\n-"[g_rand_int_range(dice, 0, 5)];
        }
        const gsize at = (gsize)g_rand_int_range(dice, 0, MOST);
        if (at + strlen(word) <= length) {
            memcpy(text + at, word, strlen(word));
        }
        text = g_realloc(text, MAX(length, 1));
        const char *place = memmem(text, length, word, strlen(word));
        assert_ptr_equal(bytes_find(text, length, word, strlen(word)), place);
        found += place != NULL;
    }
    g_rand_free(dice);
    assert_in_range(found, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

static void answers_become_bits_in_order(void **state)
{
    (void)state;
    char text[sizeof(Bytes)];
    memset(text, '.', sizeof text);
    assert_false(bytes_any(bytes_are(bytes_at(text), 'x')));
    uint64_t wanted = 0;
    for (unsigned at = 0; at < sizeof text; at++) {
        const unsigned place = at * 7 % sizeof text;
        text[place] = 'x';
        wanted |= (uint64_t)1 << place;
        assert_true(bytes_any(bytes_are(bytes_at(text), 'x')));
        assert_int_equal(bytes_mask(bytes_are(bytes_at(text), 'x')), wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_found_as_by_memmem),
        cmocka_unit_test(answers_become_bits_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
