/* The roles `drop` and `bulk`: what is put into a drop folder is taken in, and moved to `done` or
 * `failed` with a report. What is large is `bulk`'s, so that no single mail waits for an export. */
#ifndef ISSUER_SERVICE_ROLE_DROP_H
#define ISSUER_SERVICE_ROLE_DROP_H

#include "service/role.h"

bool role_drop_judge(const Settings *settings, const char *instance, GError **error);
char *role_drop_watches(const Settings *settings, const char *instance);
char *role_bulk_watches(const Settings *settings, const char *instance);

/* Several processes may share a folder; one that is killed at any point leaves what it had to the
 * next. */
bool role_drop_live(RoleCall *call, GError **error);
bool role_bulk_live(RoleCall *call, GError **error);

#endif
