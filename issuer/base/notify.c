#include "base/notify.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct Notify {
    int socket; /* -1: nobody wants to know */
    struct sockaddr_un address;
    socklen_t size;
    int64_t watchdog_us;
};

/* A path, or with '@' a name that is no file. */
static bool read_address(Notify *notify, const char *name, GError **error)
{
    const gsize length = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || length < 2 ||
        length >= sizeof notify->address.sun_path) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "NOTIFY_SOCKET must be the path of a socket, or @ and a name, not '%s'", name);
        return false;
    }
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, name, length);
    if (name[0] == '@') {
        notify->address.sun_path[0] = '\0';
    }
    notify->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return true;
}

static int64_t watchdog_us(void)
{
    int64_t us = 0;
    int64_t pid = 0;
    const char *whose = g_getenv("WATCHDOG_PID");
    const bool ours =
        whose == NULL || (text_read_number(whose, 1, G_MAXINT, &pid) && pid == getpid());
    return ours && text_read_number(g_getenv("WATCHDOG_USEC"), 1, G_MAXINT64, &us) ? us : 0;
}

static bool open_socket(Notify *notify, GError **error)
{
    const char *name = g_getenv("NOTIFY_SOCKET");
    if (name == NULL || *name == '\0') {
        return true;
    }
    if (!read_address(notify, name, error)) {
        return false;
    }
    notify->watchdog_us = watchdog_us();
    notify->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return true;
}

Notify *notify_open(GError **error)
{
    Notify *notify = g_new0(Notify, 1);
    notify->socket = -1;
    const bool good = open_socket(notify, error);
    static const char *const variables[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        g_unsetenv(variables[i]);
    }
    if (!good) {
        g_clear_pointer(&notify, notify_free);
    }
    return notify;
}

/* A manager that does not listen is none of our concern, and nothing is waited for. */
static void send_text(const Notify *notify, const char *text)
{
    if (notify->socket >= 0) {
        (void)sendto(notify->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                     (const struct sockaddr *)&notify->address, notify->size);
    }
}

static void send_state(const Notify *notify, const char *state, const char *status)
{
    g_autofree char *line = text_one_line(status, 0);
    g_autofree char *text = g_strconcat(state, "STATUS=", line, NULL);
    send_text(notify, text);
}

void notify_ready(const Notify *notify, const char *status)
{
    send_state(notify, "READY=1\n", status);
}

void notify_reloading(const Notify *notify)
{
    g_autofree char *text = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                                            (gint64)clock_monotonic_us());
    send_text(notify, text);
}

void notify_stopping(const Notify *notify, const char *status)
{
    send_state(notify, "STOPPING=1\n", status);
}

void notify_status(const Notify *notify, const char *status)
{
    send_state(notify, "", status);
}

void notify_watchdog(const Notify *notify)
{
    send_text(notify, "WATCHDOG=1");
}

int64_t notify_watchdog_us(const Notify *notify)
{
    return notify->watchdog_us / 2;
}

void notify_free(Notify *notify)
{
    if (notify != NULL) {
        if (notify->socket >= 0) {
            (void)close(notify->socket);
        }
        g_free(notify);
    }
}
