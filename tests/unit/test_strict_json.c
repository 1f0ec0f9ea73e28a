/* core/strict_json.h: what is let through and what is not. */
#include "core/strict_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static const char *fault(const char *text, gsize size, GError **error)
{
    g_autoptr(StrictJson) value = strict_json_read(text, size, STRICT_JSON_STRING, error);
    return value == NULL ? (*error)->message : "taken";
}

static void texts_are_judged(void **state)
{
    (void)state;
    const char *whole = "the JSON has a number that is not written as a whole one";
    const char *const rows[][2] = {
        {"{}", "taken"},
        {" {\"a\" : [1, -1, 0, true, false, null, \"x\"] } ", "taken"},
        {"{\"a\":9007199254740991,\"b\":-9007199254740991}", "taken"},
        {"{\"a\":9007199254740992}", "the JSON has a number of 2^53 or more"},
        {"{\"a\":\"1.0e5 and -0 [[[[[[[[[[\\\"\"}", "taken"},
        {"{\"a\":0.5}", whole},
        {"{\"a\":1.0}", whole},
        {"{\"a\":1e2}", whole},
        {"{\"a\":1E+2}", whole},
        {"{\"a\":-0}", whole},
        {"{\"a\":[-0]}", whole},
        {"{\"a\":01}", "the JSON cannot be read (wrong at byte 6)"},
        {"{\"a\":1,\"a\":1}", "the JSON names a member twice"},
        {"{\"a\":{\"b\":1,\"b\":2}}", "the JSON names a member twice"},
        {"{\"a\":{\"b\":1},\"b\":2}", "taken"},
        {"{} {}", "the JSON is followed by something"},
        {"{}x", "the JSON is followed by something"},
        {"[]", "the JSON is no object"},
        {"[[[[[[[[]]]]]]]]", "the JSON is no object"},
        {"[[[[[[[[[]]]]]]]]]", "the JSON is nested more than 8 levels deep"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        const char *got = fault(rows[i][0], strlen(rows[i][0]), &error);
        if (strcmp(got, rows[i][1]) != 0) {
            fail_msg("%s: \"%s\", expected \"%s\"", rows[i][0], got, rows[i][1]);
        }
    }
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    const char *none[] = {"",
                          " ",
                          "{",
                          "}",
                          "1",
                          "\"a\"",
                          "null",
                          "{\"a\"}",
                          "{\"a\":}",
                          "{a:1}",
                          "{'a':1}",
                          "{\"a\":1,}",
                          "{\"a\":\"x}",
                          "{\"a\":\"\\",
                          "{\"a\":-}",
                          "{\"a\":NaN}",
                          "\xef\xbb\xbf{}",
                          "{\"a\":\"\\ud800\"}"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autoptr(GError) error = NULL;
        if (strcmp(fault(none[i], strlen(none[i]), &error), "taken") == 0) {
            fail_msg("%s was taken", none[i]);
        }
    }
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autofree char *blanks = g_strnfill(STRICT_JSON_BODY + 1, ' ');
    memcpy(blanks, "{}", 2);
    assert_string_equal(fault(blanks, STRICT_JSON_BODY, &error), "taken");
    assert_string_equal(fault(blanks, STRICT_JSON_BODY + 1, &error),
                        "the JSON is longer than 16384 bytes");
    g_autofree char *x = g_strnfill(300, 'x');
    g_autofree char *text = g_strdup_printf("{\"a\":\"%s\"}", x);
    g_autoptr(StrictJson) longer = strict_json_read(text, strlen(text), 300, NULL);
    g_autoptr(StrictJson) shorter = strict_json_read(text, strlen(text), 299, NULL);
    assert_non_null(longer);
    assert_null(shorter);
}

static void members_are_named_when_wrong(void **state)
{
    (void)state;
    const char *text = "{\"n\":5,\"t\":\"x\",\"e\":\"\",\"l\":[\"a\",{}],\"o\":{}}";
    g_autoptr(StrictJson) json = strict_json_read(text, strlen(text), STRICT_JSON_STRING, NULL);
    const char *optional = "unset";
    int64_t number = -7;
    assert_non_null(json);
    assert_string_equal(strict_json_text(json, "t", NULL), "x");
    assert_null(strict_json_text(json, "e", NULL));
    assert_true(strict_json_optional_text(json, "absent", &optional, NULL));
    assert_null(optional);
    assert_true(strict_json_optional_number(json, "absent", 0, 9, &number, NULL));
    assert_int_equal(number, -7);
    assert_true(strict_json_number(json, "n", 5, 5, &number, NULL));
    assert_int_equal(number, 5);
    assert_false(strict_json_number(json, "n", 6, 9, &number, NULL));
    assert_null(strict_json_object(json, "l", NULL));
    assert_null(strict_json_array(json, "o", NULL));
    const StrictJson *list = strict_json_array(json, "l", NULL);
    assert_int_equal(strict_json_count(list), 2);
    assert_string_equal(strict_json_element_text(list, 0, "l", NULL), "a");
    assert_non_null(strict_json_element_object(list, 1, "l", NULL));
    g_autoptr(GError) error = NULL;
    assert_null(strict_json_element_text(list, 1, "l", &error));
    assert_string_equal(error->message, "the member \"l\" is no text");
    const char *const names[] = {"n", "t", "e", "l", NULL};
    assert_string_equal(strict_json_foreign_member(json, names), "o");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_judged),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(members_are_named_when_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
