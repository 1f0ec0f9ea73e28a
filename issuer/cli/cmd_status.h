/* issuer status */
#ifndef ISSUER_CLI_CMD_STATUS_H
#define ISSUER_CLI_CMD_STATUS_H

#include "cli/command.h"

extern const CommandGroup cmd_status;

#endif
