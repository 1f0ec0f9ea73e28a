/* core/key_mail.h */
#include "core/key_mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char key_text[] = "84G7Z-WYRD6-Z1RV0-WHE6M-11105";

static Secret *fill(const char *mail)
{
    g_autoptr(Secret) key = secret_new_copy(key_text, strlen(key_text));
    return key_mail_fill(mail, strlen(mail), key);
}

static void the_key_stands_on_a_line_of_its_own(void **state)
{
    (void)state;
    const KeyMailFacts facts = {
        .vendor = "Example Licensing",
        .license_id = "LIC-1",
        .customer = "N\xC3\xB8rd",
        .address = "licenses@vendor.example",
    };
    g_autofree char *text = key_mail_text(&facts);
    g_autoptr(Secret) filled = fill(text);
    assert_non_null(filled);
    g_autofree char *line = g_strdup_printf("\n    %s\n", key_text);
    assert_non_null(strstr(secret_peek(filled), line));
    assert_int_equal(secret_size(filled), strlen(text));
    assert_null(strstr(text, key_text));
    assert_null(strstr(text, "takes the place"));
}

static void it_has_exactly_one_place(void **state)
{
    (void)state;
    const char *const without[] = {
        "",
        "no place",
        "XXXXX-XXXXX-XXXXX-XXXXX-XXXX",
        "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX and XXXXX-XXXXX-XXXXX-XXXXX-XXXXX",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(without); i++) {
        g_autoptr(Secret) filled = fill(without[i]);
        assert_null(filled);
    }
    g_autoptr(Secret) alone = fill("XXXXX-XXXXX-XXXXX-XXXXX-XXXXX");
    assert_string_equal(secret_peek(alone), key_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_stands_on_a_line_of_its_own),
        cmocka_unit_test(it_has_exactly_one_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
