/* The commands by which orders sells: license add, rekey, delivered. */
#ifndef ISSUER_CLI_CMD_SALE_H
#define ISSUER_CLI_CMD_SALE_H

#include "cli/command.h"

extern const CommandGroup cmd_sale;

#endif
