/* issuer usage-license … */
#ifndef ISSUER_CLI_CMD_USAGE_LICENSE_H
#define ISSUER_CLI_CMD_USAGE_LICENSE_H

#include "cli/command.h"

extern const CommandGroup cmd_usage_license;

#endif
