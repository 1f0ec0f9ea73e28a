/* core/reply_id.h: the Message-IDs of our replies. */
#include "core/reply_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define TAG "0123456789abcdef"

static void what_is_written_is_read(void **state)
{
    (void)state;
    g_autofree char *text = reply_id_text(1537, TAG, "vendor.example");
    assert_string_equal(text, "reply-1537." TAG "@vendor.example");
    ReplyId id;
    assert_true(reply_id_read(text, &id));
    assert_int_equal(id.reply, 1537);
    assert_string_equal(id.tag, TAG);
    assert_true(reply_id_read("Reply-1." TAG "@elsewhere.example", &id)); /* our domain of before */
}

static void anything_else_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "reply-",
        "reply-1@vendor.example",
        "reply-1." TAG,
        "reply-1." TAG "0@vendor.example",
        "reply-1.0123456789abcdeg@vendor.example",
        "reply-1.0123456789ABCDEF@vendor.example",
        "reply--1." TAG "@vendor.example",
        "reply-1234567890123456789." TAG "@vendor.example",
        "x-reply-1." TAG "@vendor.example",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        ReplyId id;
        if (reply_id_read(texts[i], &id)) {
            fail_msg("%s", texts[i]);
        }
    }
}

static void each_is_found_in_a_text(void **state)
{
    (void)state;
    static const char text[] = "reply-1 reply-reply-2." TAG "@a, <reply-3." TAG "@b> reply-4." TAG;
    const char *first = reply_id_find(text, strlen(text), text);
    assert_ptr_equal(first, strstr(text, "reply-2"));
    const char *second = reply_id_find(text, strlen(text), first + 1);
    assert_ptr_equal(second, strstr(text, "reply-3"));
    assert_null(reply_id_find(text, strlen(text), second + 1));
    /* What is cut off at the text's end is not read beyond it. */
    assert_null(reply_id_find(text, (gsize)(first - text) + 20, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(anything_else_is_none),
        cmocka_unit_test(each_is_found_in_a_text),
    };
    return cmocka_run_group_tests_name("reply ids", tests, NULL, NULL);
}
