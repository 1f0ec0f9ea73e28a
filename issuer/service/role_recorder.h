/* The role `recorder`: puts on record what the daemon watches and how that stands, so that `issuer
 * status` can tell; and when the daemon was started, took new settings and stopped. No other role
 * needs the database for that. */
#ifndef ISSUER_SERVICE_ROLE_RECORDER_H
#define ISSUER_SERVICE_ROLE_RECORDER_H

#include "service/role.h"

char *role_recorder_watches(const Settings *settings, const char *instance);

/* Writes what has changed on the board, a few seconds after it did, and at the daemon's end once
 * more. */
bool role_recorder_live(RoleCall *call, GError **error);

#endif
