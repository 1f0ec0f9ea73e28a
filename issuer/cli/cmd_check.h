/* issuer check */
#ifndef ISSUER_CLI_CMD_CHECK_H
#define ISSUER_CLI_CMD_CHECK_H

#include "cli/command.h"

extern const CommandGroup cmd_check;

#endif
