/* base/log.h: one line an event, whatever stands in it. */
#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct {
    int real; /* standard error, while a file has its place */
    int file;
} Caught;

static Caught catch_lines(void)
{
    char path[] = "/tmp/issuer-log-XXXXXX";
    const Caught caught = {.real = dup(STDERR_FILENO), .file = g_mkstemp(path)};
    assert_true(caught.file >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(dup2(caught.file, STDERR_FILENO), STDERR_FILENO);
    return caught;
}

/* What was written meanwhile; new string. */
static char *release(const Caught *caught)
{
    static char text[65536];
    assert_int_equal(dup2(caught->real, STDERR_FILENO), STDERR_FILENO);
    const ssize_t size = pread(caught->file, text, sizeof text - 1, 0);
    assert_true(size >= 0);
    text[size] = '\0';
    (void)close(caught->real);
    (void)close(caught->file);
    return g_strdup(text);
}

static void check_value(const char *text, const char *expected)
{
    const Caught caught = catch_lines();
    log_event(LOG_LEVEL_ERROR, "event", "key", text);
    g_autofree char *line = release(&caught);
    g_autofree char *fields = g_strdup_printf("Z error event key=%s\n", expected);
    assert_true(g_str_has_suffix(line, fields));
}

static void values_cannot_leave_their_place(void **state)
{
    (void)state;
    check_value("post", "post");
    check_value("/var/spool/inbox-1", "/var/spool/inbox-1");
    check_value("", "\"\"");
    check_value("two words", "\"two words\"");
    check_value("a=b", "\"a=b\"");
    check_value("say \"no\" \\", "\"say \\\"no\\\" \\\\\"");
    check_value("a\nb\r\nc\td", "\"a\\nb\\u000d\\nc\\td\"");
    check_value("\x1b[31m\x7f\xC2\x9B", "\"\\u001b[31m\\u007f\\u009b\"");
    check_value("\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\xA8", "\"\\u202e\\u2066\\u2028\"");
    check_value("Gr\xC3\xBC\xC3\x9F"
                "e \xFF\xC3",
                "\"Gr\xC3\xBC\xC3\x9F"
                "e \\xff\\xc3\"");
}

static void a_line_has_its_fields_in_order(void **state)
{
    (void)state;
    assert_true(g_setenv("ISSUER_NOW", "1792000000", TRUE));
    const Caught caught = catch_lines();
    log_open(LOG_LEVEL_INFO, "drop:in box");
    LogLine *line = log_begin(LOG_LEVEL_WARNING, "trouble");
    log_text(line, "problem", "no\nway");
    log_text(line, "none", NULL);
    log_number(line, "times", -3);
    log_end(line);
    log_event(LOG_LEVEL_DEBUG, "left-out", "key", "value");
    log_open(LOG_LEVEL_DEBUG, NULL);
    log_event(LOG_LEVEL_DEBUG, "shown", "b", "2 3");
    log_open(LOG_LEVEL_INFO, NULL);
    g_autofree char *text = release(&caught);
    assert_string_equal(text, "2026-10-14T17:46:40Z warning trouble who=\"drop:in box\" "
                              "problem=\"no\\nway\" times=-3\n"
                              "2026-10-14T17:46:40Z debug shown b=\"2 3\"\n");
    g_unsetenv("ISSUER_NOW");
}

/* The file in place of standard error is what JOURNAL_STREAM names, or is not. */
static void the_journal_gets_levels(void **state)
{
    (void)state;
    const Caught caught = catch_lines();
    struct stat is;
    assert_int_equal(fstat(STDERR_FILENO, &is), 0);
    g_autofree char *stream =
        g_strdup_printf("%llu:%llu", (unsigned long long)is.st_dev, (unsigned long long)is.st_ino);
    g_autofree char *other = g_strdup_printf("%llu:%llu", (unsigned long long)is.st_dev,
                                             (unsigned long long)is.st_ino + 1);
    assert_true(g_setenv("JOURNAL_STREAM", stream, TRUE));
    log_event(LOG_LEVEL_ERROR, "one", NULL, NULL);
    assert_true(g_setenv("JOURNAL_STREAM", other, TRUE));
    log_event(LOG_LEVEL_ERROR, "two", NULL, NULL);
    g_unsetenv("JOURNAL_STREAM");
    g_autofree char *text = release(&caught);
    assert_true(g_str_has_prefix(text, "<3>one\n2"));
    assert_true(g_str_has_suffix(text, "Z error two\n"));
}

/* More would be written in pieces, between which others may write. */
static void a_line_ends_somewhere(void **state)
{
    (void)state;
    g_autofree char *much = g_strnfill(100000, 'x');
    g_autofree char *wide = g_malloc0(3001);
    for (gsize i = 0; i < 3000; i += 3) {
        memcpy(wide + i, "\xE2\x82\xAC", 3);
    }
    const Caught caught = catch_lines();
    LogLine *line = log_begin(LOG_LEVEL_ERROR, "long");
    log_text(line, "a", much);
    log_text(line, "b", wide);
    log_text(line, "c", wide);
    log_end(line);
    g_autofree char *text = release(&caught);
    const gsize size = strlen(text);
    assert_true(size > 2000 && size <= 4096);
    assert_true(g_utf8_validate(text, -1, NULL));
    assert_ptr_equal(strchr(text, '\n'), text + size - 1);
}

static void libraries_make_no_lines_of_their_own(void **state)
{
    (void)state;
    const Caught caught = catch_lines();
    log_open(LOG_LEVEL_INFO, NULL);
    g_log("gmime", G_LOG_LEVEL_WARNING, "bad header: %s", "x\n<3>forged");
    g_autofree char *text = release(&caught);
    assert_true(g_str_has_suffix(text, "Z warning library library=gmime "
                                       "says=\"bad header: x\\n<3>forged\"\n"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static char *without_digits(const char *text)
{
    return g_strdelimit(g_strdup(text), "0123456789", '*');
}

static void what_is_masked_stands_in_no_line(void **state)
{
    (void)state;
    const Caught caught = catch_lines();
    log_open(LOG_LEVEL_INFO, NULL);
    log_mask(without_digits);
    log_event(LOG_LEVEL_INFO, "taken", "file", "a 12.eml");
    g_log("gmime", G_LOG_LEVEL_WARNING, "bad: 34");
    log_mask(NULL);
    g_autofree char *text = release(&caught);
    assert_non_null(strstr(text, "taken file=\"a **.eml\"\n"));
    assert_non_null(strstr(text, "says=\"bad: **\"\n"));
}

static void levels_have_names(void **state)
{
    (void)state;
    assert_int_equal(log_level_of("error"), LOG_LEVEL_ERROR);
    assert_int_equal(log_level_of("debug"), LOG_LEVEL_DEBUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_cannot_leave_their_place),
        cmocka_unit_test(a_line_has_its_fields_in_order),
        cmocka_unit_test(the_journal_gets_levels),
        cmocka_unit_test(a_line_ends_somewhere),
        cmocka_unit_test(libraries_make_no_lines_of_their_own),
        cmocka_unit_test(what_is_masked_stands_in_no_line),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
