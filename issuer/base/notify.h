/* What a service tells its manager: systemd's protocol of datagrams (sd_notify(3)). Without a
 * manager (NOTIFY_SOCKET is not set) nothing is told, and nothing fails. */
#ifndef ISSUER_BASE_NOTIFY_H
#define ISSUER_BASE_NOTIFY_H

#include <glib.h>
#include <stdint.h>

typedef struct Notify Notify;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment, so
 * that nothing we start speaks in our name. ISSUER_ERROR_INPUT where the socket has no address that
 * can be. The caller owns the result. */
Notify *notify_open(GError **error);

/* We have started, or have read our settings again; `status`: one line for people. */
void notify_ready(const Notify *notify, const char *status);

/* Our settings are read again from now on; notify_ready() follows. */
void notify_reloading(const Notify *notify);

/* We are about to end. */
void notify_stopping(const Notify *notify, const char *status);

/* One line for people, as `systemctl status` shows it. */
void notify_status(const Notify *notify, const char *status);

/* All is well: to be told at least as often as the manager asks for. */
void notify_watchdog(const Notify *notify);

/* How often notify_watchdog() is to be called, in microseconds: half of what the manager bears; 0:
 * it does not ask for it. */
int64_t notify_watchdog_us(const Notify *notify);

/* Closes it; NULL is fine. */
void notify_free(Notify *notify);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Notify, notify_free)

#endif
