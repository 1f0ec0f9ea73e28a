/* issuer health. */
#ifndef ISSUER_CLI_CMD_HEALTH_H
#define ISSUER_CLI_CMD_HEALTH_H

#include "cli/command.h"

extern const CommandGroup cmd_health;

#endif
