/* issuer report …: what finance and the desk ask of the records. */
#ifndef ISSUER_CLI_CMD_REPORT_H
#define ISSUER_CLI_CMD_REPORT_H

#include "cli/command.h"

extern const CommandGroup cmd_report;

#endif
