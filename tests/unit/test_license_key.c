/* core/license_key.h */
#include "core/base64url.h"
#include "core/license_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "vectors_fixture.h"

static void check_key(const Vector *vector)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) key = license_key_read(vector->text, &error);
    if (key == NULL) {
        vectors_compare(vector, error->message);
        return;
    }
    const Digest public_key = license_key_public(key);
    g_autofree char *hint = license_key_hint(key);
    g_autofree char *text = base64url_text(public_key.bytes, DIGEST_SIZE);
    g_autofree char *got =
        g_strdup_printf("%s %s %s", text, hint, license_key_is_weak(key) ? "weak" : "strong");
    vectors_compare(vector, got);
}

static void vectors_come_out_as_expected(void **state)
{
    (void)state;
    assert_true(vectors_each("license_keys.tsv", check_key) >= 22);
}

/* Every single symbol that is mistyped has a chance of one in 32 to go unnoticed, no more. */
static void mistyped_symbols_are_noticed(void **state)
{
    (void)state;
    static const char printed[] = "8C2TJ-GND5Z-8XY33-E216P-8ADN7";
    int unnoticed = 0;
    int tried = 0;
    for (gsize i = 0; i < sizeof printed - 1; i++) {
        for (const char *c = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; *c != '\0'; c++) {
            g_autofree char *other = g_strdup(printed);
            if (other[i] == '-' || other[i] == *c) {
                continue;
            }
            other[i] = *c;
            g_autoptr(Secret) read = license_key_read(other, NULL);
            unnoticed += read != NULL;
            tried++;
        }
    }
    assert_int_equal(tried, 25 * 31);
    assert_true(unnoticed < tried / 16);
}

/* Zero bits, all bits, and a key that reads as what it was made from. */
static void keys_are_made_from_random_bytes(void **state)
{
    (void)state;
    const struct {
        char fill;
        const char *start;
    } cases[] = {{'\0', "00000-00000-00000-00000-0000"}, {'\xFF', "ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZ"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Secret) random = secret_new(LICENSE_KEY_RANDOM);
        memset(secret_data(random), cases[i].fill, LICENSE_KEY_RANDOM);
        g_autoptr(Secret) key = license_key_make(random);
        assert_int_equal(secret_size(key), 29);
        assert_true(g_str_has_prefix(secret_peek(key), cases[i].start));
        g_autoptr(Secret) normal = license_key_read(secret_peek(key), NULL);
        assert_non_null(normal);
        assert_int_equal(secret_size(normal), 25);
        assert_false(license_key_is_weak(normal));
    }
}

static void messages_never_hold_the_key(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    assert_null(license_key_read("84G7Z-WYRD6-Z1RV0-WHE6M-11104", &error));
    assert_null(strstr(error->message, "84G7Z"));
    assert_null(strstr(error->message, "1110"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_out_as_expected),
        cmocka_unit_test(mistyped_symbols_are_noticed),
        cmocka_unit_test(keys_are_made_from_random_bytes),
        cmocka_unit_test(messages_never_hold_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
