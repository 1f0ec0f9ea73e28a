/* What a process that unpacks says of a file that the machine cannot read: nothing of damage. */
#include "mail/unpack_process.h"

#include "base/socket.h"
#include "mail/unpack_out.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first thing that it says. */
static char *said_of(int file, ContainerKind kind)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        unpack_process_run(ends[1], file, kind);
    }
    (void)close(ends[1]);
    UnpackHead head = {UNPACK_END, 0, 0};
    char text[UNPACK_PIECE + 1] = "";
    assert_true(socket_receive_all(ends[0], &head, sizeof head));
    assert_true(head.size <= UNPACK_PIECE);
    assert_true(socket_receive_all(ends[0], text, head.size));
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(head.kind, UNPACK_FAULT);
    return g_strdup(text);
}

/* Reading the first page of a process's memory, which is never mapped, fails as a broken disk does.
 */
static void test_a_read_error_is_no_damage(void **state)
{
    (void)state;
    static const ContainerKind kinds[] = {CONTAINER_MSG, CONTAINER_ARCHIVE, CONTAINER_TABLE,
                                          CONTAINER_RECORDS};
    const int file = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *said = said_of(file, kinds[i]);
        assert_true(g_str_has_prefix(said, "cannot be read"));
        assert_null(strstr(said, "damage"));
    }
    g_autofree char *why = said_of(file, CONTAINER_MSG);
    assert_non_null(strstr(why, "(Input/output error)"));
    (void)close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_read_error_is_no_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
