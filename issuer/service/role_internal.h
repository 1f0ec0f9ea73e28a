/* What the supervisor (run.c) and the process of a role share. */
#ifndef ISSUER_SERVICE_ROLE_INTERNAL_H
#define ISSUER_SERVICE_ROLE_INTERNAL_H

#include "service/role.h"

/* "post", or of an instance "drop:inbox". New string. */
char *role_title(const Role *role, const char *instance);

/* The life of a role in the process that was forked for it, in which nothing of the supervisor is
 * open any more but what `seat` names; its `group` and `stop_fd` are found here. Returns the exit
 * code. */
int role_process(const RoleSeat *seat);

/* Shows a problem on the board, since now if it is new. `text` NULL: none. */
void role_show_problem(RoleStanding *standing, const char *text);

#endif
