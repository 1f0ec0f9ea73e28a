/* After a command has changed license records: what waited for that is decided again. */
#ifndef ISSUER_CLI_REDECIDED_H
#define ISSUER_CLI_REDECIDED_H

#include "cli/command.h"

/* Decides again what waits, where this login may and the signing key is at hand, and tells people
 * what turned out otherwise. Elsewhere it cannot be told whether anything waits, and the next
 * ingest decides it: so a failure is none of the command's. False: not all was decided here. */
bool redecided_tell(const CommandCall *call);

#endif
