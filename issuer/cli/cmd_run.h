/* issuer run: the daemon. */
#ifndef ISSUER_CLI_CMD_RUN_H
#define ISSUER_CLI_CMD_RUN_H

#include "cli/command.h"

extern const CommandGroup cmd_run;

#endif
