/* The role `signer`: alone has the signing key, and signs what the others ask it to. */
#ifndef ISSUER_SERVICE_ROLE_SIGNER_H
#define ISSUER_SERVICE_ROLE_SIGNER_H

#include "service/role.h"

char *role_signer_watches(const Settings *settings, const char *instance);

/* Opens the key and its count, then no file any more, and answers those who ask, also while the
 * daemon is about to stop, until it is told to. */
bool role_signer_live(RoleCall *call, GError **error);

#endif
