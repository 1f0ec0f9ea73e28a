/* core/license_reading.h: License IDs as people write them. */
#include "core/license_reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool may_mean(const char *text, const char *license_id)
{
    g_autoptr(GArray) found = license_reading_find(text);
    g_autoptr(GArray) wanted = license_reading_find(license_id);
    for (guint i = 0; i < found->len; i++) {
        if (strcmp(g_array_index(found, LicenseReading, i).text,
                   g_array_index(wanted, LicenseReading, 0).text) == 0) {
            return true;
        }
    }
    return false;
}

static void however_it_is_written_it_is_read(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "our LIC-2041-AB has gone",
        "lic-2041-ab",
        "LIC2041AB",
        "lic 2041 ab.",
        "LIC - 2041 - AB",
        "L1C-2O41-A8 is lost",
        "LIC\xE2\x80\x93"
        "2041\xC2\xA0"
        "AB",
        "LIC: 2041/AB!",
        "(lic_2041.ab)",
        "LIC-20\xE2\x80\x8B"
        "41-AB",
        "\xD0\xA1IC no, L\xD0\x86\xD0\xA1-2041-\xD0\x90\xD0\x92",
        "LIC-\n2041-AB",
        "lic-2O4l-ab",
        "I1C 2041 AB",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        if (!may_mean(ways[i], "LIC-2041-AB")) {
            fail_msg("not read: %s", ways[i]);
        }
    }
    assert_true(may_mean("LIC-NORTH burnt", "LIC-NORTH"));
}

static void what_is_none_gives_no_reading(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        "our license has expired",
        "PUBLIC-2041-AB",
        "Lic. Juan Morales",
        "click here: 2041",
        "licence du serveur 2041",
        "the list of 2041",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(GArray) found = license_reading_find(others[i]);
        if (found->len > 0) {
            fail_msg("read in '%s': %s", others[i], g_array_index(found, LicenseReading, 0).text);
        }
    }
    g_autoptr(GArray) none = license_reading_find(NULL);
    assert_int_equal(none->len, 0);
}

static void the_longest_of_a_place_comes_first(void **state)
{
    (void)state;
    g_autoptr(GArray) found = license_reading_find("LIC-20-41 and LIC-7");
    assert_string_equal(g_array_index(found, LicenseReading, 0).text, "11C2041AND11C7");
    guint at = 0;
    while (g_array_index(found, LicenseReading, at).place ==
           g_array_index(found, LicenseReading, 0).place) {
        at++;
    }
    assert_string_equal(g_array_index(found, LicenseReading, at - 1).text, "11C20");
    assert_string_equal(g_array_index(found, LicenseReading, at).text, "11C7");
    assert_int_equal(found->len, at + 1);
}

static void a_long_text_gives_no_end_of_them(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);
    for (gsize i = 0; i < 20000; i++) {
        g_string_append(text, "LIC-1 2 3 4 5 6 7 ");
    }
    g_autoptr(GArray) found = license_reading_find(text->str);
    assert_true(found->len < 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(however_it_is_written_it_is_read),
        cmocka_unit_test(what_is_none_gives_no_reading),
        cmocka_unit_test(the_longest_of_a_place_comes_first),
        cmocka_unit_test(a_long_text_gives_no_end_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
