/* The splitter: what separates two mails in a mailbox and what only looks like it. */
#include "mail/mbox.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEP "From ana@example.com Tue Jun  3 08:00:00 2025\n"

static char *torn_text(const MboxMessage *message)
{
    GString *text = g_string_new("torn: ");
    for (gsize i = 0; i < message->size; i++) {
        if (message->bytes[i] != '\0') {
            g_string_append_c(text, message->bytes[i]);
        }
    }
    return g_string_free(text, FALSE);
}

/* Splits `text` and returns the mails' texts; of a mail too long for the window "offset+size"; of a
 * torn piece "torn: " and its text without NUL bytes. */
static GPtrArray *split(const char *text, gsize length)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("mbox-XXXXXX", &path, NULL);
    assert_true(fd >= 0);
    (void)g_unlink(path);
    assert_int_equal(write(fd, text, length), (ssize_t)length);
    g_autoptr(Mbox) mbox = mbox_new(fd, false);
    GPtrArray *mails = g_ptr_array_new_with_free_func(g_free);
    MboxMessage message;
    g_autoptr(GError) error = NULL;
    while (mbox_next(mbox, &message, &error)) {
        char *mail = message.bytes != NULL
                         ? g_strndup(message.bytes, (gsize)message.size)
                         : g_strdup_printf("%llu+%llu", (unsigned long long)message.offset,
                                           (unsigned long long)message.size);
        if (message.torn && message.bytes != NULL) {
            g_free(mail);
            mail = torn_text(&message);
        }
        g_ptr_array_add(mails, mail);
        if (message.bytes != NULL) {
            assert_memory_equal(text + message.offset, message.bytes, (gsize)message.size);
        }
    }
    assert_null(error);
    (void)close(fd);
    return mails;
}

static GPtrArray *split_text(const char *text)
{
    return split(text, strlen(text));
}

static const char *mail_at(const GPtrArray *mails, guint i)
{
    assert_true(i < mails->len);
    return g_ptr_array_index(mails, i);
}

static void test_plain(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) mails =
        split_text(SEP "Subject: a\n\none\n\n" SEP "Subject: b\n\ntwo\n\n");
    assert_int_equal(mails->len, 2);
    assert_string_equal(mail_at(mails, 0), "Subject: a\n\none\n");
    assert_string_equal(mail_at(mails, 1), "Subject: b\n\ntwo\n");
}

static void test_no_empty_line_needed(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) mails = split_text(SEP "Subject: a\n\none\n" SEP "Subject: b\n\ntwo");
    assert_int_equal(mails->len, 2);
    assert_string_equal(mail_at(mails, 0), "Subject: a\n\none\n");
    assert_string_equal(mail_at(mails, 1), "Subject: b\n\ntwo");
}

static void test_prose_is_no_separator(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "From now on the pump is offline\nNote: see below\n",
        "From Monday to Friday, 08:00 to 16:00, June 2025\nTel: 5550100\n",
        "From ana@example.com Tue Jun  3 08:00:00 2025\nno header follows here\n",
        "From ana@example.com Tue Jun  3 08:00:00 2025\n\nSubject: after an empty line\n",
        "From here 2025\nTo: there\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strconcat(SEP "Subject: a\n\nhello\n\n", lines[i], NULL);
        g_autoptr(GPtrArray) mails = split_text(text);
        assert_int_equal(mails->len, 1);
        assert_non_null(strstr(mail_at(mails, 0), lines[i]));
    }
}

/* A mail whose first lines are damaged is nobody's, but not the text of the sender before it. */
static void test_damaged_header(void **state)
{
    (void)state;
    static const char *const headers[] = {"Fr\xf5m\x01 ben@example.com\nSubject: b\nTo: c\n\n",
                                          " \nSubject: b\n\n",
                                          "x\r\nyy\r\nto: b\r\n\r\n",
                                          ">From\nFrom ben: a\nDate: b\n\n",
                                          "Subject b\nMessage-ID: <1@example.com>\n",
                                          "\rx\nTo: b\n\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *text =
            g_strconcat(SEP "Subject: a\n\none\n\n" SEP, headers[i], "two\n", NULL);
        g_autoptr(GPtrArray) mails = split_text(text);
        assert_int_equal(mails->len, 2);
        assert_true(g_str_has_prefix(mail_at(mails, 1), headers[i]));
        g_autofree char *within =
            g_strconcat(SEP "Subject: a\n\none\n" SEP, headers[i], "two\n", NULL);
        g_autoptr(GPtrArray) one = split_text(within);
        assert_int_equal(one->len, 1);
    }
}

static void test_separator_forms(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "From - Tue Jun  3 09:00:00 2025",
        "From 1834009991234567001@xxx Tue Jun 03 07:12:51 +0000 2025",
        "From ana@example.com Tue Jun  3 08:00 2025",
        "From ana@example.com Tue Jun  3 08:00:00 CEST 2025",
        "From ana@example.com Tue, 3 Jun 2025 08:00:00 +0200",
        "From ana@example.com Tue, 3 Jun 2025 08:00:00 +0200 (CEST)",
        "From \"Ana Kovac\" <ana@example.com> Tue Jun  3 08:00:00 2025",
        "From ana@example.com 2025-06-03 08:00:00",
        "From ana@example.com 2025-06-03T08:00:00Z",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strconcat(lines[i], "\nSubject: a\n\n", NULL);
        if (mbox_separator_size(text, strlen(text), false) != strlen(lines[i]) + 1) {
            fail_msg("not taken for a separator: %s", lines[i]);
        }
    }
}

#define HEAD "Received: from mx\n\tby mail; Tue, 3 Jun 2025\nFrom: ben@example.com\n\n"

/* Without a date it takes an empty line before it and a header after it. */
static void test_separator_without_date(void **state)
{
    (void)state;
    static const char *const lines[] = {"From ana@example.com\n" HEAD, "From -\nX-A: b\nTo: c\n\n",
                                        "From ana@example.com\r\nDate: a\r\nX-B: c\r\n\r\n",
                                        SEP
                                        ">From ana Tue Jun  3 08:00:00 2025 remote from h\n" HEAD};
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strconcat(lines[i], "one\n\n", lines[i], "two\n", NULL);
        g_autoptr(GPtrArray) mails = split_text(text);
        assert_int_equal(mails->len, 2);
        assert_true(g_str_has_suffix(mail_at(mails, 0), "\none\n"));
        assert_true(g_str_has_suffix(mail_at(mails, 1), "\ntwo\n"));
    }
    static const char *const prose[] = {
        "\nFrom ana@example.com\n" HEAD,
        "\n\nFrom us to you\nPump: 3\nValve: 4\n",
        "\n\nFrom us to you\nSubject: the pump\nthat is offline\nDate: none\n",
        "\n\nFrom us to you\n\nSubject: the pump\nDate: none\n",
        "\n\n From ana@example.com\n" HEAD,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(prose); i++) {
        g_autofree char *text = g_strconcat(SEP "Subject: a\n\nhello", prose[i], NULL);
        g_autoptr(GPtrArray) mails = split_text(text);
        assert_int_equal(mails->len, 1);
    }
}

static GPtrArray *split_hole(const char *before, gsize zeros, const char *after)
{
    g_autoptr(GString) text = g_string_new(before);
    gsize start = text->len;
    g_string_set_size(text, start + zeros);
    memset(text->str + start, 0, zeros);
    g_string_append(text, after);
    return split(text->str, text->len);
}

/* What a crash of the file system leaves: NUL bytes, behind which anybody's mail may go on. What
 * follows them within a line is no separator: nobody quotes it there, and a sender may write NULs.
 */
static void test_holes(void **state)
{
    (void)state;
    static const char *const separators[] = {SEP, "From ana@example.com\n"};
    static const gsize sizes[] = {1, 63, 64, 4096, MBOX_WINDOW + 60000, 3 * MBOX_WINDOW};
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(separators); j++) {
            g_autofree char *second = g_strconcat(separators[j], HEAD "two\n", NULL);
            g_autoptr(GPtrArray) mails = split_hole(SEP HEAD "half a li", sizes[i], second);
            assert_int_equal(mails->len, sizes[i] < 64 ? 1 : 2);
            assert_string_equal(mail_at(mails, 0), HEAD "half a li");
        }
        g_autoptr(GPtrArray) torn =
            split_hole(SEP HEAD "hal", sizes[i], "f of another\n\n" SEP HEAD "two\n");
        assert_int_equal(torn->len, sizes[i] < 64 ? 2 : 3);
        assert_string_equal(mail_at(torn, torn->len - 1), HEAD "two\n");
    }
    g_autoptr(GPtrArray) place = split_hole(SEP HEAD "hal", 100, "f of another\n\n" SEP HEAD);
    assert_string_equal(mail_at(place, 1), "torn: f of another\n");
    g_autoptr(GPtrArray) last = split_hole(SEP HEAD "one\n", 4096, "");
    assert_int_equal(last->len, 2);
    assert_string_equal(mail_at(last, 1), "torn: ");
}

/* The start of the mailbox is lost. */
static void test_torn(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) mails =
        split_text("e plant\n\nAna\n\n" SEP HEAD "one\n\n" SEP HEAD "two\n");
    assert_int_equal(mails->len, 3);
    assert_string_equal(mail_at(mails, 0), "torn: e plant\n\nAna\n");
    assert_string_equal(mail_at(mails, 2), HEAD "two\n");
    g_autoptr(GPtrArray) hole = split_hole("", 5000, "e plant\n\n" SEP HEAD);
    assert_int_equal(hole->len, 2);
    assert_string_equal(mail_at(hole, 0), "torn: e plant\n");
    /* no length is believed before all of the file's mails have been right about theirs */
    g_autoptr(GPtrArray) lengths = split_text("e plant\n\n" SEP "Content-Length: 64\n\n" SEP
                                              "To: someone else\n\n\n" SEP "Subject: c\n\n\n");
    assert_int_equal(lengths->len, 4);
}

static void test_line_ends(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) crlf =
        split_text("From - Tue Jun  3 09:00:00 2025\r\nSubject: a\r\n\r\none\r\n\r\n"
                   "From - Tue Jun  3 09:00:00 2025\r\nSubject: b\r\n\r\ntwo\r\n");
    assert_int_equal(crlf->len, 2);
    assert_string_equal(mail_at(crlf, 0), "Subject: a\r\n\r\none\r\n");
    g_autoptr(GPtrArray) mixed = split_text(SEP "X-Mozilla-Status: 0001\nSubject: a\r\n\r\none\r\n"
                                                "\n" SEP "Subject: b\r\n\r\ntwo\r\n");
    assert_int_equal(mixed->len, 2);
    assert_string_equal(mail_at(mixed, 0), "X-Mozilla-Status: 0001\nSubject: a\r\n\r\none\r\n");
}

#define CR_SEP "From zoe@example.com Tue Jun  3 08:00:00 2025\r"

/* Mails of a program that ends its lines with carriage returns alone, appended to others: none of
 * them is the text of the sender before it. */
static void test_carriage_returns_appended(void **state)
{
    (void)state;
    static const char *const separators[] = {CR_SEP, "From zoe@example.com\r"};
    static const char *const before[] = {
        SEP "Subject: a\n\none\n\n", "From - Tue Jun  3 09:00:00 2025\r\nTo: a\r\n\r\none\r\n\r\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(separators); i++) {
        g_autofree char *text =
            g_strconcat(before[i], separators[i], "Subject: b\rFrom: z\r\rtwo\r\r", separators[i],
                        "Subject: c\rTo: z\r\rthree\r\r", SEP "Subject: d\n\nfour\n", NULL);
        g_autoptr(GPtrArray) mails = split_text(text);
        assert_int_equal(mails->len, 4);
        assert_string_equal(mail_at(mails, 1), "Subject: b\rFrom: z\r\rtwo\r");
        assert_string_equal(mail_at(mails, 2), "Subject: c\rTo: z\r\rthree\r");
        assert_string_equal(mail_at(mails, 3), "Subject: d\n\nfour\n");
    }
    g_autoptr(GPtrArray) dense =
        split_text(SEP "Subject: a\n\none\n" CR_SEP "Subject: b\r\rtwo\r" CR_SEP "To: c\r\rthree");
    assert_int_equal(dense->len, 3);
}

/* What a sender writes behind a carriage return is quoted by nobody, so it begins no other mail. */
static void test_carriage_returns_within(void **state)
{
    (void)state;
    static const char *const bodies[] = {"one\r\r" CR_SEP "From: b\rTo: c\r\rtwo\r",
                                         "one\r\r" SEP "From: b\nTo: c\n\ntwo\n",
                                         "one\n\nFrom us to you\rPump: 3\rValve: 4\rdone\n",
                                         "one\n\nFrom Ana, June 3 2025\r\rSubject: a\r"};
    for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autofree char *text = g_strconcat(SEP "Subject: a\n\n", bodies[i], NULL);
        g_autoptr(GPtrArray) mails = split_text(text);
        assert_int_equal(mails->len, 1);
    }
}

static void test_content_length(void **state)
{
    (void)state;
    /* mboxcl2: a separator within a body whose length is right */
    g_autoptr(GPtrArray) right =
        split_text(SEP "Content-Length: 64\n\n" SEP "To: someone else\n\n\n" SEP
                       "Content-Length: 4\n\ntwo\n\n");
    assert_int_equal(right->len, 2);
    assert_non_null(strstr(mail_at(right, 0), "someone else"));
    /* too long: it must not jump over the next mail */
    g_autoptr(GPtrArray) wrong =
        split_text(SEP "Content-Length: 300\n\none\n\n" SEP "Subject: b\n\ntwo\n\n");
    assert_int_equal(wrong->len, 2);
    /* right by chance, but the mails before it had none: not believed */
    g_autoptr(GPtrArray) forged =
        split_text(SEP "Subject: a\n\none\n\n" SEP "Content-Length: 64\n\n" SEP
                       "To: someone else\n\n\n" SEP "Subject: c\n\n\n");
    assert_int_equal(forged->len, 4);
}

static void test_long_mails(void **state)
{
    (void)state;
    /* Mails around the window's size, a separator right behind each. */
    for (gsize extra = 0; extra < 5; extra++) {
        gsize body = MBOX_WINDOW - 14 - 2 + extra;
        g_autoptr(GString) text = g_string_new(SEP "Subject: long\n\n");
        for (gsize i = 0; i + 1 < body; i++) {
            g_string_append_c(text, i % 70 == 69 ? '\n' : 'x');
        }
        g_string_append(text, "\n\n" SEP "Subject: b\n\ntwo\n\n");
        g_autoptr(GPtrArray) mails = split(text->str, text->len);
        assert_int_equal(mails->len, 2);
        assert_string_equal(mail_at(mails, 1), "Subject: b\n\ntwo\n");
    }
    g_autoptr(GString) text = g_string_new(SEP "Subject: long\n\n");
    for (gsize i = 0; i < 5 * MBOX_WINDOW; i++) {
        g_string_append_c(text, 'y');
    }
    gsize size = text->len + 1 - strlen(SEP);
    g_string_append(text, "\n\n" SEP "Subject: b\n\ntwo\n\n");
    g_autoptr(GPtrArray) mails = split(text->str, text->len);
    assert_int_equal(mails->len, 2);
    g_autofree char *place = g_strdup_printf("%zu+%zu", strlen(SEP), size);
    assert_string_equal(mail_at(mails, 0), place);
    assert_string_equal(mail_at(mails, 1), "Subject: b\n\ntwo\n");
}

/* However the window falls, the same mails come out: many mails of random sizes. */
static void test_any_window(void **state)
{
    (void)state;
    const char *given = getenv("SEED");
    guint32 seed = given != NULL ? (guint32)strtoul(given, NULL, 10) : g_random_int();
    print_message("SEED=%u\n", seed);
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GString) text = g_string_new(NULL);
    guint count = 600;
    for (guint i = 0; i < count; i++) {
        g_string_append_printf(text, SEP "Subject: %u\n\n", i);
        gint32 lines = g_rand_int_range(rand, 0, 200);
        for (gint32 j = 0; j < lines; j++) {
            g_string_append(text, "From line to line, some more words to fill it up.\n");
        }
        g_string_append(text, "\n");
    }
    g_autoptr(GPtrArray) mails = split(text->str, text->len);
    assert_int_equal(mails->len, count);
    for (guint i = 0; i < count; i++) {
        g_autofree char *start = g_strdup_printf("Subject: %u\n\n", i);
        assert_true(g_str_has_prefix(mail_at(mails, i), start));
    }
}

static void test_unquote(void **state)
{
    (void)state;
    char text[] = ">From a\n>>From b\nx >From c\n> From d\n>From";
    gsize length = mbox_unquote(text, strlen(text));
    assert_int_equal(length, strlen("From a\n>From b\nx >From c\n> From d\n>From"));
    assert_memory_equal(text, "From a\n>From b\nx >From c\n> From d\n>From", length);
}

static void test_nothing(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) mails = split_text("");
    assert_int_equal(mails->len, 0);
    g_autoptr(GPtrArray) cut = split_text("From ana@example.com Tue Jun  3 08:00:00 2025");
    assert_int_equal(cut->len, 1);
    assert_string_equal(mail_at(cut, 0), "torn: From ana@example.com Tue Jun  3 08:00:00 2025");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_no_empty_line_needed),
        cmocka_unit_test(test_prose_is_no_separator),
        cmocka_unit_test(test_damaged_header),
        cmocka_unit_test(test_separator_forms),
        cmocka_unit_test(test_separator_without_date),
        cmocka_unit_test(test_holes),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_carriage_returns_appended),
        cmocka_unit_test(test_carriage_returns_within),
        cmocka_unit_test(test_content_length),
        cmocka_unit_test(test_long_mails),
        cmocka_unit_test(test_any_window),
        cmocka_unit_test(test_unquote),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
