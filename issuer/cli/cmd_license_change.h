/* `issuer license upgrade`, `correct`, `end`, `suspend`, `resume`, `terms`. */
#ifndef ISSUER_CLI_CMD_LICENSE_CHANGE_H
#define ISSUER_CLI_CMD_LICENSE_CHANGE_H

#include "cli/command.h"

extern const CommandGroup cmd_license_change;

#endif
