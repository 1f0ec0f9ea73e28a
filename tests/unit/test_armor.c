/* core/armor.h: the writing side. */
#include "core/armor.h"
#include "core/armor_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vectors_fixture.h"

static ArmorKind kind_of(char letter)
{
    return letter == 'Q'   ? ARMOR_USAGE_REQUEST
           : letter == 'G' ? ARMOR_USAGE_LICENSE
                           : ARMOR_DEACTIVATION;
}

static void check_armor(const Vector *vector)
{
    const ArmorKind kind = kind_of(vector->name[0]);
    g_autoptr(GBytes) body = armor_body_from_jws(vector->text, vector->length, NULL);
    assert_non_null(body);
    assert_true(g_bytes_get_size(body) <= armor_kind_max_body(kind));
    assert_int_equal(armor_kind_letter(kind), vector->name[0]);
    g_autofree char *armored = armor_text_write(kind, body);
    vectors_compare(vector, armored);
    g_autofree char *again = armor_body_to_jws(body, NULL);
    assert_string_equal(again, vector->text);
}

static void vectors_come_out_as_expected(void **state)
{
    (void)state;
    assert_int_equal(vectors_each("armor.tsv", check_armor), 4);
}

/* Each body whose lengths do not fit is refused, wherever it is cut or prolonged. */
static void check_lengths(const Vector *vector)
{
    g_autoptr(GBytes) body = armor_body_from_jws(vector->text, vector->length, NULL);
    const gsize size = g_bytes_get_size(body);
    for (gsize i = 0; i < size; i++) {
        g_autoptr(GBytes) cut = g_bytes_new_from_bytes(body, 0, i);
        g_autofree char *jws = armor_body_to_jws(cut, NULL);
        assert_null(jws);
    }
    g_autoptr(GByteArray) longer = g_byte_array_new();
    g_byte_array_append(longer, g_bytes_get_data(body, NULL), (guint)size);
    g_byte_array_append(longer, (const guint8 *)"", 1);
    g_autoptr(GBytes) more = g_bytes_new(longer->data, longer->len);
    g_autoptr(GError) error = NULL;
    assert_null(armor_body_to_jws(more, &error));
    assert_string_equal(error->message, "the lengths inside the code do not fit together");
}

static void wrong_lengths_are_refused(void **state)
{
    (void)state;
    vectors_each("armor.tsv", check_lengths);
}

static void what_is_no_code_gets_no_body(void **state)
{
    (void)state;
    const char *none[] = {"", "a.b", "e30.e30.AAAA", "e30=.e30.AAAA"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(armor_body_from_jws(none[i], strlen(none[i]), &error));
        assert_non_null(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_out_as_expected),
        cmocka_unit_test(wrong_lengths_are_refused),
        cmocka_unit_test(what_is_no_code_gets_no_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
