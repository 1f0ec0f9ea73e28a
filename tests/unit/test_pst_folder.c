/* What is taken of a folder that readpst has written to. */
#include "mail/pst_folder.h"

#include "mail/pst_process.h"
#include "mail/unpack_out.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

static int set_up(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("issuer-test-XXXXXX", NULL);
    return folder == NULL ? -1 : 0;
}

static void remove_all(const char *path)
{
    GDir *listed = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name = NULL;
    while (listed != NULL && (name = g_dir_read_name(listed)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_all(inner);
    }
    if (listed != NULL) {
        g_dir_close(listed);
    }
    (void)g_remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    remove_all(folder);
    g_free(folder);
    return 0;
}

static char *path_of(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void put(const char *name, const char *content)
{
    g_autofree char *path = path_of(name);
    g_autofree char *parent = g_path_get_dirname(path);
    assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
    assert_true(g_file_set_contents(path, content, -1, NULL));
}

/* All that is sent, a line a piece: "NAME" in brackets, content as it is. New string. */
static char *sent(bool *any)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(pst_folder_send(open(folder, O_RDONLY | O_DIRECTORY), ends[0], any));
    (void)close(ends[0]);
    g_autoptr(GString) all = g_string_new(NULL);
    UnpackHead head;
    while (recv(ends[1], &head, sizeof head, MSG_WAITALL) == (ssize_t)sizeof head) {
        g_autofree char *piece = g_malloc0(head.size + 1UL);
        if (head.size > 0) {
            assert_int_equal(recv(ends[1], piece, head.size, MSG_WAITALL), head.size);
        }
        g_string_append_printf(all, head.kind == UNPACK_MEMBER ? "[%s]\n" : "%s", piece);
    }
    (void)close(ends[1]);
    return g_strdup(all->str);
}

static void test_order(void **state)
{
    (void)state;
    bool any = false;
    put("Personal Folders/Inbox/10.eml", "ten\n");
    put("Personal Folders/Inbox/2.eml", "two\n");
    put("Personal Folders/Inbox/3.vcf", "a contact\n");
    put("Personal Folders/Inbox/Plant/1.eml", "one\n");
    put("Personal Folders/\xff\n/1.eml", "odd\n");
    g_autofree char *all = sent(&any);
    assert_string_equal(all,
                        "[Personal Folders/Inbox/2.eml]\ntwo\n[Personal Folders/Inbox/10.eml]\n"
                        "ten\n[Personal Folders/Inbox/Plant/1.eml]\none\n"
                        "[Personal Folders/\\xFF\n/1.eml]\nodd\n");
    assert_true(any);
}

/* Whoever has got hold of readpst may have put there what leads elsewhere, or never ends. */
static void test_traps(void **state)
{
    (void)state;
    bool any = false;
    g_autofree char *link = path_of("1.eml");
    g_autofree char *link_to_folder = path_of("folder");
    g_autofree char *pipe = path_of("2.eml");
    assert_int_equal(symlink("/etc/passwd", link), 0);
    assert_int_equal(symlink("/etc", link_to_folder), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    put("3.eml/4.eml", "within\n");
    g_autofree char *all = sent(&any);
    assert_string_equal(all, "[3.eml/4.eml]\nwithin\n");
}

static void test_nothing(void **state)
{
    (void)state;
    bool any = false;
    g_autofree char *all = sent(&any);
    assert_string_equal(all, "");
    assert_false(any);
}

/* The address that readpst puts where it knows none, and no other. */
static void test_nobody(void **state)
{
    (void)state;
    bool any = false;
    put("1.eml", "Status: RO\nFrom: \"Ana\" <MAILER-DAEMON>\nTo: a\n\n<MAILER-DAEMON>\n");
    put("2.eml", "From: <MAILER-DAEMON>\r\nTo: a\r\n\r\ntext\n");
    put("3.eml", "From: Mail <MAILER-DAEMON@mx.example>\n\ntext\n");
    put("4.eml", "To: a\n\nFrom: <MAILER-DAEMON>\n");
    put("5.eml", "From: ana@northwind.example\nX: <MAILER-DAEMON>\n\ntext\n");
    g_autofree char *all = sent(&any);
    assert_string_equal(
        all, "[1.eml]\nStatus: RO\nFrom: \"Ana\"                \nTo: a\n\n<MAILER-DAEMON>\n"
             "[2.eml]\nFrom:                \r\nTo: a\r\n\r\ntext\n"
             "[3.eml]\nFrom: Mail <MAILER-DAEMON@mx.example>\n\ntext\n"
             "[4.eml]\nTo: a\n\nFrom: <MAILER-DAEMON>\n"
             "[5.eml]\nFrom: ana@northwind.example\nX: <MAILER-DAEMON>\n\ntext\n");
}

static void test_deleted(void **state)
{
    (void)state;
    assert_true(pst_process_is_deleted("Personal Folders/Deleted Items/1.eml"));
    assert_true(pst_process_is_deleted("Personal Folders/Gel\xC3\xB6schte Elemente/Plant/1.eml"));
    assert_true(pst_process_is_deleted("deleted items/1.eml"));
    assert_false(pst_process_is_deleted("Personal Folders/Inbox/1.eml"));
    assert_false(pst_process_is_deleted("Personal Folders/Deleted Items"));
    assert_false(pst_process_is_deleted("Personal Folders/Not Deleted Items/1.eml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_traps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nobody, set_up, tear_down),
        cmocka_unit_test(test_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
