/* The daemon: starts a process for each role that the settings ask for, watches them, starts them
 * again, takes new settings, and ends them in order. It opens no database and no key and reads no
 * mail, so nothing that comes from outside can bring it down. */
#ifndef ISSUER_SERVICE_RUN_H
#define ISSUER_SERVICE_RUN_H

#include "service/role.h"

/* Runs until SIGTERM or SIGINT, and then until its processes have ended what they have in hand: at
 * most the setting stop-seconds, or until the signal comes again; what is left is killed. SIGHUP
 * has it read the settings again: new processes take the place of the old, each of which first ends
 * what it has in hand; settings that are wrong change nothing. Tells the service's manager
 * (base/notify.h) and logs (base/log.h). `above` (static; NULL: none) is a role beside those of
 * role_table(), of a room that stands above this one; it is started last. False, before anything
 * was started, with the errors of settings_load(), notify_open() and the roles' `judge`. */
bool run_daemon(const char *config_path, const Role *above, GError **error);

#endif
