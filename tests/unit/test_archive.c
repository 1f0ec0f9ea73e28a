/* Archives from memory and from files: what comes out of each kind, and what of damaged, locked and
 * hostile ones. */
#include "mail/archive.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROOM (32UL * 1024 * 1024) /* bytes for an archive that is made here */

typedef struct {
    const char *name; /* ending in "/": a folder; "->": a link */
    const char *content;
    gsize repeat; /* the content so many times */
} Entry;

typedef struct {
    int format; /* ARCHIVE_FORMAT_… */
    int filter; /* ARCHIVE_FILTER_… */
    const char *password;
} Form;

static const Form ZIP = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL};
static const Form SEVEN = {ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE, NULL};
static const Form TAR = {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_NONE, NULL};
static const Form TAR_GZ = {ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_GZIP, NULL};
static const Form TAR_BZ2 = {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2, NULL};
static const Form TAR_XZ = {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ, NULL};
static const Form TAR_ZST = {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD, NULL};
static const Form GZ = {ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, NULL};
static const Form BZ2 = {ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_BZIP2, NULL};
static const Form XZ = {ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_XZ, NULL};
static const Form ZST = {ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_ZSTD, NULL};

static void set_type(struct archive_entry *entry, const Entry *from)
{
    bool folder = g_str_has_suffix(from->name, "/");
    bool link = from->content != NULL && g_str_has_prefix(from->content, "->");
    archive_entry_set_filetype(entry, folder ? AE_IFDIR : link ? AE_IFLNK : AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    if (link) {
        archive_entry_set_symlink(entry, from->content + 2);
    }
    bool data = !folder && !link;
    archive_entry_set_size(entry, data ? (la_int64_t)(strlen(from->content) * from->repeat) : 0);
}

static void put(struct archive *writer, const Entry *from)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname_utf8(entry, from->name);
    set_type(entry, from);
    assert_int_equal(archive_write_header(writer, entry), ARCHIVE_OK);
    for (gsize i = 0; archive_entry_size(entry) > 0 && i < from->repeat; i++) {
        assert_true(archive_write_data(writer, from->content, strlen(from->content)) >= 0);
    }
    archive_entry_free(entry);
}

static struct archive *begin(Form form, char *bytes, size_t *used)
{
    struct archive *writer = archive_write_new();
    assert_int_equal(archive_write_set_format(writer, form.format), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter(writer, form.filter), ARCHIVE_OK);
    if (form.password != NULL) {
        assert_int_equal(archive_write_set_options(writer, "zip:encryption=zipcrypt"), ARCHIVE_OK);
        assert_int_equal(archive_write_set_passphrase(writer, form.password), ARCHIVE_OK);
    }
    archive_write_set_bytes_in_last_block(writer, 1);
    assert_int_equal(archive_write_open_memory(writer, bytes, ROOM, used), ARCHIVE_OK);
    return writer;
}

static GBytes *make(Form form, const Entry *entries, gsize count)
{
    g_autofree char *bytes = g_malloc(ROOM);
    size_t used = 0;
    struct archive *writer = begin(form, bytes, &used);
    for (gsize i = 0; i < count; i++) {
        put(writer, &entries[i]);
    }
    assert_int_equal(archive_write_free(writer), ARCHIVE_OK);
    return g_bytes_new(bytes, used);
}

/* These bytes, compressed. */
static GBytes *pack_bytes(Form form, const char *data, gsize size)
{
    g_autofree char *bytes = g_malloc(ROOM);
    size_t used = 0;
    struct archive *writer = begin(form, bytes, &used);
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, "data");
    archive_entry_set_filetype(entry, AE_IFREG);
    assert_int_equal(archive_write_header(writer, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(writer, data, size), size);
    archive_entry_free(entry);
    assert_int_equal(archive_write_free(writer), ARCHIVE_OK);
    return g_bytes_new(bytes, used);
}

static const BudgetCaps wide = {1000, 1024 * 1024, 8 * 1024 * 1024, 1000, 1024 * 1024};

/* What an archive gives: "NAME=CONTENT", "NAME!WHY", "!WHY" for the whole; " | " between. */
static char *listed(Archive *archive)
{
    GString *out = g_string_new(NULL);
    ArchiveMember member;
    while (archive_next(archive, &member)) {
        g_string_append_printf(out, "%s%s", out->len == 0 ? "" : " | ",
                               member.name == NULL ? "" : member.name);
        if (member.trouble != NULL) {
            g_string_append_printf(out, "!%s", member.trouble);
            continue;
        }
        g_autofree char *why = NULL;
        g_autoptr(GByteArray) content = archive_take(archive, &why);
        g_string_append_printf(out, "=%.*s", (int)MIN(content->len, 40), (char *)content->data);
        if (why != NULL) {
            g_string_append_printf(out, "!%s", why);
        }
    }
    assert_false(archive_next(archive, &member));
    return g_string_free(out, FALSE);
}

static char *list_bytes(const char *data, gsize size, BudgetCaps caps)
{
    Budget budget = budget_new(caps, size);
    g_autoptr(Archive) archive = archive_open_bytes(data, size, &budget);
    return listed(archive);
}

static char *list(GBytes *bytes, BudgetCaps caps)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    return list_bytes(data, size, caps);
}

static char *list_file(GBytes *bytes)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    int fd = memfd_create("archive", MFD_CLOEXEC);
    assert_true(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    Budget budget = budget_new(wide, size);
    Archive *archive = archive_open_fd(fd, &budget);
    char *out = listed(archive);
    archive_close(archive);
    (void)close(fd);
    return out;
}

static const Entry files[] = {
    {"export/", NULL, 0},         {"export/a.eml", "one", 1}, {"größe/ü.eml", "two", 1},
    {"link", "->/etc/passwd", 0}, {"../../b", "three", 1},    {"empty", "", 1},
};

static void test_every_kind(void **state)
{
    (void)state;
    const Form forms[] = {ZIP, TAR, SEVEN, TAR_GZ, TAR_BZ2, TAR_XZ, TAR_ZST};
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GBytes) bytes = make(forms[i], files, G_N_ELEMENTS(files));
        g_autofree char *found = list(bytes, wide);
        // A 7z puts what is empty at its end, wherever it was.
        assert_string_equal(found, "export/a.eml=one | größe/ü.eml=two | ../../b=three | empty=");
        g_autofree char *again = list_file(bytes);
        assert_string_equal(again, found);
    }
}

static void test_one_compressed_file(void **state)
{
    (void)state;
    const Form forms[] = {GZ, BZ2, XZ, ZST};
    const Entry one[] = {{"name", "content", 1}};
    const Entry nothing[] = {{"name", "", 1}};
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GBytes) bytes = make(forms[i], one, 1);
        g_autofree char *found = list(bytes, wide);
        assert_string_equal(found, "=content");
        g_autofree char *again = list_file(bytes);
        assert_string_equal(again, "=content");
        g_autoptr(GBytes) empty = make(forms[i], nothing, 1);
        g_autofree char *none = list(empty, wide);
        assert_string_equal(none, "");
    }
}

/* The library takes zeros for a tar without files. */
static void test_zeros(void **state)
{
    (void)state;
    Budget budget = budget_new(wide, G_MAXUINT32);
    g_autofree char *zeros = g_malloc0(100000);
    g_autoptr(GBytes) bytes = pack_bytes(GZ, zeros, 100000);
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autoptr(Archive) archive = archive_open_bytes(data, size, &budget);
    ArchiveMember member;
    assert_true(archive_next(archive, &member));
    assert_null(member.trouble);
    g_autofree char *why = NULL;
    g_autoptr(GByteArray) content = archive_take(archive, &why);
    assert_int_equal(content->len, 100000);
    assert_null(why);
    assert_false(archive_next(archive, &member));
}

static void test_what_stands_beside(void **state)
{
    (void)state;
    const Entry entries[] = {
        {"__MACOSX/export/._a.eml", "fork", 1},
        {"export/.DS_Store", "x", 1},
        {"export/a.eml", "one", 1},
        {"md/cur/1.M1P2.mx:2,S", "two", 1},
        {"md/tmp/1.M3P4.mx", "half", 1},
        {"md/dovecot.index.log", "x", 1},
        {"md/.Sent/new/1.M5P6.mx", "three", 1},
        {"md/dovecot-uidlist", "x", 1},
        {"tmp/report.txt", "four", 1},
        {".git/config", "x", 1},
    };
    g_autoptr(GBytes) bytes = make(TAR, entries, G_N_ELEMENTS(entries));
    g_autofree char *found = list(bytes, wide);
    assert_string_equal(found, "export/a.eml=one | md/cur/1.M1P2.mx:2,S=two | "
                               "md/.Sent/new/1.M5P6.mx=three | tmp/report.txt=four");
}

static void test_locked(void **state)
{
    (void)state;
    Form locked = ZIP;
    locked.password = "secret";
    g_autoptr(GBytes) bytes = make(locked, &files[1], 2);
    g_autofree char *found = list(bytes, wide);
    assert_string_equal(found, "export/a.eml!is locked with a password; unpack it by hand and give "
                               "what comes out | größe/ü.eml!is locked with a password; unpack it "
                               "by hand and give what comes out");
}

/* What a listing begins with, and what it says of the whole. */
static void assert_cut(GBytes *bytes, gsize length, const char *begins, const char *why)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    assert_true(length <= size);
    g_autofree char *found = list_bytes(data, length, wide);
    if (!g_str_has_prefix(found, begins) || strstr(found, why) == NULL) {
        fail_msg("%s", found);
    }
}

/* The library takes these for whole. */
static void test_cut_between_two_files(void **state)
{
    (void)state;
    const Entry three[] = {{"a", "one", 1}, {"b", "two", 1}, {"c", "three", 1}};
    g_autoptr(GBytes) tar = make(TAR, three, 3);
    assert_cut(tar, 2048, "a=one | b=two | !", "its end is missing");
    g_autoptr(GBytes) zip = make(ZIP, three, 3);
    gsize size = 0;
    const char *data = g_bytes_get_data(zip, &size);
    const char *second = memmem(data + 4, size - 4, "PK\x03\x04", 4);
    const char *third = memmem(second + 4, size - 4 - (gsize)(second - data), "PK\x03\x04", 4);
    assert_cut(zip, (gsize)(third - data), "a=one | b=", "is damaged");
    const char *directory = memmem(data, size, "PK\x01\x02", 4);
    assert_cut(zip, (gsize)(directory - data), "a=one | b=two | c=", "is damaged");
    g_autoptr(GBytes) seven = make(SEVEN, three, 3);
    assert_cut(seven, g_bytes_get_size(seven) - 10, "!", "is damaged");
}

/* Wherever an archive is cut off, that is told, and nothing that comes out is wrong. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    const Entry three[] = {{"a", "one", 1}, {"b", "two", 1}, {"c", "three", 1}};
    const Form forms[] = {ZIP, TAR, SEVEN, TAR_GZ, TAR_BZ2, TAR_XZ, TAR_ZST};
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GBytes) bytes = make(forms[i], three, 3);
        gsize size = 0;
        const char *data = g_bytes_get_data(bytes, &size);
        // Of a tar only the last of its empty blocks may be missing.
        gsize least = forms[i].format == TAR.format ? size - 1024 : size - 1;
        for (gsize length = 0; length <= least; length += 1 + length / 97) {
            g_autofree char *found = list_bytes(data, length, wide);
            if (strchr(found, '!') == NULL) {
                fail_msg("form %d, %d of %d bytes: %s", (int)i, (int)length, (int)size, found);
            }
        }
    }
}

static void test_rest_behind_compressed_data(void **state)
{
    (void)state;
    const Entry one[] = {{"name", "content", 1}};
    const Form forms[] = {GZ, BZ2};
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GBytes) bytes = make(forms[i], one, 1);
        gsize size = 0;
        const char *data = g_bytes_get_data(bytes, &size);
        g_autoptr(GByteArray) longer = g_byte_array_new();
        g_byte_array_append(longer, (const guint8 *)data, (guint)size);
        g_byte_array_append(longer, (const guint8 *)"something else", 14);
        g_autofree char *found = list_bytes((const char *)longer->data, longer->len, wide);
        assert_true(g_str_has_prefix(found, "=content | !is damaged: something follows its end"));
    }
}

static void test_one_damaged_file_of_a_zip(void **state)
{
    (void)state;
    const Entry three[] = {{"a", "one and one", 20}, {"b", "two", 1}, {"c", "three", 1}};
    g_autoptr(GBytes) zip = make(ZIP, three, 3);
    gsize size = 0;
    const char *whole = g_bytes_get_data(zip, &size);
    g_autofree char *data = g_memdup2(whole, size);
    char *second = memmem(data + 4, size - 4, "PK\x03\x04", 4);
    memset(second - 24, 'x', 4);
    g_autofree char *found = list_bytes(data, size, wide);
    assert_non_null(strstr(found, "!is damaged"));
    assert_true(g_str_has_suffix(found, " | b=two | c=three"));
}

static void test_caps(void **state)
{
    (void)state;
    const Entry entries[] = {{"a", "1234567890", 3}, {"b", "1234567890", 20}, {"c", "12", 1}};
    g_autoptr(GBytes) bytes = make(ZIP, entries, 3);
    g_autofree char *members = list(bytes, (BudgetCaps){2, 1000, 1000, 100, 1000});
    assert_true(g_str_has_suffix(members, " | !holds more than 2 files: nothing more of it is "
                                          "read; unpack it by hand and give what comes out"));
    g_autofree char *member = list(bytes, (BudgetCaps){9, 100, 1000, 100, 1000});
    assert_non_null(strstr(member, "!has more than 100 bytes: what follows is not read"));
    assert_true(g_str_has_suffix(member, " | c=12"));
    g_autofree char *total = list(bytes, (BudgetCaps){9, 1000, 100, 100, 1000});
    assert_true(g_str_has_prefix(total, "a=123456789012345678901234567890 | b="));
    assert_non_null(strstr(total, "!holds more than 100 bytes: "));
    assert_null(strstr(total, "c="));
}

static void test_bomb(void **state)
{
    (void)state;
    g_autofree char *zeros = g_strnfill(1024, '0');
    const Entry entries[] = {{"a", "first", 1}, {"b", zeros, 20UL * 1024}, {"c", "third", 1}};
    const Form forms[] = {ZIP, SEVEN, TAR_GZ, TAR_XZ, TAR_ZST};
    BudgetCaps caps = {1000, G_MAXINT64, G_MAXINT64, 100, 1024 * 1024};
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GBytes) bytes = make(forms[i], entries, 3);
        g_autofree char *found = list(bytes, caps);
        assert_true(g_str_has_prefix(found, "a=first | b=000"));
        assert_non_null(strstr(found, "!grows to more than 100 times its size"));
        assert_null(strstr(found, "third"));
    }
}

/* Archives in an archive spend the same budget. */
static void test_one_budget(void **state)
{
    (void)state;
    const Entry entries[] = {{"a", "1234567890", 1}};
    g_autoptr(GBytes) bytes = make(ZIP, entries, 1);
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    Budget budget = budget_new((BudgetCaps){9, 100, 15, 100, 1000}, size);
    g_autoptr(Archive) outer = archive_open_bytes(data, size, &budget);
    g_autofree char *first = listed(outer);
    assert_string_equal(first, "a=1234567890");
    g_autoptr(Archive) inner = archive_open_bytes(data, size, &budget);
    g_autofree char *second = listed(inner);
    assert_non_null(strstr(second, "!holds more than 15 bytes"));
}

static void test_no_archive(void **state)
{
    (void)state;
    const char *const texts[] = {"", "hello", "From: a@example.com\n\nhello\n", "7z", "Rar!"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_false(archive_is_one(texts[i], strlen(texts[i])));
        g_autofree char *found = list_bytes(texts[i], strlen(texts[i]), wide);
        assert_true(g_str_has_prefix(found, "!is damaged"));
    }
}

int main(void)
{
    archive_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_one_compressed_file),
        cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_what_stands_beside),
        cmocka_unit_test(test_locked),
        cmocka_unit_test(test_cut_between_two_files),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_rest_behind_compressed_data),
        cmocka_unit_test(test_one_damaged_file_of_a_zip),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_one_budget),
        cmocka_unit_test(test_no_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
