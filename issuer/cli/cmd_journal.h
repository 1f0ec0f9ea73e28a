/* `issuer journal`: the journal of usage licenses. */
#ifndef ISSUER_CLI_CMD_JOURNAL_H
#define ISSUER_CLI_CMD_JOURNAL_H

#include "cli/command.h"

extern const CommandGroup cmd_journal;

#endif
