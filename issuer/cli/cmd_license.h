/* issuer license … */
#ifndef ISSUER_CLI_CMD_LICENSE_H
#define ISSUER_CLI_CMD_LICENSE_H

#include "cli/command.h"

extern const CommandGroup cmd_license;

#endif
