/* issuer fetch: takes in the mails of mailboxes. */
#ifndef ISSUER_CLI_CMD_FETCH_H
#define ISSUER_CLI_CMD_FETCH_H

#include "cli/command.h"

extern const CommandGroup cmd_fetch;

#endif
