/* A composed mail, read again by GMime and by Python's parser: the same words, the same code, and
 * no header that anybody slipped in. */
#include "base/error.h"
#include "core/armor.h"
#include "core/armor_text.h"
#include "core/finder.h"
#include "mail/compose.h"

#include <gio/gio.h>
#include <gmime/gmime.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RIGHT_TO_LEFT 0x202E /* a bidirectional control */
#define WORDS         "Guten Tag,\n\nFrom here on: größer, 東京, =3D, a dot:\n.\nand a blank at the end \n"

static const ComposeMail plain = {
    .from = "Exämple Licensing <licenses@vendor.example>",
    .to = "ops@plant.example.com",
    .subject = "Re: Anlage 3 [usage license UL-00000042]",
    .message_id = "reply-17@vendor.example",
    .in_reply_to = "<CA+ab.c=d_e@mail.example.com>",
    .date = 1795600000,
    .text = WORDS,
};

static char *compose_text(const ComposeMail *mail)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = compose_mail(mail, &error);
    assert_null(error);
    assert_non_null(bytes);
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    return g_strndup(data, size);
}

static void assert_refused(const ComposeMail *mail)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = compose_mail(mail, &error);
    assert_null(bytes);
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_INPUT));
    assert_null(strpbrk(error->message, "\r\n"));
}

/* The mail as Python reads it. */
static json_t *read_by_python(const char *mail)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) python =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                         "/usr/bin/python3", TESTS_DIR "/unit/read_mail.py", NULL);
    assert_null(error);
    g_autoptr(GBytes) input = g_bytes_new(mail, strlen(mail));
    g_autoptr(GBytes) output = NULL;
    assert_true(g_subprocess_communicate(python, input, NULL, &output, NULL, &error));
    json_t *root = json_loadb(g_bytes_get_data(output, NULL), g_bytes_get_size(output), 0, NULL);
    assert_non_null(root);
    return root;
}

/* The only value of a header; NULL if it is missing. */
static const char *header(const json_t *root, const char *name)
{
    const char *found = NULL;
    size_t index = 0;
    json_t *pair = NULL;
    json_array_foreach(json_object_get(root, "headers"), index, pair)
    {
        if (g_strcmp0(json_string_value(json_array_get(pair, 0)), name) == 0) {
            assert_null(found);
            found = json_string_value(json_array_get(pair, 1));
        }
    }
    return found;
}

static const char *part_member(const json_t *root, size_t part, const char *name)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(root, "parts"), part), name));
}

static void assert_wire_format(const char *mail)
{
    size_t column = 0;
    for (const char *at = mail; *at != '\0'; at++) {
        assert_true((*at & 0x80) == 0);
        if (*at == '\n') {
            assert_true(at > mail && at[-1] == '\r');
            column = 0;
            continue;
        }
        assert_true(*at != '\r' || at[1] == '\n');
        assert_true(++column <= 999);
    }
}

static void test_plain_mail(void **state)
{
    (void)state;
    g_autofree char *mail = compose_text(&plain);
    assert_wire_format(mail);
    json_t *root = read_by_python(mail);
    assert_int_equal(json_array_size(json_object_get(root, "defects")), 0);
    assert_string_equal(header(root, "from"), "Exämple Licensing <licenses@vendor.example>");
    assert_string_equal(header(root, "to"), "ops@plant.example.com");
    assert_string_equal(header(root, "subject"), plain.subject);
    assert_string_equal(header(root, "message-id"), "<reply-17@vendor.example>");
    assert_string_equal(header(root, "in-reply-to"), "<CA+ab.c=d_e@mail.example.com>");
    assert_string_equal(header(root, "references"), "<CA+ab.c=d_e@mail.example.com>");
    assert_string_equal(header(root, "date"), "Wed, 25 Nov 2026 09:46:40 +0000");
    assert_string_equal(header(root, "auto-submitted"), "auto-replied");
    assert_string_equal(header(root, "x-auto-response-suppress"), "All");
    assert_string_equal(part_member(root, 0, "charset"), "utf-8");
    assert_string_equal(part_member(root, 0, "text"), WORDS);
    json_decref(root);
}

static void test_same_fields_same_bytes(void **state)
{
    (void)state;
    ComposeAttachment file = {"a.txt", "x\n"};
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    g_ptr_array_add(files, &file);
    ComposeMail mail = plain;
    mail.attachments = files;
    g_autofree char *first = compose_text(&mail);
    g_autofree char *second = compose_text(&mail);
    assert_string_equal(first, second);
    mail.message_id = "reply-18@vendor.example";
    g_autofree char *other = compose_text(&mail);
    assert_string_not_equal(first, other);
}

/* Two lengths, a header of the kind and a signature make it a body; what the payload says does not
 * matter here. */
static GBytes *sample_body(void)
{
    static const char header[] = "{\"alg\":\"EdDSA\",\"typ\":\"chariot-usage-license+jws\"}";
    const gsize header_size = sizeof header - 1;
    guint8 bytes[700];
    for (gsize i = 0; i < sizeof bytes; i++) {
        bytes[i] = (guint8)(i * 37 + i / 7);
    }
    const gsize payload = sizeof bytes - 2 - header_size - 2 - 64;
    bytes[0] = 0;
    bytes[1] = (guint8)header_size;
    memcpy(bytes + 2, header, header_size);
    bytes[2 + header_size] = (guint8)(payload >> 8);
    bytes[3 + header_size] = (guint8)payload;
    return g_bytes_new(bytes, sizeof bytes);
}

static void find_code(const char *text, const char *expected)
{
    g_autoptr(Finder) finder = finder_new();
    finder_add_text(finder, text, strlen(text));
    g_autoptr(GPtrArray) found = finder_finish(finder);
    assert_int_equal(found->len, 1);
    const FoundToken *token = g_ptr_array_index(found, 0);
    assert_int_equal(token->kind, ARMOR_USAGE_LICENSE);
    assert_null(token->problem);
    assert_string_equal(token->jws, expected);
}

static char *gmime_attachment(const char *mail, const char *name)
{
    g_mime_init();
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(mail, strlen(mail));
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    assert_non_null(message);
    GMimeMultipart *mixed = GMIME_MULTIPART(g_mime_message_get_mime_part(message));
    assert_int_equal(g_mime_multipart_get_count(mixed), 2);
    GMimePart *part = GMIME_PART(g_mime_multipart_get_part(mixed, 1));
    assert_string_equal(g_mime_part_get_filename(part), name);
    assert_string_equal(g_mime_object_get_disposition(GMIME_OBJECT(part)), "attachment");
    GMimeStream *out = g_mime_stream_mem_new();
    g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(part), out);
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));
    char *text = g_strndup((const char *)bytes->data, bytes->len);
    g_object_unref(out);
    g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
    return text;
}

static void test_code_survives(void **state)
{
    (void)state;
    g_autoptr(GBytes) body = sample_body();
    g_autofree char *jws = armor_body_to_jws(body, NULL);
    g_autofree char *code = armor_text_write(ARMOR_USAGE_LICENSE, body);
    g_autofree char *text = g_strconcat(WORDS "\n", code, "\nGrüße\n", NULL);
    ComposeAttachment file = {"plant-3-mqtt1-UL-00000042.txt", code};
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    g_ptr_array_add(files, &file);
    ComposeMail mail = plain;
    mail.text = text;
    mail.attachments = files;
    g_autofree char *wire = compose_text(&mail);
    assert_wire_format(wire);

    json_t *root = read_by_python(wire);
    assert_int_equal(json_array_size(json_object_get(root, "defects")), 0);
    assert_int_equal(json_array_size(json_object_get(root, "parts")), 2);
    assert_string_equal(part_member(root, 0, "text"), text);
    assert_string_equal(part_member(root, 1, "text"), code);
    assert_string_equal(part_member(root, 1, "type"), "text/plain");
    assert_string_equal(part_member(root, 1, "charset"), "us-ascii");
    assert_string_equal(part_member(root, 1, "disposition"), "attachment");
    assert_string_equal(part_member(root, 1, "name"), "plant-3-mqtt1-UL-00000042.txt");
    find_code(part_member(root, 0, "text"), jws);
    find_code(part_member(root, 1, "text"), jws);
    json_decref(root);

    g_autofree char *attached = gmime_attachment(wire, "plant-3-mqtt1-UL-00000042.txt");
    find_code(attached, jws);
    find_code(wire, jws); /* even undecoded, for programs that show the source */
}

static void test_subject_cannot_break_out(void **state)
{
    (void)state;
    ComposeMail mail = plain;
    g_autofree char *turned =
        g_ucs4_to_utf8((const gunichar[]){RIGHT_TO_LEFT, 0}, -1, NULL, NULL, NULL);
    g_autofree char *subject =
        g_strconcat("Re: a\r\nBcc: victim@example.org\r\n\r\nbody \x1b[31m", turned, NULL);
    mail.subject = subject;
    g_autofree char *wire = compose_text(&mail);
    json_t *root = read_by_python(wire);
    assert_null(header(root, "bcc"));
    assert_true(g_str_has_prefix(header(root, "subject"), "Re: a"));
    assert_null(strpbrk(header(root, "subject"), "\r\n\x1b"));
    assert_null(g_utf8_strchr(header(root, "subject"), -1, RIGHT_TO_LEFT));
    assert_string_equal(part_member(root, 0, "text"), WORDS);
    json_decref(root);
}

static void test_long_subject_is_folded(void **state)
{
    (void)state;
    g_autofree char *word = g_strnfill(250, 'x');
    g_autofree char *subject = g_strconcat("Re: ", word, " ä東京 ", word, NULL);
    ComposeMail mail = plain;
    mail.subject = subject;
    g_autofree char *wire = compose_text(&mail);
    assert_wire_format(wire);
    json_t *root = read_by_python(wire);
    assert_true(g_str_has_prefix(header(root, "subject"), "Re: xxxx"));
    assert_string_equal(header(root, "to"), "ops@plant.example.com");
    json_decref(root);
}

static void test_injection_refused(void **state)
{
    static const char *const addresses[] = {"",
                                            "nobody",
                                            "a@",
                                            "@b",
                                            "a@b@c.example",
                                            "a b@c.example",
                                            "a@b.example\r\nBcc: c@d.example",
                                            "a@b.example, c@d.example",
                                            "<a@b.example>",
                                            "a@b.example>",
                                            ".a@b.example",
                                            "a..b@c.example",
                                            "\"a\"@b.example",
                                            "a@b.example\x7f"};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        ComposeMail mail = plain;
        mail.to = addresses[i];
        assert_refused(&mail);
    }
    static const char *const senders[] = {"", "nobody", "A <a@b.example>\r\nBcc: c@d.example",
                                          "a@b.example, c@d.example", "team: a@b.example;"};
    for (size_t i = 0; i < G_N_ELEMENTS(senders); i++) {
        ComposeMail mail = plain;
        mail.from = senders[i];
        assert_refused(&mail);
    }
    static const char *const ids[] = {"", "x", "a@b\r\nX: y", "a b@c", "a@b>, <c@d"};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        ComposeMail mail = plain;
        mail.message_id = ids[i];
        assert_refused(&mail);
    }
    ComposeAttachment file = {"a\r\nX: y.txt", "x"};
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    g_ptr_array_add(files, &file);
    ComposeMail mail = plain;
    mail.attachments = files;
    assert_refused(&mail);
    file.name = "../a.txt";
    assert_refused(&mail);
}

static void test_foreign_ids_are_left_out(void **state)
{
    static const char *const foreign[] = {
        "good@mail.example.com", "bad\r\nX-Evil: 1@x", "no id", "a@[192.0.2.1]", "x y@z", ""};
    (void)state;
    g_autoptr(GPtrArray) references = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_ptr_array_add(references, g_strdup(foreign[i]));
    }
    ComposeMail mail = plain;
    mail.in_reply_to = "<a@b>\r\nX-Evil: <c@d>";
    mail.references = references;
    g_autofree char *wire = compose_text(&mail);
    assert_null(strstr(wire, "X-Evil"));
    json_t *root = read_by_python(wire);
    assert_null(header(root, "in-reply-to"));
    assert_string_equal(header(root, "references"), "<good@mail.example.com> <a@[192.0.2.1]>");
    json_decref(root);
}

static void test_long_thread_is_cut(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) references = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < 500; i++) {
        g_ptr_array_add(references, g_strdup_printf("m%u@mail.example.com", i));
    }
    ComposeMail mail = plain;
    mail.references = references;
    g_autofree char *wire = compose_text(&mail);
    assert_wire_format(wire);
    assert_non_null(strstr(wire, "<m0@mail.example.com>"));
    assert_null(strstr(wire, "<m100@mail.example.com>"));
    assert_non_null(strstr(wire, "<m499@mail.example.com>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_mail),
        cmocka_unit_test(test_same_fields_same_bytes),
        cmocka_unit_test(test_code_survives),
        cmocka_unit_test(test_subject_cannot_break_out),
        cmocka_unit_test(test_long_subject_is_folded),
        cmocka_unit_test(test_injection_refused),
        cmocka_unit_test(test_foreign_ids_are_left_out),
        cmocka_unit_test(test_long_thread_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
