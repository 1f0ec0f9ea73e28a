/* The role chores: what is done now and then, by one daemon at a time. Contacts are told
 * that a license expires, staff of what is new. */
#ifndef ISSUER_SERVICE_ROLE_CHORES_H
#define ISSUER_SERVICE_ROLE_CHORES_H

#include "service/role.h"

bool role_chores_wanted(const Settings *settings);

bool role_chores_judge(const Settings *settings, const char *instance, GError **error);

char *role_chores_watches(const Settings *settings, const char *instance);

bool role_chores_live(RoleCall *call, GError **error);

#endif
