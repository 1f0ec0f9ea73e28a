/* issuer inspect, issuer ingest */
#ifndef ISSUER_CLI_CMD_MAIL_H
#define ISSUER_CLI_CMD_MAIL_H

#include "cli/command.h"

extern const CommandGroup cmd_mail;

#endif
