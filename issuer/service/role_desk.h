/* The role `desk`: carries out what people have filed. */
#ifndef ISSUER_SERVICE_ROLE_DESK_H
#define ISSUER_SERVICE_ROLE_DESK_H

#include "service/role.h"

char *role_desk_watches(const Settings *settings, const char *instance);

/* Carries out what is filed, and comes again when the database says that more was, and each second
 * in any case. */
bool role_desk_live(RoleCall *call, GError **error);

#endif
