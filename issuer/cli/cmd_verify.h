/* `issuer verify`: is this usage license one of ours? */
#ifndef ISSUER_CLI_CMD_VERIFY_H
#define ISSUER_CLI_CMD_VERIFY_H

#include "cli/command.h"

extern const CommandGroup cmd_verify;

#endif
