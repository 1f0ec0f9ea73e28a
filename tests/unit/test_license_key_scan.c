/* core/license_key_scan.h: keys are found however people write them, and in nothing else. */
#include "core/license_key_scan.h"

#include "core/finder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

static guint count_keys(const char *text)
{
    g_autoptr(GArray) spots = g_array_new(FALSE, FALSE, sizeof(LicenseKeySpot));
    license_key_scan_find(text, strlen(text), spots);
    return spots->len;
}

static void keys_are_found_as_people_write_them(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "84G7Z-WYRD6-Z1RV0-WHE6M-11105",
        "our key is 84g7z-wyrd6-z1rv0-whe6m-11105, please activate",
        "key: 84G7Z WYRD6 Z1RV0 WHE6M 11105",
        "84G7Z-WYRD6-\r\n  Z1RV0-WHE6M-11105",
        "LIC-1/84G7ZWYRD6Z1RV0WHE6M11105",
        "key=84g7zwyrd6z1rv0whe6m11105&x=1",
        "84G7ZWYRD6ZlRVOWHE6MllL05",
        "84G7Z\xE2\x80\x93WYRD6\xE2\x80\x93Z1RV0\xE2\x80\x93WHE6M\xE2\x80\x93"
        "11105",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (count_keys(texts[i]) != 1) {
            fail_msg("in this text: %s", texts[i]);
        }
        g_autofree char *masked = finder_mask_license_keys(texts[i]);
        assert_int_equal(count_keys(masked), 0);
    }
}

/* Pictures, and the signatures that mail systems put into headers. */
static void base64_holds_no_keys(void **state)
{
    (void)state;
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261125);
    for (int round = 0; round < 40; round++) {
        guint8 bytes[48 * 1024];
        for (gsize i = 0; i < sizeof bytes; i++) {
            bytes[i] = (guint8)g_rand_int_range(rand, 0, 256);
        }
        g_autofree char *text = g_base64_encode(bytes, sizeof bytes);
        assert_int_equal(count_keys(text), 0);
    }
}

/* A text is gone through in pieces: wherever a key begins in one, and whatever words stand before
 * it, it is found where it is. */
static void a_key_is_found_wherever_it_stands(void **state)
{
    (void)state;
    enum { MOST = 150 };
    static const char *const keys[] = {
        "84G7Z-WYRD6-Z1RV0-WHE6M-11105",
        "84G7Z WYRD6 Z1RV0 WHE6M 11105",
        "84G7Z\r\nWYRD6\r\nZ1RV0\r\nWHE6M\r\n11105",
        "84G7ZWYRD6Z1RV0WHE6M11105",
        "84G7Z-WYRD6-                                                             "
        "                          Z1RV0-WHE6M-11105",
    };
    static const char *const words[] = {"of ", "pumps ", "valves. ", "pumps, ", "ABCDE\n\n", "- "};
    for (gsize key = 0; key < G_N_ELEMENTS(keys); key++) {
        for (gsize word = 0; word < G_N_ELEMENTS(words); word++) {
            g_autoptr(GString) text = g_string_new(NULL);
            while (text->len < MOST) {
                g_string_append(text, words[word]);
                g_autofree char *whole =
                    g_strdup_printf("%s (%s) and %s\n", text->str, keys[key], keys[key]);
                g_autoptr(GArray) spots = g_array_new(FALSE, FALSE, sizeof(LicenseKeySpot));
                license_key_scan_find(whole, strlen(whole), spots);
                assert_int_equal(spots->len, 2);
                const LicenseKeySpot *first = &g_array_index(spots, LicenseKeySpot, 0);
                assert_int_equal(first->at[0], text->len + 2);
                assert_int_equal(whole[first->at[LICENSE_KEY_SCAN_SYMBOLS - 1]], '5');
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_as_people_write_them),
        cmocka_unit_test(base64_holds_no_keys),
        cmocka_unit_test(a_key_is_found_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
