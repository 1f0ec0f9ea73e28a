/* A parser's answer: the same there and back, and nonsense refused. */
#include "mail/frame.h"

#include "core/dates.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static ParsedMail *sample(void)
{
    ParsedMail *mail = g_new0(ParsedMail, 1);
    memset(&mail->identity, 7, sizeof mail->identity);
    mail->kind = MAIL_FROM_PERSON;
    mail->from = g_strdup("ana@example.com");
    mail->reply_to = g_strdup("ana@example.com");
    mail->subject = g_strdup("Gr\xC3\xBC\xC3\x9F"
                             "e");
    mail->date_at = DATES_LAST_INSTANT;
    mail->text = g_strdup("hello\n");
    mail->license_key_seen = true;
    mail->encrypted_only = true;
    mail->references = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(mail->references, g_strdup("a@x"));
    mail->tokens = g_ptr_array_new_with_free_func((GDestroyNotify)found_token_free);
    FoundToken *intact = g_new0(FoundToken, 1);
    intact->kind = ARMOR_DEACTIVATION;
    intact->jws = g_strdup("a.b.c");
    g_ptr_array_add(mail->tokens, intact);
    FoundToken *damaged = g_new0(FoundToken, 1);
    damaged->problem = g_strdup("line 7 is wrong");
    g_ptr_array_add(mail->tokens, damaged);
    return mail;
}

static void test_there_and_back(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) mail = sample();
    g_autoptr(GByteArray) frame = frame_write(mail);
    g_autoptr(ParsedMail) back = frame_read(frame->data, frame->len);
    assert_non_null(back);
    assert_memory_equal(&back->identity, &mail->identity, sizeof mail->identity);
    assert_string_equal(back->from, mail->from);
    assert_string_equal(back->subject, mail->subject);
    assert_null(back->why);
    assert_null(back->message_id);
    assert_int_equal(back->date_at, DATES_LAST_INSTANT);
    assert_true(back->license_key_seen);
    assert_false(back->picture_only);
    assert_true(back->encrypted_only);
    assert_string_equal(g_ptr_array_index(back->references, 0), "a@x");
    assert_int_equal(back->tokens->len, 2);
    const FoundToken *first = g_ptr_array_index(back->tokens, 0);
    assert_int_equal(first->kind, ARMOR_DEACTIVATION);
    assert_string_equal(first->jws, "a.b.c");
    const FoundToken *second = g_ptr_array_index(back->tokens, 1);
    assert_null(second->jws);
    assert_string_equal(second->problem, "line 7 is wrong");
}

static void test_no_date_of_ours(void **state)
{
    (void)state;
    static const int64_t dates[] = {-5, INT64_MIN, DATES_LAST_INSTANT + 1, INT64_MAX};
    for (gsize i = 0; i < G_N_ELEMENTS(dates); i++) {
        g_autoptr(ParsedMail) mail = sample();
        mail->date_at = dates[i];
        g_autoptr(GByteArray) frame = frame_write(mail);
        assert_null(frame_read(frame->data, frame->len));
    }
}

static void test_cut_or_too_long(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) mail = sample();
    g_autoptr(GByteArray) frame = frame_write(mail);
    for (gsize length = 0; length < frame->len; length++) {
        g_autofree guint8 *copy = g_memdup2(frame->data, length); /* so that ASan sees its end */
        assert_null(frame_read(copy, length));
    }
    g_byte_array_append(frame, (const guint8 *)"x", 1);
    assert_null(frame_read(frame->data, frame->len));
}

/* Whatever stands in it, nothing is read past its end, and what is taken is within the caps. */
static void test_nonsense(void **state)
{
    (void)state;
    const char *given = g_getenv("SEED");
    guint32 seed = given != NULL ? (guint32)g_ascii_strtoull(given, NULL, 10) : g_random_int();
    print_message("SEED=%u\n", seed);
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(ParsedMail) mail = sample();
    g_autoptr(GByteArray) frame = frame_write(mail);
    for (int round = 0; round < 20000; round++) {
        g_autofree guint8 *copy = g_memdup2(frame->data, frame->len);
        for (gint32 i = g_rand_int_range(rand, 1, 4); i > 0; i--) {
            copy[g_rand_int_range(rand, 0, (gint32)frame->len)] =
                (guint8)g_rand_int_range(rand, 0, 256);
        }
        g_autoptr(ParsedMail) back = frame_read(copy, frame->len);
        if (back != NULL) {
            assert_true(back->kind <= MAIL_UNREADABLE);
            assert_true(g_utf8_validate(back->subject, -1, NULL));
            assert_true(back->tokens->len <= FOUND_TOKENS_MOST + 1);
        }
    }
}

static void test_long_texts_are_cut(void **state)
{
    (void)state;
    g_autoptr(ParsedMail) mail = sample();
    g_free(mail->text);
    GString *text = g_string_new(NULL);
    for (int i = 0; i < 100000; i++) {
        g_string_append(text, "\xE2\x80\x93");
    }
    mail->text = g_string_free(text, FALSE);
    g_autoptr(GByteArray) frame = frame_write(mail);
    g_autoptr(ParsedMail) back = frame_read(frame->data, frame->len);
    assert_non_null(back);
    assert_true(strlen(back->text) < 70000 && strlen(back->text) > 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),     cmocka_unit_test(test_no_date_of_ours),
        cmocka_unit_test(test_cut_or_too_long),    cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
