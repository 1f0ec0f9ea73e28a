/* base/notify.h: what a service's manager is told. */
#include "base/error.h"
#include "base/notify.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A manager that listens at that address; '@' stands for the zero byte. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const gsize length = strlen(name);
    memcpy(address.sun_path, name, length);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    return fd;
}

static void check_told(int fd, const char *expected)
{
    char text[1024] = "";
    const ssize_t size = recv(fd, text, sizeof text - 1, 0);
    assert_int_equal(size, strlen(expected));
    assert_string_equal(text, expected);
}

static Notify *open_at(const char *name)
{
    g_autoptr(GError) error = NULL;
    assert_true(g_setenv("NOTIFY_SOCKET", name, TRUE));
    Notify *notify = notify_open(&error);
    assert_non_null(notify);
    assert_null(g_getenv("NOTIFY_SOCKET"));
    return notify;
}

static void tell_all(const char *name)
{
    const int fd = listen_at(name);
    Notify *notify = open_at(name);
    notify_ready(notify, "3 processes");
    check_told(fd, "READY=1\nSTATUS=3 processes");
    notify_status(notify, "bad\nREADY=1");
    check_told(fd, "STATUS=bad READY=1");
    notify_watchdog(notify);
    check_told(fd, "WATCHDOG=1");
    notify_stopping(notify, "ends");
    check_told(fd, "STOPPING=1\nSTATUS=ends");
    char text[128] = "";
    const gint64 before = g_get_monotonic_time();
    notify_reloading(notify);
    assert_true(recv(fd, text, sizeof text - 1, 0) > 0);
    static const char head[] = "RELOADING=1\nMONOTONIC_USEC=";
    assert_true(g_str_has_prefix(text, head));
    const gint64 told = g_ascii_strtoll(text + strlen(head), NULL, 10);
    assert_true(before <= told && told <= g_get_monotonic_time());
    notify_free(notify);
    (void)close(fd);
}

static void a_manager_is_told(void **state)
{
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("issuer-notify-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "socket", NULL);
    tell_all(path);
    (void)g_remove(path);
    (void)g_rmdir(folder);
    g_autofree char *name = g_strdup_printf("@issuer-notify-%d", (int)getpid());
    tell_all(name);
}

static void nobody_is_told_and_nothing_fails(void **state)
{
    (void)state;
    g_unsetenv("NOTIFY_SOCKET");
    g_autoptr(Notify) silent = notify_open(NULL);
    assert_non_null(silent);
    notify_ready(silent, "so");
    assert_int_equal(notify_watchdog_us(silent), 0);
    g_autoptr(Notify) gone = open_at("/no/such/socket");
    notify_ready(gone, "so");
}

static void the_watchdog_is_asked_for_by_its_process(void **state)
{
    (void)state;
    g_autofree char *own = g_strdup_printf("%d", (int)getpid());
    const struct {
        const char *us;
        const char *pid;
        int64_t period;
    } cases[] = {
        {"3000000", NULL, 1500000}, {"3000000", own, 1500000}, {"3000000", "1", 0}, {NULL, own, 0},
        {"soon", NULL, 0},          {"-5", NULL, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (cases[i].us != NULL) {
            assert_true(g_setenv("WATCHDOG_USEC", cases[i].us, TRUE));
        }
        if (cases[i].pid != NULL) {
            assert_true(g_setenv("WATCHDOG_PID", cases[i].pid, TRUE));
        }
        g_autoptr(Notify) notify = open_at("/no/such/socket");
        assert_int_equal(notify_watchdog_us(notify), cases[i].period);
        assert_null(g_getenv("WATCHDOG_USEC"));
        assert_null(g_getenv("WATCHDOG_PID"));
    }
}

static void an_address_that_cannot_be_is_told(void **state)
{
    (void)state;
    g_autofree char *path = g_strnfill(200, '/');
    const char *const names[] = {"relative", "@", "/", path};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        assert_true(g_setenv("NOTIFY_SOCKET", names[i], TRUE));
        assert_null(notify_open(&error));
        assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_INPUT));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manager_is_told),
        cmocka_unit_test(nobody_is_told_and_nothing_fails),
        cmocka_unit_test(the_watchdog_is_asked_for_by_its_process),
        cmocka_unit_test(an_address_that_cannot_be_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
