/* The role `fetch`: follows one mailbox, so that each mail is taken in as soon as its server tells
 * of it. */
#ifndef ISSUER_SERVICE_ROLE_FETCH_H
#define ISSUER_SERVICE_ROLE_FETCH_H

#include "service/role.h"

bool role_fetch_judge(const Settings *settings, const char *instance, GError **error);
char *role_fetch_watches(const Settings *settings, const char *instance);

/* Of several processes that follow the same mailbox, one reads it, and the others wait for its end.
 * One that is killed at any point leaves to the next what it had: a mail is marked or moved once
 * its outcome is on record. */
bool role_fetch_live(RoleCall *call, GError **error);

#endif
