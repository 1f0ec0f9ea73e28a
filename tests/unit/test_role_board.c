/* service/role_board.h and run_door.h: what the processes of a daemon share. */
#include "service/role_board.h"
#include "service/run_door.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void what_one_writes_another_reads(void **state)
{
    (void)state;
    g_autoptr(RoleBoard) board = role_board_new(NULL);
    assert_non_null(board);
    assert_false(role_board_read(board, 3).used);
    const pid_t child = fork();
    if (child == 0) {
        RoleStanding standing = {.used = true, .done = 7};
        role_board_set_text(standing.role, sizeof standing.role, "post");
        role_board_write(board, 3, &standing);
        role_board_set_due(board, 3, 12345);
        role_board_set_ends(board);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    const RoleStanding standing = role_board_read(board, 3);
    assert_true(standing.used);
    assert_string_equal(standing.role, "post");
    assert_int_equal(standing.done, 7);
    assert_int_equal(role_board_due(board, 3), 12345);
    assert_true(role_board_ends(board));
    assert_false(role_board_read(board, 4).used);
}

/* A writer is killed again and again wherever it is: what is read is always of one piece. */
static void a_writer_that_is_killed_leaves_it_whole(void **state)
{
    (void)state;
    g_autoptr(RoleBoard) board = role_board_new(NULL);
    for (int round = 0; round < 30; round++) {
        const pid_t child = fork();
        if (child == 0) {
            RoleStanding standing = {.used = true};
            for (;;) {
                standing.done++;
                memset(standing.problem, 'a' + (int)(standing.done % 26),
                       sizeof standing.problem - 1);
                standing.had_at = standing.done;
                role_board_write(board, 0, &standing);
            }
        }
        for (int look = 0; look < 2000; look++) {
            const RoleStanding seen = role_board_read(board, 0);
            const char expected = (char)('a' + seen.done % 26);
            assert_int_equal(seen.had_at, seen.done);
            assert_true(seen.done == 0 || (seen.problem[0] == expected &&
                                           seen.problem[sizeof seen.problem - 2] == expected));
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        const RoleStanding left = role_board_read(board, 0);
        assert_int_equal(left.had_at, left.done);
    }
}

static void texts_are_safe_and_cut_between_characters(void **state)
{
    (void)state;
    char place[8];
    role_board_set_text(place, sizeof place, "ab\n\xE2\x82\xAC\xE2\x82\xAC");
    assert_string_equal(place, "ab \xE2\x82\xAC");
    role_board_set_text(place, sizeof place, "abcdefg");
    assert_string_equal(place, "abcdefg");
    role_board_set_text(place, sizeof place, "abcdef\xC3\xBC");
    assert_string_equal(place, "abcdef");
    role_board_set_text(place, sizeof place, NULL);
    assert_string_equal(place, "");
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(g_strlcpy(address.sun_path, path, sizeof address.sun_path) <
                sizeof address.sun_path);
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void the_door_opens_to_who_inherits_the_way(void **state)
{
    (void)state;
    RunDoor door;
    assert_true(run_door_open(&door, NULL));
    for (int again = 0; again < 2; again++) {
        const int out = connect_to(door.path);
        assert_true(out >= 0);
        const int in = accept(door.listener, NULL, NULL);
        assert_true(in >= 0);
        char byte = 0;
        assert_int_equal(send(out, "x", 1, 0), 1);
        assert_int_equal(recv(in, &byte, 1, 0), 1);
        assert_int_equal(byte, 'x');
        (void)close(out);
        (void)close(in);
    }
    g_autofree char *path = g_strdup(door.path);
    (void)close(door.way);
    door.way = -1;
    assert_int_equal(connect_to(path), -1);
    run_door_close(&door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_writes_another_reads),
        cmocka_unit_test(a_writer_that_is_killed_leaves_it_whole),
        cmocka_unit_test(texts_are_safe_and_cut_between_characters),
        cmocka_unit_test(the_door_opens_to_who_inherits_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
