/* What the roles have in common that take mails in. */
#ifndef ISSUER_SERVICE_ROLE_INTAKE_H
#define ISSUER_SERVICE_ROLE_INTAKE_H

#include "service/intake.h"
#include "service/role.h"

/* What is done while no mail waits, as intake_rest() says; logs what was decided again. */
bool role_intake_rest(RoleCall *call, Intake *intake, GError **error);

/* Counts on the board what became of the mails and codes of a run. */
void role_intake_count(const RoleCall *call, const IngestTotals *totals);

#endif
