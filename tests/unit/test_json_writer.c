/* base/json_writer.h, read back by another JSON library. */
#include "base/json_writer.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void structures_are_written_with_their_commas(void **state)
{
    (void)state;
    JsonWriter *writer = json_writer_new();
    json_writer_begin_object(writer);
    json_writer_key(writer, "a");
    json_writer_number(writer, -5);
    json_writer_key(writer, "b");
    json_writer_begin_array(writer);
    json_writer_text(writer, "x");
    json_writer_text(writer, NULL);
    json_writer_begin_object(writer);
    json_writer_end_object(writer);
    json_writer_flag(writer, true);
    json_writer_end_array(writer);
    json_writer_key(writer, "c");
    json_writer_raw(writer, "[1]");
    json_writer_end_object(writer);
    g_autofree char *text = json_writer_finish(writer);
    assert_string_equal(text, "{\"a\":-5,\"b\":[\"x\",null,{},true],\"c\":[1]}");
}

static char *write_text(const char *text)
{
    JsonWriter *writer = json_writer_new();
    json_writer_text(writer, text);
    return json_writer_finish(writer);
}

static void every_character_comes_back_and_none_is_unsafe(void **state)
{
    (void)state;
    for (gunichar c = 1; c < 0x3000; c++) {
        char text[7] = {0};
        (void)g_unichar_to_utf8(c, text);
        g_autofree char *json = write_text(text);
        for (const char *at = json; *at != '\0'; at++) {
            assert_true((guchar)*at >= 0x20 && *at != 0x7F);
        }
        json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
        assert_non_null(value);
        assert_string_equal(json_string_value(value), text);
        json_decref(value);
    }
}

static void line_and_direction_marks_are_escaped(void **state)
{
    (void)state;
    g_autofree char *json = write_text("\xE2\x80\xAE\xE2\x80\xA8\xC2\x9B");
    assert_string_equal(json, "\"\\u202e\\u2028\\u009b\"");
}

static void wrong_bytes_still_give_json(void **state)
{
    (void)state;
    g_autofree char *json = write_text("a\xFF\xC3");
    assert_string_equal(json, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structures_are_written_with_their_commas),
        cmocka_unit_test(every_character_comes_back_and_none_is_unsafe),
        cmocka_unit_test(line_and_direction_marks_are_escaped),
        cmocka_unit_test(wrong_bytes_still_give_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
