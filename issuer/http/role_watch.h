/* The daemon's role `watch`: where the setting watch-address says, it answers programs that look
 * on, by README.md. */
#ifndef ISSUER_HTTP_ROLE_WATCH_H
#define ISSUER_HTTP_ROLE_WATCH_H

#include "service/role.h"

/* For run_daemon(). */
extern const Role role_watch;

#endif
