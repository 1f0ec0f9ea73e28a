/* What comes out of packed parts, damaged ones too, and the caps under which it does. */
#include "mail/clear_signed.h"
#include "mail/cms.h"
#include "mail/packed.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* Unpacks what stands in a text. */
static Unpacked *within(const char *text)
{
    Unpacked *unpacked = unpacked_new();
    const PackedKind *kind = packed_kind_within(NULL, text, strlen(text));
    assert_true(unpacked_begin(unpacked, strlen(text), 0));
    if (kind != NULL) {
        kind->unpack(text, strlen(text), unpacked);
    }
    return unpacked;
}

static void assert_next(Unpacked *unpacked, const char *name, const char *content)
{
    g_autoptr(UnpackedPart) part = unpacked_take(unpacked);
    assert_non_null(part);
    if (name != NULL) {
        assert_string_equal(part->name, name);
    }
    assert_int_equal(part->data->len, strlen(content));
    assert_memory_equal(part->data->data, content, strlen(content));
}

static void assert_none(Unpacked *unpacked)
{
    assert_null(unpacked_take(unpacked));
    assert_null(unpacked_trouble(unpacked));
}

static void test_uuencode(void **state)
{
    (void)state;
    g_autoptr(Unpacked) one = within("Hello\n\nbegin 644 my file.txt\n#0V%T\n`\nend\nbye\n");
    assert_next(one, "my file.txt", "Cat");
    assert_none(one);
    g_autoptr(Unpacked) two = within("begin 644 a\r\n#0V%T\r\n`\r\nend\r\n> begin 0755 b\r\n"
                                     "> #0V%T\r\n>\r\n> `\r\n> end\r\n");
    assert_next(two, "a", "Cat");
    assert_next(two, "b", "Cat");
    assert_none(two);
    g_autoptr(Unpacked) base64 = within("begin-base64 644 c\nQ2F0\n====\n");
    assert_next(base64, "c", "Cat");
    assert_none(base64);
}

static void test_uuencode_damaged(void **state)
{
    (void)state;
    g_autoptr(Unpacked) blanks = within("begin 644 a\n&0V%T\n`\nend\n"); /* cut at its end */
    g_autoptr(UnpackedPart) part = unpacked_take(blanks);
    assert_non_null(part);
    assert_int_equal(part->data->len, 6);
    assert_memory_equal(part->data->data, "Cat\0\0\0", 6);
    g_autoptr(Unpacked) inside = within("begin 644 a\n#0V%T\nA note of a gateway.\n#0V%T\n");
    assert_next(inside, "a", "CatCat");
    g_autoptr(Unpacked) checksum = within("begin 644 a\n#0V%TX\nend\n");
    assert_next(checksum, "a", "Cat");
}

static void test_uuencode_prose(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "begin 644\n",         "to begin 644 files\n", "begin 98 x\n#0V%T\n",
        "begin the upgrade\n", "begin 644 a\nend\n",   "beginning 644 a\n#0V%T\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(Unpacked) none = within(texts[i]);
        assert_none(none);
    }
}

#define SIGNED_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define DATA        "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"

/* Indefinite lengths throughout, the content in two pieces. */
static const char pieces[] = "\x30\x80" SIGNED_DATA "\xa0\x80\x30\x80\x02\x01\x01\x31\x00"
                             "\x30\x80" DATA "\xa0\x80\x24\x80\x04\x05"
                             "a: b\n"
                             "\x04\x02\nc\0\0\0\0\0\0"
                             "\x31\x00\0\0\0\0\0\0";
/* A signature of what stands beside it. */
static const char detached[] = "\x30\x80" SIGNED_DATA "\xa0\x80\x30\x80\x02\x01\x01\x31\x00"
                               "\x30\x0b" DATA "\x31\x00\0\0\0\0\0\0";

static Unpacked *unpack(const char *data, gsize length)
{
    Unpacked *unpacked = unpacked_new();
    const PackedKind *kind = packed_kind(data, length);
    assert_non_null(kind);
    assert_true(unpacked_begin(unpacked, length, 0));
    kind->unpack(data, length, unpacked);
    return unpacked;
}

static void test_cms(void **state)
{
    (void)state;
    g_autoptr(Unpacked) whole = unpack(pieces, sizeof pieces - 1);
    g_autoptr(UnpackedPart) part = unpacked_take(whole);
    assert_non_null(part);
    assert_int_equal(part->as, UNPACKED_ENTITY);
    assert_int_equal(part->data->len, 7);
    assert_memory_equal(part->data->data, "a: b\n\nc", 7);
    assert_none(whole);
    g_autoptr(Unpacked) signature = unpack(detached, sizeof detached - 1);
    assert_none(signature);
    for (gsize cut = 24; cut < sizeof pieces - 10; cut++) {
        g_autoptr(Unpacked) damaged = unpack(pieces, cut);
        assert_string_equal(unpacked_trouble(damaged), "it is damaged");
        assert_null(unpacked_take(damaged));
    }
}

static void test_clear_signed(void **state)
{
    (void)state;
    static const char text[] = "- before\n"
                               "> -----BEGIN PGP SIGNED MESSAGE-----\n"
                               "> Hash: SHA256\n>\n> - -----code\n> - From x\n> -\n"
                               "> -----BEGIN PGP SIGNATURE-----\n> - after\n";
    g_autoptr(GString) read = clear_signed_read(text, sizeof text - 1);
    assert_non_null(read);
    assert_string_equal(read->str, "- before\n"
                                   "> -----BEGIN PGP SIGNED MESSAGE-----\n"
                                   "> Hash: SHA256\n>\n> -----code\n> From x\n> -\n"
                                   "> -----BEGIN PGP SIGNATURE-----\n> - after\n");
    assert_null(clear_signed_read("- a\n- b\n", 8));
}

static GByteArray *zeros(gsize count)
{
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_set_size(bytes, (guint)count);
    memset(bytes->data, 0, count);
    return bytes;
}

static void test_caps(void **state)
{
    (void)state;
    g_autoptr(Unpacked) deep = unpacked_new();
    assert_true(unpacked_begin(deep, 10, UNPACKED_MAX_DEPTH - 1));
    assert_false(unpacked_begin(deep, 10, UNPACKED_MAX_DEPTH));
    assert_string_equal(unpacked_trouble(deep), "it is packed more than 12 times over");
    assert_false(unpacked_add(deep, UNPACKED_FILE, "a", NULL, zeros(1)));

    g_autoptr(Unpacked) many = unpacked_new();
    assert_true(unpacked_begin(many, 10, 0));
    for (unsigned i = 0; i < UNPACKED_MAX_PARTS; i++) {
        assert_true(unpacked_add(many, UNPACKED_FILE, NULL, NULL, zeros(1)));
    }
    assert_false(unpacked_add(many, UNPACKED_FILE, NULL, NULL, zeros(1)));
    assert_string_equal(unpacked_trouble(many), "there are more than 1000 files in it");

    g_autoptr(Unpacked) bomb = unpacked_new();
    assert_true(unpacked_begin(bomb, 10000, 0));
    assert_true(unpacked_add(bomb, UNPACKED_FILE, NULL, NULL, zeros(2000000)));
    assert_int_equal(unpacked_room(bomb), 0);
    assert_false(unpacked_add(bomb, UNPACKED_FILE, NULL, NULL, zeros(1)));
    assert_string_equal(unpacked_trouble(bomb),
                        "it is more than 200 times as long when it is unpacked");

    g_autoptr(Unpacked) large = unpacked_new();
    for (unsigned i = 0; i < 4; i++) {
        assert_true(unpacked_begin(large, UNPACKED_MAX_SIZE, 0));
        assert_true(unpacked_add(large, UNPACKED_FILE, NULL, NULL, zeros(UNPACKED_MAX_SIZE / 4)));
    }
    assert_int_equal(unpacked_room(large), 0);
    assert_false(unpacked_add(large, UNPACKED_FILE, NULL, NULL, zeros(1)));
    assert_string_equal(unpacked_trouble(large), "it is more than 64 MiB when it is unpacked");
}

static void test_types(void **state)
{
    (void)state;
    g_autoptr(Unpacked) unpacked = unpacked_new();
    assert_true(unpacked_begin(unpacked, 10, 2));
    assert_true(
        unpacked_add(unpacked, UNPACKED_TEXT, "a\xff", "Text/HTML; charset=\"koi8-r\"", zeros(1)));
    g_autoptr(UnpackedPart) part = unpacked_take(unpacked);
    assert_string_equal(part->type, "text/html");
    assert_string_equal(part->charset, "koi8-r");
    assert_true(g_utf8_validate(part->name, -1, NULL));
    assert_int_equal(part->depth, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uuencode),       cmocka_unit_test(test_uuencode_damaged),
        cmocka_unit_test(test_uuencode_prose), cmocka_unit_test(test_cms),
        cmocka_unit_test(test_clear_signed),   cmocka_unit_test(test_caps),
        cmocka_unit_test(test_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
