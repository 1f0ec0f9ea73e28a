/* issuer request list, request show */
#ifndef ISSUER_CLI_CMD_REQUEST_H
#define ISSUER_CLI_CMD_REQUEST_H

#include "cli/command.h"

extern const CommandGroup cmd_request;

#endif
