/* issuer migrate */
#ifndef ISSUER_CLI_CMD_SCHEMA_H
#define ISSUER_CLI_CMD_SCHEMA_H

#include "cli/command.h"

extern const CommandGroup cmd_schema;

#endif
