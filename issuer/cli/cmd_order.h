/* Orders and the catalogue. */
#ifndef ISSUER_CLI_CMD_ORDER_H
#define ISSUER_CLI_CMD_ORDER_H

#include "cli/command.h"

extern const CommandGroup cmd_order;

#endif
