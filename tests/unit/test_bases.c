/* core/base64url.h and core/crockford.h: both alphabets, both ways. */
#include "core/base64url.h"
#include "core/crockford.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void examples_of_the_standard(void **state)
{
    (void)state;
    /* RFC 4648 §10, without padding; and the two characters that differ from plain base64 */
    const char *const pairs[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        uint8_t bytes[8];
        const gsize size = strlen(pairs[i][0]);
        g_autofree char *text = base64url_text(pairs[i][0], size);
        assert_string_equal(text, pairs[i][1]);
        assert_true(base64url_read_exact(text, strlen(text), bytes, size));
        assert_memory_equal(bytes, pairs[i][0], size);
    }
}

static void only_the_canonical_form_is_read(void **state)
{
    (void)state;
    uint8_t bytes[16];
    const char *none[] = {"Zg==",   "Zh",   "Zm9",  "Z", "Zm9vY", "Zm 9v",
                          "Zm9v\n", "Zm+v", "Zm/v", "=", "Zm9v=", "\x80m9v"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        if (base64url_read(none[i], strlen(none[i]), bytes)) {
            fail_msg("\"%s\" was read", none[i]);
        }
    }
    assert_false(base64url_read("Zm\0v", 4, bytes));
    assert_false(base64url_read_exact("Zm9v", 4, bytes, 2));
    assert_false(base64url_read_exact("Zm9v", 4, bytes, 4));
}

/* Of all texts of three characters exactly those are read that some two bytes are written as. */
static void every_text_of_three_characters(void **state)
{
    (void)state;
    const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int taken = 0;
    for (int i = 0; i < 64 * 64 * 64; i++) {
        uint8_t bytes[2];
        const char text[3] = {all[i >> 12], all[i >> 6 & 63], all[i & 63]};
        if (base64url_read(text, 3, bytes)) {
            char again[3];
            base64url_write(bytes, 2, again);
            assert_memory_equal(again, text, 3);
            taken++;
        }
    }
    assert_int_equal(taken, 65536);
}

static void base32_comes_back(void **state)
{
    (void)state;
    for (gsize size = 0; size <= 40; size++) {
        uint8_t data[40];
        uint8_t back[40];
        char symbols[64];
        for (gsize i = 0; i < size; i++) {
            data[i] = (uint8_t)g_random_int();
        }
        const gsize count = crockford_length(size);
        crockford_encode(data, size, symbols);
        assert_int_equal(crockford_size(count), size);
        assert_true(crockford_decode(symbols, count, back));
        assert_memory_equal(back, data, size);
    }
}

static void base32_is_read_strictly(void **state)
{
    (void)state;
    uint8_t out[8];
    assert_true(crockford_decode("ZW", 2, out)); /* 11111 11100 */
    assert_int_equal(out[0], 0xff);
    assert_false(crockford_decode("ZZ", 2, out));  /* fill bits set */
    assert_false(crockford_decode("Z", 1, out));   /* no byte */
    assert_false(crockford_decode("ZW0", 3, out)); /* a symbol too many */
    assert_false(crockford_decode("ZU", 2, out));  /* no symbol */
    assert_true(crockford_decode("oO", 2, out) && out[0] == 0);
    assert_true(crockford_decode("iLwg", 4, out));
}

static void look_alikes_stand_for_their_symbols(void **state)
{
    (void)state;
    assert_int_equal(crockford_value('O'), 0);
    assert_int_equal(crockford_value('i'), 1);
    assert_int_equal(crockford_value('l'), 1);
    assert_int_equal(crockford_value('z'), 31);
    for (int c = -128; c < 128; c++) {
        const int value = crockford_value((char)c);
        assert_true(value >= -1 && value < 32);
        const bool known = c > 0 && g_ascii_isalnum((char)c) && c != 'U' && c != 'u';
        assert_int_equal(value >= 0, known);
    }
}

static void numbers_come_back(void **state)
{
    (void)state;
    char symbols[6];
    uint32_t value = 0;
    crockford_put(0x2f3a1c5bU & 0x3fffffffU, 6, symbols);
    assert_true(crockford_get(symbols, 6, &value));
    assert_int_equal(value, 0x2f3a1c5bU & 0x3fffffffU);
    crockford_put(902, 4, symbols);
    assert_memory_equal(symbols, "00W6", 4);
    assert_false(crockford_get("00U6", 4, &value));
    const Digest digest = {{0x12, 0x34, 0x56, 0x78}};
    assert_int_equal(crockford_leading_bits(&digest, 5), 2);
    assert_int_equal(crockford_leading_bits(&digest, 20), 0x12345);
    assert_int_equal(crockford_leading_bits(&digest, 32), 0x12345678);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_standard),
        cmocka_unit_test(only_the_canonical_form_is_read),
        cmocka_unit_test(every_text_of_three_characters),
        cmocka_unit_test(base32_comes_back),
        cmocka_unit_test(base32_is_read_strictly),
        cmocka_unit_test(look_alikes_stand_for_their_symbols),
        cmocka_unit_test(numbers_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
