/* The contacts of a license. */
#ifndef ISSUER_CLI_CMD_CONTACT_H
#define ISSUER_CLI_CMD_CONTACT_H

#include "cli/command.h"

extern const CommandGroup cmd_contact;

#endif
