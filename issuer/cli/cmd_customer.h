/* Customers: which there are, called otherwise, recorded twice. */
#ifndef ISSUER_CLI_CMD_CUSTOMER_H
#define ISSUER_CLI_CMD_CUSTOMER_H

#include "cli/command.h"

extern const CommandGroup cmd_customer;

#endif
