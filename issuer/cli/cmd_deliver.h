/* issuer deliver: hands queued replies over. */
#ifndef ISSUER_CLI_CMD_DELIVER_H
#define ISSUER_CLI_CMD_DELIVER_H

#include "cli/command.h"

extern const CommandGroup cmd_deliver;

#endif
