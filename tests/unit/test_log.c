/* base/log.h: one event, one line, whatever the text. */
#include "base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char caught[512];

/* Runs one log_line() with standard error in a file and reads what it wrote. */
static const char *catch_line(LogLevel level, const char *text)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int saved = dup(STDERR_FILENO);
    (void)fflush(stderr);
    assert_int_not_equal(dup2(fileno(file), STDERR_FILENO), -1);
    log_line(level, "about %s", text);
    (void)fflush(stderr);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    rewind(file);
    size_t size = fread(caught, 1, sizeof caught - 1, file);
    caught[size] = '\0';
    (void)fclose(file);
    return caught;
}

static void foreign_text_cannot_forge_a_second_line(void **state)
{
    (void)state;
    g_unsetenv("JOURNAL_STREAM");
    assert_string_equal(catch_line(LOG_ERROR, "x\nissuer: all well\x1b[2J"),
                        "about x issuer: all well [2J\n");
}

static void levels_above_the_limit_are_dropped(void **state)
{
    (void)state;
    g_unsetenv("JOURNAL_STREAM");
    log_set_level(LOG_WARNING);
    assert_string_equal(catch_line(LOG_NOTICE, "x"), "");
    assert_string_equal(catch_line(LOG_WARNING, "x"), "about x\n");
    log_set_level(LOG_DEBUG);
    assert_string_equal(catch_line(LOG_DEBUG, "x"), "about x\n");
}

static void the_journal_gets_the_level(void **state)
{
    (void)state;
    g_setenv("JOURNAL_STREAM", "8:1", TRUE);
    assert_string_equal(catch_line(LOG_ERROR, "x"), "<3>about x\n");
    g_unsetenv("JOURNAL_STREAM");
}

static void errno_outlives_a_log_line(void **state)
{
    (void)state;
    errno = ENOSPC;
    log_line(LOG_DEBUG, "%s", "x");
    assert_int_equal(errno, ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_text_cannot_forge_a_second_line),
        cmocka_unit_test(levels_above_the_limit_are_dropped),
        cmocka_unit_test(the_journal_gets_the_level),
        cmocka_unit_test(errno_outlives_a_log_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
