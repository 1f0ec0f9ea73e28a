/* http/metrics.h: no text that is told makes a line or a label of its own. */
#include "http/metrics.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static RoleBoard *board_with(const char *role, const char *instance)
{
    RoleBoard *board = role_board_new(NULL);
    RoleStanding standing = {.used = true, .pid = getpid(), .restarts = 3};
    assert_non_null(board);
    g_strlcpy(standing.role, role, sizeof standing.role);
    g_strlcpy(standing.instance, instance, sizeof standing.instance);
    role_board_write(board, 0, &standing);
    role_board_set_seen(board, clock_monotonic_us());
    return board;
}

static char *write_metrics(const RoleBoard *board)
{
    const MetricsOf of = {.board = board, .policy = "00ff"};
    GString *out = g_string_new(NULL);
    metrics_write(out, &of);
    return g_string_free(out, FALSE);
}

static void hostile_names_stay_in_their_label(void **state)
{
    (void)state;
    g_autoptr(RoleBoard) board = board_with("drop", "a\"} 1\nissuer_ready 1\n\\\xff");
    g_autofree char *text = write_metrics(board);
    assert_non_null(strstr(
        text, "\nissuer_role_restarts_total{role=\"drop\",name=\"a\\\"} 1\\nissuer_ready 1\\n"
              "\\\\\xef\xbf\xbd\"} 3\n"));
    assert_true(g_utf8_validate(text, -1, NULL));
    assert_non_null(strstr(text, "\nissuer_ready 0\n"));
    assert_null(strstr(text, "\nissuer_ready 1\n"));
}

static void times_that_never_were_are_left_out(void **state)
{
    (void)state;
    g_autoptr(RoleBoard) board = board_with("post", "");
    g_autofree char *text = write_metrics(board);
    assert_non_null(strstr(text, "\nissuer_role_up{role=\"post\"} 1\n"));
    assert_null(strstr(text, "\nissuer_role_worked_timestamp_seconds{"));
    assert_null(strstr(text, "\nissuer_waiting"));
    assert_non_null(strstr(text, "\nissuer_database_up 0\n"));
}

static void counts_are_added_up(void **state)
{
    (void)state;
    g_autoptr(RoleBoard) board = board_with("post", "");
    role_board_count(board, ROLE_COUNT_HELD, 2);
    role_board_count(board, ROLE_COUNT_HELD, 3);
    role_board_count(board, (RoleCount)(ROLE_COUNT_OUTCOMES + OUTCOME_ACCEPTED), 1);
    g_autofree char *text = write_metrics(board);
    assert_non_null(strstr(text, "\nissuer_mails_total{outcome=\"held\"} 5\n"));
    assert_non_null(strstr(text, "\nissuer_decisions_total{outcome=\"held\"} 0\n"));
    assert_non_null(strstr(text, "\nissuer_decisions_total{outcome=\"accepted\"} 1\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_names_stay_in_their_label),
        cmocka_unit_test(times_that_never_were_are_left_out),
        cmocka_unit_test(counts_are_added_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
