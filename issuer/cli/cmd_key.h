/* issuer key: make and list the keys that sign usage licenses. */
#ifndef ISSUER_CLI_CMD_KEY_H
#define ISSUER_CLI_CMD_KEY_H

#include "cli/command.h"

extern const CommandGroup cmd_key;

#endif
