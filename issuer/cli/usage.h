/* Help, made from the command tables. */
#ifndef ISSUER_CLI_USAGE_H
#define ISSUER_CLI_USAGE_H

#include "cli/command.h"

/* All commands with their summaries, and the options that all have. New string. */
char *usage_program(const CommandGroup *groups, gsize count, const OptionSpec *common);

/* The commands that begin with `word`, such as "key"; NULL if there are none. New string. */
char *usage_family(const CommandGroup *groups, gsize count, const char *word);

/* All about one command. New string. */
char *usage_command(const Command *command, const OptionSpec *common);

#endif
