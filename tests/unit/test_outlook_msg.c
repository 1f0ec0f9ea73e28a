/* Mails that Outlook saved as files. */
#include "mail/outlook_msg.h"

#include "hostile_fixture.h"
#include "outlook_fixture.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsf/gsf-outfile-msole.h>
#include <gsf/gsf-output-memory.h>

/* A storage that is being written, with its list of numbers. */
typedef struct {
    GsfOutput *memory; /* of the outermost */
    GsfOutfile *storage;
    GByteArray *list;
} Storage;

static Storage storage_new(GsfOutfile *storage, guint header)
{
    Storage made = {.storage = storage, .list = g_byte_array_new()};
    for (guint i = 0; i < header; i++) {
        g_byte_array_append(made.list, (const guint8 *)"", 1);
    }
    return made;
}

static Storage file_new(void)
{
    GsfOutput *memory = gsf_output_memory_new();
    Storage made = storage_new(gsf_outfile_msole_new(memory), 32);
    made.memory = memory;
    return made;
}

static Storage child_new(const Storage *parent, const char *name, guint header)
{
    return storage_new(GSF_OUTFILE(gsf_outfile_new_child(parent->storage, name, TRUE)), header);
}

static void put_stream(const Storage *storage, const char *name, const void *data, gsize length)
{
    GsfOutput *stream = gsf_outfile_new_child(storage->storage, name, FALSE);
    assert_true(gsf_output_write(stream, length, data));
    assert_true(gsf_output_close(stream));
    g_object_unref(stream);
}

static void put_bytes(const Storage *storage, guint32 tag, const void *data, gsize length)
{
    g_autofree char *name = g_strdup_printf("__substg1.0_%08X", tag);
    put_stream(storage, name, data, length);
}

static void put_text(const Storage *storage, guint32 number, const char *text)
{
    g_autoptr(GByteArray) wide = outlook_wide(text);
    put_bytes(storage, number << 16 | 0x001F, wide->data, wide->len - 2);
}

static void put_number(const Storage *storage, guint32 tag, guint64 value)
{
    outlook_put_u32(storage->list, tag);
    outlook_put_u32(storage->list, 6);
    outlook_put_u32(storage->list, (guint32)value);
    outlook_put_u32(storage->list, (guint32)(value >> 32));
}

static void storage_end(Storage *storage)
{
    put_stream(storage, "__properties_version1.0", storage->list->data, storage->list->len);
    g_byte_array_unref(storage->list);
    assert_true(gsf_output_close(GSF_OUTPUT(storage->storage)));
    g_object_unref(storage->storage);
}

static GByteArray *file_end(Storage *file)
{
    storage_end(file);
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, gsf_output_memory_get_bytes(GSF_OUTPUT_MEMORY(file->memory)),
                        (guint)gsf_output_size(file->memory));
    g_object_unref(file->memory);
    return bytes;
}

static GByteArray *read_file(const GByteArray *file, const char *trouble)
{
    const char *said = NULL;
    assert_true(outlook_msg_begins((const char *)file->data, file->len));
    GByteArray *mail = outlook_msg_mail((const char *)file->data, file->len, &said);
    assert_non_null(mail);
    if (trouble == NULL) {
        assert_null(said);
    } else {
        assert_string_equal(said, trouble);
    }
    return mail;
}

static void expect_head(const GByteArray *file, const char *wanted)
{
    g_autoptr(GByteArray) mail = read_file(file, NULL);
    g_autofree char *head = outlook_head(mail);
    assert_string_equal(head, wanted);
}

static void expect_parts(const GByteArray *file, const char *wanted)
{
    g_autoptr(GByteArray) mail = read_file(file, NULL);
    g_autofree char *parts = outlook_parts(mail);
    assert_string_equal(parts, wanted);
}

static void put_exchange_sender(const Storage *file, const char *smtp)
{
    put_text(file, 0x0C1A, "Bell, Ana");
    put_text(file, 0x0C1E, "EX");
    put_text(file, 0x0C1F, "/O=NORTHWIND/OU=FIRST/CN=RECIPIENTS/CN=ANA@northwind.example");
    if (smtp != NULL) {
        put_text(file, 0x5D01, smtp);
    }
}

static void test_transport_headers(void **state)
{
    (void)state;
    Storage file = file_new();
    put_text(
        &file, 0x007D,
        "Microsoft Mail Internet Headers Version 2.0\r\n"
        "Received: from a.example by b.example;\r\n\tThu, 5 Nov 2026 09:30:00 +0000\r\n"
        "Content-Type: multipart/mixed;\r\n\tboundary=\"x\"\r\n"
        "MIME-Version: 1.0\r\nFrom: Ana <ana@northwind.example>\n"
        "Message-ID: <1@northwind.example>\r\nX-Long: a\r\n b\r\n\r\nFrom: no@field.example\r\n");
    put_text(&file, 0x0037, "request");
    put_exchange_sender(&file, "other@northwind.example");
    g_autoptr(GByteArray) bytes = file_end(&file);
    expect_head(bytes, "Received: from a.example by b.example;\n\tThu, 5 Nov 2026 09:30:00 +0000\n"
                       "From: Ana <ana@northwind.example>\nMessage-ID: <1@northwind.example>\n"
                       "X-Long: a\n b\nSubject: request\n");
}

static void test_properties_as_fields(void **state)
{
    (void)state;
    Storage file = file_new();
    put_exchange_sender(&file, "ana@northwind.example");
    put_text(&file, 0x0037, "request\r\nBcc: b@victim.example");
    put_text(&file, 0x1035, "<1@northwind.example>");
    put_text(&file, 0x1042, "<0@vendor.test>");
    put_number(&file, 0x00390040, 134383446000000000ULL);
    Storage to = child_new(&file, "__recip_version1.0_#00000000", 8);
    put_text(&to, 0x3002, "SMTP");
    put_text(&to, 0x3003, "licenses@vendor.test");
    put_number(&to, 0x0C150003, 1);
    storage_end(&to);
    Storage copy = child_new(&file, "__recip_version1.0_#00000001", 8);
    put_text(&copy, 0x3002, "EX");
    put_text(&copy, 0x3003, "/O=NORTHWIND/CN=BEN");
    put_text(&copy, 0x39FE, "ben@northwind.example");
    put_number(&copy, 0x0C150003, 2);
    storage_end(&copy);
    g_autoptr(GByteArray) bytes = file_end(&file);
    expect_head(bytes, "From: \"Bell, Ana\" <ana@northwind.example>\nTo: licenses@vendor.test\n"
                       "Cc: ben@northwind.example\nSubject: request Bcc: b@victim.example\n"
                       "Date: Thu, 05 Nov 2026 09:30:00 +0000\n"
                       "Message-ID: <1@northwind.example>\nIn-Reply-To: <0@vendor.test>\n");
}

/* A name in a directory is no address. */
static void test_no_address(void **state)
{
    (void)state;
    Storage file = file_new();
    put_exchange_sender(&file, NULL);
    g_autoptr(GByteArray) bytes = file_end(&file);
    expect_head(bytes, "From: \"Bell, Ana\"\n");
    Storage bad = file_new();
    put_exchange_sender(&bad, "ana@northwind.example>\r\nBcc: <b@victim.example");
    g_autoptr(GByteArray) bad_bytes = file_end(&bad);
    expect_head(bad_bytes, "From: \"Bell, Ana\"\n");
}

/* Header fields that are kept as properties with names, and what else has a name. */
static void test_named_fields(void **state)
{
    (void)state;
    static const guint8 sets[] = "0123456789abcdef"
                                 "\x86\x03\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";
    static const char *const names[] = {"auto-submitted", "not one", "content-class", "x-other"};
    Storage file = file_new();
    Storage named = child_new(&file, "__nameid_version1.0", 0);
    g_autoptr(GByteArray) entries = g_byte_array_new();
    g_autoptr(GByteArray) texts = g_byte_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const guint set = i == 3 ? 3 : 4; /* the last is of another set */
        g_autoptr(GByteArray) name = outlook_wide(names[i]);
        outlook_put_u32(entries, texts->len);
        outlook_put_u32(entries, (set << 1 | 1U) | i << 16);
        outlook_put_u32(texts, name->len - 2);
        g_byte_array_append(texts, name->data, name->len - 2);
        g_byte_array_append(texts, (const guint8 *)"\0\0\0", (4 - texts->len % 4) % 4);
        put_text(&file, 0x8000 + i, "auto-generated\r\nX: y");
    }
    outlook_put_u32(entries, 4711); /* named by a number */
    outlook_put_u32(entries, 4U << 1 | 4U << 16);
    put_bytes(&named, 0x00020102, sets, 32);
    put_bytes(&named, 0x00030102, entries->data, entries->len);
    put_bytes(&named, 0x00040102, texts->data, texts->len);
    storage_end(&named);
    g_autoptr(GByteArray) bytes = file_end(&file);
    expect_head(bytes, "auto-submitted: auto-generated X: y\n");
}

static void put_one_off(GByteArray *list, const char *type, const char *address, bool wide)
{
    static const guint8 kind[] =
        "\0\0\0\0\x81\x2b\x1f\xa4\xbe\xa3\x10\x19\x9d\x6e\0\xdd\x01\x0f\x54\x02\0";
    const char *const texts[] = {"Name", type, address};
    g_autoptr(GByteArray) entry = g_byte_array_new();
    g_byte_array_append(entry, kind, 22);
    g_byte_array_append(entry, (const guint8 *)(wide ? "\0\x80" : "\0\0"), 2);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GByteArray) text = outlook_wide(texts[i]);
        const gsize size = strlen(texts[i]) + 1;
        g_byte_array_append(entry, wide ? text->data : (const guint8 *)texts[i],
                            (guint)(wide ? 2 * size : size));
    }
    outlook_put_u32(list, entry->len);
    g_byte_array_append(list, entry->data, entry->len);
    g_byte_array_append(list, (const guint8 *)"\0\0\0", (4 - entry->len % 4) % 4);
}

static void test_reply_to(void **state)
{
    (void)state;
    Storage file = file_new();
    g_autoptr(GByteArray) list = g_byte_array_new();
    outlook_put_u32(list, 4);
    outlook_put_u32(list, 1000);
    put_one_off(list, "SMTP", "desk@northwind.example", true);
    put_one_off(list, "EX", "/O=NORTHWIND/CN=ANA", true);
    put_one_off(list, "SMTP", "ben@northwind.example\r\nBcc: x@y.example", true);
    put_one_off(list, "smtp", "ops@northwind.example", false);
    put_bytes(&file, 0x004F0102, list->data, list->len);
    put_exchange_sender(&file, "ana@northwind.example");
    g_autoptr(GByteArray) bytes = file_end(&file);
    expect_head(bytes, "From: \"Bell, Ana\" <ana@northwind.example>\n"
                       "Reply-To: desk@northwind.example,\n ops@northwind.example\n");
}

static void test_author_and_sender(void **state)
{
    (void)state;
    Storage file = file_new();
    put_exchange_sender(&file, "desk@northwind.example");
    put_text(&file, 0x0042, "Ben");
    put_text(&file, 0x0064, "SMTP");
    put_text(&file, 0x0065, "ben@northwind.example");
    g_autoptr(GByteArray) bytes = file_end(&file);
    expect_head(bytes, "From: Ben <ben@northwind.example>\n"
                       "Sender: \"Bell, Ana\" <desk@northwind.example>\n");
}

/* What a program has written is told by its class where no header tells it. */
static void test_classes(void **state)
{
    (void)state;
    Storage away = file_new();
    put_text(&away, 0x001A, "IPM.Note.Rules.OofTemplate.Microsoft");
    g_autoptr(GByteArray) away_bytes = file_end(&away);
    expect_head(away_bytes, "Auto-Submitted: auto-replied\n");
    Storage bounce = file_new();
    put_text(&bounce, 0x001A, "REPORT.IPM.Note.NDR");
    g_autoptr(GByteArray) bounce_bytes = file_end(&bounce);
    g_autoptr(GByteArray) mail = read_file(bounce_bytes, NULL);
    assert_non_null(g_strstr_len((const char *)mail->data, mail->len,
                                 "multipart/report; report-type=delivery-status;"));
}

static Storage put_file(const Storage *mail, unsigned number)
{
    g_autofree char *name = g_strdup_printf("__attach_version1.0_#%08X", number);
    return child_new(mail, name, 8);
}

static GByteArray *sample(void)
{
    Storage file = file_new();
    put_number(&file, 0x3FFD0003, 1251);
    put_number(&file, 0x3FDE0003, 28592);
    put_bytes(&file, 0x0037001E, "\xe4\xe0", 2);
    put_bytes(&file, 0x1000001E, "\xe4\xe0!", 3);
    put_bytes(&file, 0x10130102, "<p>\xb9</p>", 8);
    g_autoptr(GByteArray) list = g_byte_array_new();
    outlook_put_u32(list, 1);
    outlook_put_u32(list, 100);
    put_one_off(list, "EX", "/O=NORTHWIND/CN=ANA", true);
    put_bytes(&file, 0x004F0102, list->data, list->len);
    put_bytes(&file, 0x10090102, outlook_rich_text, sizeof outlook_rich_text);
    Storage first = put_file(&file, 0);
    put_bytes(&first, 0x3704001E, "REQUES~1.TXT", 12);
    put_text(&first, 0x3707, "request from plant 4.txt");
    g_autofree char *content = g_strnfill(5000, 'c'); /* longer than what is packed into others */
    put_bytes(&first, 0x37010102, content, 5000);
    storage_end(&first);
    Storage second = put_file(&file, 1);
    Storage enclosed = child_new(&second, "__substg1.0_3701000D", 24);
    put_text(&enclosed, 0x007D, "From: c@northwind.example\r\n");
    put_text(&enclosed, 0x1000, "enclosed");
    storage_end(&enclosed);
    storage_end(&second);
    Storage third = put_file(&file, 2);
    put_text(&third, 0x370E, "multipart/signed");
    static const char entity[] = "Content-Type: text/plain\r\n\r\nsigned text";
    put_bytes(&third, 0x37010102, entity, strlen(entity));
    storage_end(&third);
    return file_end(&file);
}

static void test_parts(void **state)
{
    (void)state;
    g_autoptr(GByteArray) bytes = sample();
    g_autofree char *content = g_strnfill(5000, 'c');
    g_autofree char *parts = g_strdup_printf(
        "text/plain utf-8 []: \xD0\xB4\xD0\xB0!\ntext/html ISO-8859-2 []: <p>\xb9</p>\n"
        "text/plain utf-8 []: hello world\n"
        "application/octet-stream - [request from plant 4.txt]: %s\n"
        "text/plain utf-8 []: enclosed\n"
        "message/rfc822 - []: Content-Type: text/plain\r\n\r\nsigned text\n",
        content);
    expect_parts(bytes, parts);
    expect_head(bytes, "Subject: =?UTF-8?b?0LTQsA==?=\n");
}

static void test_utf16(void **state)
{
    (void)state;
    Storage file = file_new();
    /* bytes that would be ASCII, a pair, half a pair, a zero */
    put_bytes(&file, 0x1000001F, "\x2d\x4e\x3d\xd8\x00\xde\x3d\xd8\x00\x00\x41\x00\x42", 13);
    g_autoptr(GByteArray) bytes = file_end(&file);
    expect_parts(bytes, "text/plain utf-8 []: \xE4\xB8\xAD\xF0\x9F\x98\x80\xEF\xBF\xBD"
                        "A\n");
}

static void test_no_mail(void **state)
{
    (void)state;
    Storage file = {.memory = gsf_output_memory_new()};
    file.storage = gsf_outfile_msole_new(file.memory);
    put_stream(&file, "WordDocument", "text", 4);
    assert_true(gsf_output_close(GSF_OUTPUT(file.storage)));
    const char *said = NULL;
    assert_null(
        outlook_msg_mail((const char *)gsf_output_memory_get_bytes(GSF_OUTPUT_MEMORY(file.memory)),
                         (gsize)gsf_output_size(file.memory), &said));
    assert_string_equal(said, "it holds no mail");
    g_object_unref(file.storage);
    g_object_unref(file.memory);
    assert_null(outlook_msg_mail("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, &said));
    assert_string_equal(said, "it is damaged");
}

/* Mails within each other, as often as somebody likes. */
static void put_nested(const Storage *mail, unsigned depth)
{
    GPtrArray *open = g_ptr_array_new_with_free_func(g_free);
    Storage at = *mail;
    for (unsigned i = 1; i <= depth; i++) {
        g_autofree char *text = g_strdup_printf("text %u", i);
        Storage *file = g_memdup2(&(Storage){0}, sizeof(Storage));
        Storage *inner = g_memdup2(&(Storage){0}, sizeof(Storage));
        *file = put_file(&at, 0);
        *inner = child_new(file, "__substg1.0_3701000D", 24);
        put_text(inner, 0x1000, text);
        g_ptr_array_add(open, file);
        g_ptr_array_add(open, inner);
        at = *inner;
    }
    while (open->len > 0) {
        storage_end(g_ptr_array_index(open, open->len - 1));
        g_ptr_array_set_size(open, (gint)open->len - 1);
    }
    g_ptr_array_unref(open);
}

static void test_depth(void **state)
{
    (void)state;
    Storage file = file_new();
    put_nested(&file, 20);
    g_autoptr(GByteArray) bytes = file_end(&file);
    g_autoptr(GByteArray) mail = read_file(bytes, "mails are nested too deeply in it");
    g_autofree char *parts = outlook_parts(mail);
    assert_non_null(strstr(parts, "text 8"));
    assert_null(strstr(parts, "text 9"));
}

/* A mailing to many. */
static void test_many_recipients(void **state)
{
    (void)state;
    Storage file = file_new();
    for (unsigned i = 0; i < 4000; i++) {
        g_autofree char *name = g_strdup_printf("__recip_version1.0_#%08X", i);
        Storage recipient = child_new(&file, name, 8);
        put_text(&recipient, 0x39FE, "ben@northwind.example");
        storage_end(&recipient);
    }
    g_autoptr(GByteArray) bytes = file_end(&file);
    g_autoptr(GByteArray) mail = read_file(bytes, NULL);
    g_autofree char *head = outlook_head(mail);
    assert_non_null(strstr(head, "To: ben@northwind.example,\n ben@northwind.example"));
}

/* A chain of the directory that leads into itself. */
static void test_ring(void **state)
{
    (void)state;
    g_autoptr(GByteArray) bytes = sample();
    const guint8 *head = bytes->data;
    const guint table = (guint)(head[0x4C] | head[0x4D] << 8);
    const guint directory = (guint)(head[0x30] | head[0x31] << 8);
    guint8 *link = bytes->data + (table + 1) * 512 + directory * 4;
    link[0] = (guint8)directory;
    link[1] = (guint8)(directory >> 8);
    link[2] = 0;
    link[3] = 0;
    const char *said = NULL;
    g_autoptr(GByteArray) mail = outlook_msg_mail((const char *)bytes->data, bytes->len, &said);
    assert_true(mail != NULL || said != NULL);
}

static void put_u32_at(GByteArray *bytes, gsize at, guint32 value)
{
    for (unsigned i = 0; i < 4; i++) {
        bytes->data[at + i] = (guint8)(value >> 8 * i);
    }
}

/* A file whose directory has `count` entries behind the outermost, of which each leads to the next
 * by the link at `link`. */
static GByteArray *long_directory(guint32 count, gsize link)
{
    const guint32 directory = (count + 1 + 3) / 4;
    const guint32 tables = directory / 127 + 2;
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_set_size(bytes, (1 + directory + tables) * 512);
    memset(bytes->data, 0, bytes->len);
    memcpy(bytes->data, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
    bytes->data[0x1E] = 9;
    put_u32_at(bytes, 0x3C, 0xFFFFFFFE);
    put_u32_at(bytes, 0x44, 0xFFFFFFFE);
    for (guint32 i = 0; i < 109; i++) {
        put_u32_at(bytes, 0x4C + 4 * i, i < tables ? directory + i : 0xFFFFFFFF);
    }
    for (guint32 i = 0; i <= count; i++) {
        const gsize at = 512 + (gsize)128 * i;
        g_autofree char *name = g_strdup_printf("__substg1.0_%08X", 0x10000000U + i);
        g_autoptr(GByteArray) wide = outlook_wide(name);
        memcpy(bytes->data + at, wide->data, wide->len);
        bytes->data[at + 0x40] = (guint8)wide->len;
        bytes->data[at + 0x42] = i == 0 ? 5 : link == 0x4C ? 1 : 2;
        put_u32_at(bytes, at + 0x44, 0xFFFFFFFF);
        put_u32_at(bytes, at + 0x48, 0xFFFFFFFF);
        put_u32_at(bytes, at + 0x4C, i == 0 ? 1 : 0xFFFFFFFF);
        put_u32_at(bytes, at + (i == 0 ? 0x4C : link), i < count ? i + 1 : 0xFFFFFFFF);
        put_u32_at(bytes, at + 0x74, 0xFFFFFFFE);
    }
    for (guint32 i = 0; i < directory; i++) {
        put_u32_at(bytes, (gsize)512 * (1 + directory) + 4 * i,
                   i + 1 < directory ? i + 1 : 0xFFFFFFFE);
    }
    return bytes;
}

/* Entries in a row, to the left, to the right or within each other: no stack grows with their
 * number, and time no faster than they do. */
static void test_long_directories(void **state)
{
    (void)state;
    static const gsize links[] = {0x44, 0x48, 0x4C};
    for (gsize i = 0; i < G_N_ELEMENTS(links); i++) {
        g_autoptr(GByteArray) bytes = long_directory(50000, links[i]);
        gint64 begun = g_get_monotonic_time();
        const char *said = NULL;
        g_autoptr(GByteArray) mail = outlook_msg_mail((const char *)bytes->data, bytes->len, &said);
        assert_non_null(mail);
        printf("50000 entries: %d ms\n", (int)((g_get_monotonic_time() - begun) / 1000));
        assert_in_range(g_get_monotonic_time() - begun, 0, 20 * G_USEC_PER_SEC);
    }
}

static void read_one(const char *data, gsize length)
{
    const char *trouble = NULL;
    GByteArray *mail = outlook_msg_mail(data, length, &trouble);
    assert_true(mail != NULL || trouble != NULL);
    if (mail != NULL) {
        g_byte_array_unref(mail);
    }
}

static void test_hostile(void **state)
{
    (void)state;
    g_autoptr(GByteArray) bytes = sample();
    hostile_prefixes(read_one, (const char *)bytes->data, bytes->len, 7);
    hostile_flips(read_one, (const char *)bytes->data, bytes->len, 3000);
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
        cmocka_unit_test(test_transport_headers),
        cmocka_unit_test(test_properties_as_fields),
        cmocka_unit_test(test_no_address),
        cmocka_unit_test(test_named_fields),
        cmocka_unit_test(test_reply_to),
        cmocka_unit_test(test_author_and_sender),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_no_mail),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_many_recipients),
        cmocka_unit_test(test_long_directories),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
