/* core/denied_keys.h */
#include "core/denied_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vectors_fixture.h"

static void check_list(const Vector *vector)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DeniedKeys) denied = denied_keys_read(vector->text, vector->length, &error);
    if (denied == NULL) {
        vectors_compare(vector, error->message);
        return;
    }
    g_autofree char *input =
        denied_keys_signing_input(denied->iat, denied->kids, denied->certificate);
    const bool alike = g_str_has_prefix(vector->text, input) && vector->text[strlen(input)] == '.';
    g_autofree char *got =
        g_strdup_printf("%u keys at %" G_GINT64_FORMAT ", written %s", denied->kids->len,
                        denied->iat, alike ? "alike" : "otherwise");
    vectors_compare(vector, got);
}

static void vectors_come_out_as_expected(void **state)
{
    (void)state;
    assert_true(vectors_each("denied_keys.tsv", check_list) >= 7);
}

static void check_members(const Vector *vector)
{
    if (strcmp(vector->name, "three keys") != 0) {
        return;
    }
    g_autoptr(DeniedKeys) denied = denied_keys_read(vector->text, vector->length, NULL);
    assert_non_null(denied);
    for (uint8_t i = 0; i < 5; i++) {
        const Digest kid = digest_sha256(&i, 1);
        assert_int_equal(denied_keys_contains(denied, &kid), i < 3);
    }
}

static void only_named_keys_are_denied(void **state)
{
    (void)state;
    vectors_each("denied_keys.tsv", check_members);
}

static void the_same_set_gives_the_same_bytes(void **state)
{
    (void)state;
    g_autoptr(GBytes) certificate = g_bytes_new_static("der", 3);
    g_autoptr(GArray) forth = g_array_new(FALSE, FALSE, sizeof(Digest));
    g_autoptr(GArray) back = g_array_new(FALSE, FALSE, sizeof(Digest));
    for (uint8_t i = 0; i < 4; i++) {
        const uint8_t other = (uint8_t)(3 - i);
        const Digest first = digest_sha256(&i, 1);
        const Digest second = digest_sha256(&other, 1);
        g_array_append_val(forth, first);
        g_array_append_val(back, second);
    }
    const Digest again = g_array_index(back, Digest, 0);
    g_array_append_val(back, again);
    g_autofree char *one = denied_keys_signing_input(5, forth, certificate);
    g_autofree char *two = denied_keys_signing_input(5, back, certificate);
    assert_string_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_out_as_expected),
        cmocka_unit_test(only_named_keys_are_denied),
        cmocka_unit_test(the_same_set_gives_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
