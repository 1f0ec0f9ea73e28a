/* Lost-server cases. */
#ifndef ISSUER_CLI_CMD_RESTORATION_H
#define ISSUER_CLI_CMD_RESTORATION_H

#include "cli/command.h"

extern const CommandGroup cmd_restoration;

#endif
