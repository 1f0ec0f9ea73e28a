/* core/license_wish.h: what people write of a change to a license. */
#include "core/license_wish.h"

#include "base/error.h"
#include "core/dates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int32_t day(const char *text)
{
    int32_t read = DATES_NONE;
    assert_true(dates_read(text, &read));
    return read;
}

static void features_are_read(void **state)
{
    (void)state;
    const struct {
        const char *text;
        const char *code;
        int64_t number;
        const char *until;
    } rows[] = {
        {"mqtt-server", "mqtt-server", LICENSE_WISH_NONE, NULL},
        {"support=2", "support", 2, NULL},
        {" support = 2 ", "support", 2, NULL},
        {"snowflake-bridge=1000000000000", "snowflake-bridge", 1000000000000, NULL},
        {"support=2028-02-29", "support", LICENSE_WISH_NONE, "2028-02-29"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *texts[] = {rows[i].text, NULL};
        g_autoptr(GPtrArray) wishes = license_wish_features(texts, NULL);
        assert_non_null(wishes);
        assert_int_equal(wishes->len, 1);
        const FeatureWish *wish = g_ptr_array_index(wishes, 0);
        assert_string_equal(wish->code, rows[i].code);
        assert_int_equal(wish->number, rows[i].number);
        assert_int_equal(wish->until, rows[i].until != NULL ? day(rows[i].until) : DATES_NONE);
    }
}

static void other_words_are_no_features(void **state)
{
    (void)state;
    const char *none[] = {"",
                          " ",
                          "=2",
                          "support=",
                          "support=0",
                          "support=-1",
                          "support=2.5",
                          "support=two",
                          "support=2027-02-29",
                          "support=1000000000001",
                          "support=2=3",
                          "support=2y"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autoptr(GError) error = NULL;
        const char *texts[] = {"mqtt-server", none[i], NULL};
        assert_null(license_wish_features(texts, &error));
        assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_USAGE));
    }
}

static void lists_are_read(void **state)
{
    (void)state;
    const char *texts[] = {"mqtt-server", "support=2", NULL};
    g_autoptr(GPtrArray) wishes = license_wish_features(texts, NULL);
    assert_int_equal(wishes->len, 2);
    assert_int_equal(((const FeatureWish *)g_ptr_array_index(wishes, 1))->number, 2);
    g_autoptr(GPtrArray) none = license_wish_features(NULL, NULL);
    assert_int_equal(none->len, 0);
}

static void last_days_are_read(void **state)
{
    (void)state;
    int32_t until = 7;
    assert_true(license_wish_last_day("2028-02-29", &until, NULL));
    assert_int_equal(until, day("2028-02-29"));
    assert_true(license_wish_last_day("NEVER", &until, NULL));
    assert_int_equal(until, DATES_NONE);
    const char *none[] = {"", "2", "2027-02-29", "ever"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autoptr(GError) error = NULL;
        until = 7;
        assert_false(license_wish_last_day(none[i], &until, &error));
        assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_USAGE));
        assert_int_equal(until, 7);
    }
}

static void expiries_are_read(void **state)
{
    (void)state;
    ExpiryWish wish = {0};
    assert_true(license_wish_expiry("2", &wish, NULL));
    assert_int_equal(wish.years, 2);
    assert_int_equal(wish.until, DATES_NONE);
    assert_true(license_wish_expiry("2028-03-31", &wish, NULL));
    assert_int_equal(wish.years, LICENSE_WISH_NONE);
    assert_int_equal(wish.until, day("2028-03-31"));
    assert_true(license_wish_expiry("Never", &wish, NULL));
    assert_int_equal(wish.years, LICENSE_WISH_NONE);
    assert_int_equal(wish.until, DATES_NONE);
}

static void other_words_are_no_expiries(void **state)
{
    (void)state;
    const char *none[] = {"", "0", "101", "-1", "2028-02-30", "31.03.2028", "perpetually"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autoptr(GError) error = NULL;
        ExpiryWish wish = {.years = 7, .until = 9};
        assert_false(license_wish_expiry(none[i], &wish, &error));
        assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_USAGE));
        assert_true(wish.years == 7 && wish.until == 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_read), cmocka_unit_test(other_words_are_no_features),
        cmocka_unit_test(lists_are_read),    cmocka_unit_test(last_days_are_read),
        cmocka_unit_test(expiries_are_read), cmocka_unit_test(other_words_are_no_expiries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
