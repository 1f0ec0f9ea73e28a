/* issuer rules */
#ifndef ISSUER_CLI_CMD_RULES_H
#define ISSUER_CLI_CMD_RULES_H

#include "cli/command.h"

extern const CommandGroup cmd_rules;

#endif
