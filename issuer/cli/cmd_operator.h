/* issuer operator … */
#ifndef ISSUER_CLI_CMD_OPERATOR_H
#define ISSUER_CLI_CMD_OPERATOR_H

#include "cli/command.h"

extern const CommandGroup cmd_operator;

#endif
