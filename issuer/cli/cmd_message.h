/* issuer message … */
#ifndef ISSUER_CLI_CMD_MESSAGE_H
#define ISSUER_CLI_CMD_MESSAGE_H

#include "cli/command.h"

extern const CommandGroup cmd_message;

#endif
