/* delivery/imap_response.h, imap_frame.h: what a server and its process say, read as hostile input;
 * and what imap.h refuses before anything is sent. Conversations are in scenarios/fetch.py */
#include "base/error.h"
#include "delivery/imap.h"
#include "delivery/imap_frame.h"
#include "delivery/imap_response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static ImapResponse read_well(const char *text)
{
    ImapResponse response;
    if (!imap_response_read(text, strlen(text), &response)) {
        fail_msg("not read: %s", text);
    }
    return response;
}

static void check_status(const char *text, ImapKind kind, ImapStatus status, const char *code,
                         const char *words)
{
    ImapResponse response = read_well(text);
    assert_int_equal(response.kind, kind);
    assert_int_equal(response.status, status);
    if (code == NULL) {
        assert_null(response.code);
    } else {
        assert_string_equal(response.code, code);
    }
    assert_string_equal(response.text, words);
    imap_response_clear(&response);
}

static void statuses_have_codes_and_words(void **state)
{
    (void)state;
    check_status("F1 OK done\r\n", IMAP_TAGGED, IMAP_OK, NULL, "done");
    check_status("F1 no [TRYCREATE] No such folder\r\n", IMAP_TAGGED, IMAP_NO, "TRYCREATE",
                 "No such folder");
    check_status("F1 BAD\r\n", IMAP_TAGGED, IMAP_BAD, NULL, "");
    check_status("* OK [UIDVALIDITY 17] fine\r\n", IMAP_UNTAGGED, IMAP_OK, "UIDVALIDITY 17",
                 "fine");
    check_status("* BYE going {5}\r\n", IMAP_UNTAGGED, IMAP_BYE, NULL, "going {5}");
    ImapResponse response = read_well("F17 OK x\r\n");
    assert_string_equal(response.tag, "F17");
    imap_response_clear(&response);
}

static void check_found(const char *text, const char *expected)
{
    ImapResponse response = read_well(text);
    assert_int_equal(response.kind, IMAP_FOUND);
    g_autoptr(GString) found = g_string_new(NULL);
    for (guint i = 0; i < response.numbers->len; i++) {
        g_string_append_printf(found, "%u ", g_array_index(response.numbers, uint32_t, i));
    }
    assert_string_equal(found->str, expected);
    imap_response_clear(&response);
}

static void searches_find_numbers(void **state)
{
    (void)state;
    check_found("* SEARCH\r\n", "");
    check_found("* SEARCH \r\n", "");
    check_found("* SEARCH 3 1 4294967295\r\n", "3 1 4294967295 ");
    check_found("* search 3 (MODSEQ 917162500)\r\n", "3 ");
}

static void check_mail(const char *text, uint32_t uid, const char *body)
{
    ImapResponse response = read_well(text);
    assert_int_equal(response.kind, IMAP_FETCHED);
    assert_int_equal(response.mail.uid, uid);
    if (body == NULL) {
        assert_null(response.mail.body);
    } else {
        assert_int_equal(response.mail.body_size, strlen(body));
        assert_memory_equal(response.mail.body, body, strlen(body));
    }
    imap_response_clear(&response);
}

static void mails_are_read_by_the_size_that_is_told(void **state)
{
    (void)state;
    check_mail("* 1 FETCH (UID 42 BODY[] {3}\r\na\r\n)\r\n", 42, "a\r\n");
    check_mail("* 1 FETCH (BODY[] {3}\r\na\r\n UID 42)\r\n", 42, "a\r\n");
    /* A mail that looks like the end of its own response is a mail. */
    check_mail("* 1 FETCH (UID 42 BODY[] {11}\r\nF1 OK all\r\n)\r\n", 42, "F1 OK all\r\n");
    check_mail("* 1 FETCH (UID 42 BODY[] {0}\r\n)\r\n", 42, "");
    check_mail("* 1 FETCH (UID 42 BODY[] \"\")\r\n", 42, "");
    check_mail("* 1 FETCH (UID 42 BODY[] NIL)\r\n", 42, NULL);
    check_mail("* 1 FETCH (UID 42 BODY[]<0> {1}\r\nx)\r\n", 42, "x");
    /* What was not asked is passed over. */
    check_mail("* 1 FETCH (FLAGS (\\Seen))\r\n", 0, NULL);
    check_mail("* 1 FETCH (ENVELOPE (\"a\" NIL ((\"b\" {1}\r\n( \"c\\\"\" NIL))) UID 7 "
               "BODY[HEADER.FIELDS (DATE TO)] {2}\r\n\r\n MODSEQ (12))\r\n",
               7, NULL);
    ImapResponse response =
        read_well("* 9 FETCH (UID 5 RFC822.SIZE 571 FLAGS (\\Seen \\deleted))\r\n");
    assert_true(response.mail.has_size && response.mail.has_flags && response.mail.deleted);
    assert_int_equal(response.mail.size, 571);
    imap_response_clear(&response);
    response = read_well("* 9 FETCH (UID 5 RFC822.SIZE 571 FLAGS ())\r\n");
    assert_true(response.mail.has_flags && !response.mail.deleted);
    imap_response_clear(&response);
}

static void how_many_mails_there_are_is_told(void **state)
{
    (void)state;
    ImapResponse response = read_well("* 12 EXISTS\r\n");
    assert_int_equal(response.kind, IMAP_EXISTS);
    assert_int_equal(response.number, 12);
    imap_response_clear(&response);
    response = read_well("* 4294967295 expunge\r\n");
    assert_int_equal(response.kind, IMAP_EXPUNGED);
    assert_int_equal(response.number, 4294967295);
    imap_response_clear(&response);
    assert_false(imap_response_read("* 4294967296 EXISTS\r\n", 21, &response));
}

static void other_responses_are_none_of_ours(void **state)
{
    (void)state;
    const char *const others[] = {"* 2 RECENT\r\n", "* FLAGS (\\Seen)\r\n",
                                  "* LIST () \"/\" INBOX\r\n", "* VANISHED 3:5\r\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        ImapResponse response = read_well(others[i]);
        assert_int_equal(response.kind, IMAP_OTHER);
        imap_response_clear(&response);
    }
    ImapResponse response = read_well("+ go on\r\n");
    assert_int_equal(response.kind, IMAP_CONTINUATION);
    imap_response_clear(&response);
    response = read_well("* CAPABILITY IMAP4rev1 MOVE\r\n");
    assert_int_equal(response.kind, IMAP_CAPABILITIES);
    assert_string_equal(response.text, " IMAP4rev1 MOVE");
    imap_response_clear(&response);
}

static void garbage_is_refused(void **state)
{
    (void)state;
    const char *const garbage[] = {
        "",
        "\n",
        "\r\n",
        "F1 OK done\n",
        "F1 OK done",
        "F1\r\n",
        "F1 HELLO\r\n",
        "F1 BYE\r\n",
        "F1 OK [CODE\r\n",
        "F1 OK a\r\n* BYE b\r\n",
        "*\r\n",
        "* \r\n",
        "* SEARCH 1 x\r\n",
        "* SEARCH 0\r\n",
        "* SEARCH 4294967296\r\n",
        "* SEARCH -1\r\n",
        "* SEARCH 99999999999999999999999\r\n",
        "* 1 FETCH\r\n",
        "* 1 FETCH (UID)\r\n",
        "* 1 FETCH (UID 0)\r\n",
        "* 1 FETCH (UID 1\r\n",
        "* 1 FETCH (UID 1))\r\n",
        "* 1 FETCH (UID 1) x\r\n",
        "* 1 FETCH (UID 1 BODY[] {9}\r\nabc)\r\n",
        "* 1 FETCH (UID 1 BODY[] {99999999999999999999}\r\nabc)\r\n",
        "* 1 FETCH (UID 1 BODY[] {1}abc)\r\n",
        "* 1 FETCH (UID 1 BODY[] \"a\\\"b\")\r\n",
        "* 1 FETCH (UID 1 BODY[] \"a\r\nb\")\r\n",
        "* 1 FETCH (UID 1 BODY[] SOMETHING)\r\n",
        "* 1 FETCH (FLAGS (\\Seen)\r\n",
        "* 1 FETCH (FLAGS \\Seen)\r\n",
        "* 1 FETCH (X ((((((((((((((((((((1)))))))))))))))))))))\r\n",
        "* 1 FETCH (BODY[TEXT {1}\r\na)\r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(garbage); i++) {
        ImapResponse response;
        if (imap_response_read(garbage[i], strlen(garbage[i]), &response)) {
            fail_msg("read: %s", garbage[i]);
        }
        assert_null(response.tag);
        assert_null(response.numbers);
    }
}

/* Of good responses, each cut and each with one byte changed ends in a value, whatever it is. */
static void no_bytes_do_harm(void **state)
{
    (void)state;
    static const char *const good[] = {
        "* 1 FETCH (UID 42 RFC822.SIZE 3 FLAGS (\\Seen) BODY[] {3}\r\na\r\n)\r\n",
        "* 1 FETCH (ENVELOPE (\"a\" NIL ((\"b\" {1}\r\n( \"c\\\"\" NIL))) UID 7)\r\n",
        "F1 NO [TRYCREATE] No such folder\r\n",
        "* SEARCH 3 1 42\r\n",
    };
    static const char bytes[] = "\0\r\n (){}[]\"\\*+0a";
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        const gsize size = strlen(good[i]);
        for (gsize at = 0; at < size; at++) {
            for (gsize b = 0; b < sizeof bytes; b++) {
                /* On the heap and without a byte more, so that reading past its end shows. */
                g_autofree char *copy = g_malloc(size);
                memcpy(copy, good[i], size);
                copy[at] = bytes[b];
                ImapResponse response;
                (void)imap_response_read(copy, size, &response);
                imap_response_clear(&response);
            }
            g_autofree char *cut = g_malloc(at + 1);
            memcpy(cut, good[i], at + 1);
            ImapResponse response;
            const bool whole = imap_response_read(cut, at + 1, &response);
            assert_true(!whole || at + 1 == size || strchr(good[i], '{') != NULL);
            imap_response_clear(&response);
        }
    }
}

static void check_literal(const char *line, bool expected, uint64_t expected_size)
{
    uint64_t size = 0;
    gsize marker = 0;
    const bool status = imap_response_is_status(line, strlen(line));
    assert_int_equal(imap_response_has_literal(line, strlen(line), status, &size, &marker),
                     expected);
    if (expected) {
        assert_true(size == expected_size);
        assert_int_equal(line[marker], '{');
    }
}

static void literals_are_announced_where_they_can_be(void **state)
{
    (void)state;
    check_literal("* 1 FETCH (UID 42 BODY[] {571}\r\n", true, 571);
    check_literal("* 1 FETCH (UID 42 BODY[] {0}\r\n", true, 0);
    check_literal("* LIST () \"/\" {5}\r\n", true, 5);
    /* The free words of a status are words, whatever they look like: who waited would wait long. */
    check_literal("* OK mails wait for you {571}\r\n", false, 0);
    check_literal("F1 NO what is {5}\r\n", false, 0);
    check_literal("* bye {5}\r\n", false, 0);
    check_literal("+ {5}\r\n", false, 0);
    check_literal("* 1 FETCH (UID 42)\r\n", false, 0);
    check_literal("* 1 FETCH (X \"{5}\")\r\n", false, 0);
    check_literal("* 1 FETCH (X {}\r\n", false, 0);
    check_literal("* 1 FETCH (X 5}\r\n", false, 0);
    check_literal("* 1 FETCH (X {5}\n", false, 0);
    check_literal("* 1 FETCH (X {99999999999999999999}\r\n", false, 0);
    check_literal("}\r\n", false, 0);
}

static void urls_name_a_server_and_nothing_else(void **state)
{
    (void)state;
    const char *const right[] = {"imap://mx.vendor.example", "imaps://mx.vendor.example:993",
                                 "IMAPS://127.0.0.1", "imap://[::1]:1143"};
    const char *const wrong[] = {"",
                                 "mx.vendor.example",
                                 "imap://",
                                 "imaps:///INBOX",
                                 "http://mx.vendor.example",
                                 "imaps://mx.vendor.example/",
                                 "imaps://ana:secret@mx.vendor.example",
                                 "imaps://mx.vendor.example;UID=1",
                                 "imaps://mx.vendor.example\r\nX",
                                 "imaps://mx%2evendor.example"};
    for (gsize i = 0; i < G_N_ELEMENTS(right); i++) {
        assert_null(imap_judge_url(right[i]));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *why = imap_judge_url(wrong[i]);
        assert_non_null(why);
        g_autoptr(GError) error = NULL;
        g_autoptr(Secret) password = secret_new_copy("sesame", 6);
        const ImapServer server = {.url = wrong[i], .user = "desk", .password = password};
        g_autoptr(Imap) imap = imap_new(NULL);
        assert_false(imap_open(imap, &server, &error));
        assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_INPUT));
    }
}

static void folders_have_no_line_breaks(void **state)
{
    (void)state;
    const char *const wrong[] = {"", "INBOX\r\nF9 LOGOUT", "a\nb", "a\x01", "\xff"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *why = imap_judge_folder(wrong[i]);
        assert_non_null(why);
    }
    assert_null(imap_judge_folder("INBOX"));
    assert_null(imap_judge_folder("Erledigt/Größe \"2\""));
}

/* What comes out of a socket into which these bytes went, and no more will. */
static GVariant *receive(const void *bytes, gsize size, char **beside, gsize *beside_size)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[0], bytes, size), size);
    assert_int_equal(close(ends[0]), 0);
    GVariant *message = imap_frame_receive(ends[1], IMAP_FRAME_ANSWER, beside, beside_size);
    assert_int_equal(close(ends[1]), 0);
    return message;
}

static void frames_come_whole_or_not_at_all(void **state)
{
    (void)state;
    int ends[2];
    char frame[512];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(imap_frame_send(
        ends[0],
        g_variant_new(IMAP_FRAME_ANSWER, IMAP_FRAME_DONE, "well", g_variant_new("(yms)", 1, "why")),
        "beside\0it", 9));
    const gssize size = read(ends[1], frame, sizeof frame);
    assert_true(size > 9);
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
    for (gssize cut = 0; cut <= size; cut++) {
        g_autofree char *beside = NULL;
        gsize beside_size = 0;
        g_autoptr(GVariant) message = receive(frame, (gsize)cut, &beside, &beside_size);
        assert_int_equal(message != NULL, cut == size);
        assert_int_equal(beside != NULL, cut == size);
    }
    for (gssize at = 0; at < size; at++) { /* whoever sent it may have been taken over */
        for (int bit = 0; bit < 8; bit++) {
            char *changed = g_memdup2(frame, (gsize)size);
            changed[at] = (char)(changed[at] ^ (1 << bit));
            g_autofree char *beside = NULL;
            gsize beside_size = 0;
            g_autoptr(GVariant) message = receive(changed, (gsize)size, &beside, &beside_size);
            g_autofree char *text = message != NULL ? g_variant_print(message, TRUE) : NULL;
            g_free(changed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_have_codes_and_words),
        cmocka_unit_test(searches_find_numbers),
        cmocka_unit_test(mails_are_read_by_the_size_that_is_told),
        cmocka_unit_test(how_many_mails_there_are_is_told),
        cmocka_unit_test(other_responses_are_none_of_ours),
        cmocka_unit_test(garbage_is_refused),
        cmocka_unit_test(no_bytes_do_harm),
        cmocka_unit_test(literals_are_announced_where_they_can_be),
        cmocka_unit_test(urls_name_a_server_and_nothing_else),
        cmocka_unit_test(folders_have_no_line_breaks),
        cmocka_unit_test(frames_come_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
