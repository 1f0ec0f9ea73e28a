/* issuer quarantine … */
#ifndef ISSUER_CLI_CMD_QUARANTINE_H
#define ISSUER_CLI_CMD_QUARANTINE_H

#include "cli/command.h"

extern const CommandGroup cmd_quarantine;

#endif
