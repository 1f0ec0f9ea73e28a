/* The role `post`: sends queued replies. */
#ifndef ISSUER_SERVICE_ROLE_POST_H
#define ISSUER_SERVICE_ROLE_POST_H

#include "service/role.h"

bool role_post_judge(const Settings *settings, const char *instance, GError **error);
char *role_post_watches(const Settings *settings, const char *instance);

/* Sends what is due, and comes again when the database says that a reply was queued, when the next
 * one is due, and now and then in any case. */
bool role_post_live(RoleCall *call, GError **error);

#endif
