/* issuer request preview, issue, refuse, keep, resend, add: what a person decides. */
#ifndef ISSUER_CLI_CMD_REVIEW_H
#define ISSUER_CLI_CMD_REVIEW_H

#include "cli/command.h"

extern const CommandGroup cmd_review;

#endif
