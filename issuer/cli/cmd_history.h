/* What happened (event), what should be seen (alert), what people said (instruction). */
#ifndef ISSUER_CLI_CMD_HISTORY_H
#define ISSUER_CLI_CMD_HISTORY_H

#include "cli/command.h"

extern const CommandGroup cmd_history;

#endif
