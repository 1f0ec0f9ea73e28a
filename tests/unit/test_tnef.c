/* winmail.dat. */
#include "mail/tnef.h"

#include "hostile_fixture.h"
#include "outlook_fixture.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    OF_MAIL = 1,
    OF_FILE = 2,
};

#define SUBJECT         0x00018004U
#define BODY            0x0002800CU
#define FILE_DATA       0x0006800FU
#define FILE_TITLE      0x00018010U
#define FILE_BEGINS     0x00069002U
#define PROPERTIES      0x00069003U
#define FILE_PROPERTIES 0x00069005U
#define CODE_PAGE       0x00069007U

static GByteArray *stream_new(void)
{
    GByteArray *stream = g_byte_array_new();
    outlook_put_u32(stream, 0x223E9F78);
    g_byte_array_append(stream, (const guint8 *)"\x01\0", 2);
    return stream;
}

static void add(GByteArray *stream, guint8 level, guint32 id, const void *data, gsize length)
{
    guint sum = 0;
    g_byte_array_append(stream, &level, 1);
    outlook_put_u32(stream, id);
    outlook_put_u32(stream, (guint32)length);
    g_byte_array_append(stream, data, (guint)length);
    for (gsize i = 0; i < length; i++) {
        sum += ((const guint8 *)data)[i];
    }
    const guint8 checksum[] = {(guint8)sum, (guint8)(sum >> 8)};
    g_byte_array_append(stream, checksum, 2);
}

static void add_bytes(GByteArray *stream, guint8 level, guint32 id, const GByteArray *bytes)
{
    add(stream, level, id, bytes->data, bytes->len);
}

static GByteArray *properties_new(guint32 count)
{
    GByteArray *properties = g_byte_array_new();
    outlook_put_u32(properties, count);
    return properties;
}

static void put_value(GByteArray *properties, const void *value, gsize length)
{
    outlook_put_u32(properties, (guint32)length);
    g_byte_array_append(properties, value, (guint)length);
    g_byte_array_append(properties, (const guint8 *)"\0\0\0", (guint)(-length % 4));
}

static void put_property(GByteArray *properties, guint32 tag, const void *value, gsize length)
{
    outlook_put_u32(properties, tag);
    outlook_put_u32(properties, 1);
    put_value(properties, value, length);
}

/* Properties that nobody looks at, of every shape, before one that counts. */
static GByteArray *rich_properties(void)
{
    GByteArray *properties = properties_new(9);
    outlook_put_u32(properties, 0x00170003); /* a number */
    outlook_put_u32(properties, 1);
    outlook_put_u32(properties, 0x0E060040); /* an instant */
    g_byte_array_append(properties, (const guint8 *)"\0\0\0\0\0\0\xc9\x01", 8);
    outlook_put_u32(properties, 0x30080048); /* a GUID */
    g_byte_array_append(properties, (const guint8 *)"0123456789abcdef", 16);
    outlook_put_u32(properties, 0x8001000B); /* named by a number */
    g_byte_array_append(properties, (const guint8 *)"0123456789abcdef", 16);
    outlook_put_u32(properties, 0);
    outlook_put_u32(properties, 77);
    outlook_put_u32(properties, 1);
    outlook_put_u32(properties, 0x8002001E); /* named by a text of five units */
    g_byte_array_append(properties, (const guint8 *)"0123456789abcdef", 16);
    outlook_put_u32(properties, 1);
    put_value(properties, "a\0b\0c\0d\0\0", 10);
    outlook_put_u32(properties, 1);
    put_value(properties, "value", 6);
    outlook_put_u32(properties, 0x0040101E); /* several texts */
    outlook_put_u32(properties, 2);
    put_value(properties, "one", 4);
    put_value(properties, "", 0);
    outlook_put_u32(properties, 0x00411003); /* several numbers */
    outlook_put_u32(properties, 2);
    outlook_put_u32(properties, 1);
    outlook_put_u32(properties, 2);
    put_property(properties, 0x10130102, "<b>bold</b>", 11);
    put_property(properties, 0x10090102, outlook_rich_text, sizeof outlook_rich_text);
    return properties;
}

static GByteArray *sample(void)
{
    GByteArray *stream = stream_new();
    add(stream, OF_MAIL, CODE_PAGE, "\xe3\x04\0\0\0\0\0\0", 8); /* 1251 */
    add(stream, OF_MAIL, BODY, "\xe4\xe0!", 4);
    g_autoptr(GByteArray) properties = rich_properties();
    add_bytes(stream, OF_MAIL, PROPERTIES, properties);
    add(stream, OF_FILE, FILE_BEGINS, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0", 14);
    add(stream, OF_FILE, FILE_TITLE, "REQUES~1.TXT", 13);
    add(stream, OF_FILE, FILE_DATA, "of the file", 11);
    g_autoptr(GByteArray) of_file = properties_new(1);
    g_autoptr(GByteArray) name = outlook_wide("request from plant 4.txt");
    put_property(of_file, 0x3707001F, name->data, name->len);
    add_bytes(stream, OF_FILE, FILE_PROPERTIES, of_file);
    add(stream, OF_FILE, FILE_BEGINS, "", 0);
    add(stream, OF_FILE, FILE_TITLE, "\xe4.txt", 6);
    add(stream, OF_FILE, FILE_DATA, "of another", 10);
    return stream;
}

static const char sample_parts[] =
    "text/plain utf-8 []: \xD0\xB4\xD0\xB0!\n"
    "text/html windows-1252 []: <b>bold</b>\n"
    "text/plain utf-8 []: hello world\n"
    "application/octet-stream - [request from plant 4.txt]: of the file\n"
    "application/octet-stream - [\xD0\xB4.txt]: of another\n";

static void expect(const GByteArray *stream, const char *parts, const char *trouble)
{
    const char *said = NULL;
    g_autoptr(GByteArray) mail = tnef_mail((const char *)stream->data, stream->len, &said);
    assert_non_null(mail);
    g_autofree char *found = outlook_parts(mail);
    assert_string_equal(found, parts);
    if (trouble == NULL) {
        assert_null(said);
    } else {
        assert_string_equal(said, trouble);
    }
}

static void test_all(void **state)
{
    (void)state;
    g_autoptr(GByteArray) stream = sample();
    assert_true(tnef_begins((const char *)stream->data, 4));
    assert_false(tnef_begins((const char *)stream->data, 3));
    expect(stream, sample_parts, NULL);
}

static void test_damaged(void **state)
{
    (void)state;
    g_autoptr(GByteArray) stream = sample();
    stream->data[stream->len - 1] ^= 1;
    expect(stream, sample_parts, "its checksum is wrong");
    g_byte_array_set_size(stream, stream->len - 6);
    g_autofree char *cut = g_strndup(sample_parts, strlen(sample_parts) - 5);
    g_autofree char *cut_line = g_strconcat(cut, "\n", NULL);
    expect(stream, cut_line, "it is cut off");
    const char *said = NULL;
    assert_null(tnef_mail("no TNEF", 7, &said));
    assert_string_equal(said, "it is damaged");
}

/* What the packaged library takes for damage. */
static void test_long(void **state)
{
    (void)state;
    g_autoptr(GByteArray) stream = stream_new();
    g_autofree char *body = g_strnfill(300000, 'x');
    g_autoptr(GByteArray) properties = properties_new(1);
    g_autoptr(GByteArray) subject =
        outlook_wide("Usage request for the second line of the plant, as announced on Monday");
    put_property(properties, 0x0037001F, subject->data, subject->len);
    add(stream, OF_MAIL, SUBJECT, "", 0);
    add_bytes(stream, OF_MAIL, PROPERTIES, properties);
    add(stream, OF_MAIL, BODY, body, 300000);
    g_autofree char *parts = g_strdup_printf("text/plain utf-8 []: %s\n", body);
    expect(stream, parts, NULL);
}

static GByteArray *nested(unsigned depth)
{
    GByteArray *inner = stream_new();
    g_autofree char *text = g_strdup_printf("text %u", depth);
    add(inner, OF_MAIL, BODY, text, strlen(text));
    while (depth-- > 0) {
        g_autoptr(GByteArray) value = g_byte_array_new();
        g_byte_array_append(value, (const guint8 *)"kind-of-object-.", 16);
        g_byte_array_append(value, inner->data, inner->len);
        g_autoptr(GByteArray) properties = properties_new(1);
        put_property(properties, 0x3701000D, value->data, value->len);
        g_byte_array_unref(inner);
        inner = stream_new();
        g_autofree char *outer = g_strdup_printf("text %u", depth);
        add(inner, OF_MAIL, BODY, outer, strlen(outer));
        add(inner, OF_FILE, FILE_BEGINS, "", 0);
        add_bytes(inner, OF_FILE, FILE_PROPERTIES, properties);
    }
    return inner;
}

static void test_nested(void **state)
{
    (void)state;
    g_autoptr(GByteArray) few = nested(2);
    expect(few,
           "text/plain utf-8 []: text 0\ntext/plain utf-8 []: text 1\n"
           "text/plain utf-8 []: text 2\n",
           NULL);
    g_autoptr(GByteArray) many = nested(30);
    const char *said = NULL;
    g_autoptr(GByteArray) mail = tnef_mail((const char *)many->data, many->len, &said);
    assert_string_equal(said, "mails are nested too deeply in it");
    g_autofree char *parts = outlook_parts(mail);
    assert_non_null(strstr(parts, "text 8"));
    assert_null(strstr(parts, "text 9"));
}

/* Files without content: memory does not grow with their number. */
static void test_many(void **state)
{
    (void)state;
    g_autoptr(GByteArray) stream = stream_new();
    for (unsigned i = 0; i < 500000; i++) {
        add(stream, OF_FILE, FILE_BEGINS, "", 0);
    }
    const char *said = NULL;
    g_autoptr(GByteArray) mail = tnef_mail((const char *)stream->data, stream->len, &said);
    assert_string_equal(said, "it has too many files");
    assert_in_range(mail->len, 1, 1000000);
}

static void read_one(const char *data, gsize length)
{
    const char *trouble = NULL;
    GByteArray *mail = tnef_mail(data, length, &trouble);
    assert_true(mail != NULL || trouble != NULL);
    if (mail != NULL) {
        g_byte_array_unref(mail);
    }
}

static void test_hostile(void **state)
{
    (void)state;
    g_autoptr(GByteArray) stream = sample();
    g_autoptr(GByteArray) deep = nested(10);
    hostile_prefixes(read_one, (const char *)stream->data, stream->len, 1);
    hostile_flips(read_one, (const char *)stream->data, stream->len, 5000);
    hostile_flips(read_one, (const char *)deep->data, deep->len, 5000);
}

static int set_up(void **state)
{
    (void)state;
    mime_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),  cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_long), cmocka_unit_test(test_nested),
        cmocka_unit_test(test_many), cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
