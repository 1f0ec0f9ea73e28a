/* A command of the program: its words, its options, its help, and the function that does it. The
 * tables in cli/cmd_*.c are the only place where a command is described; help, parsing and dispatch
 * all read them. */
#ifndef ISSUER_CLI_COMMAND_H
#define ISSUER_CLI_COMMAND_H

#include "cli/options.h"
#include "cli/printer.h"
#include "service/settings.h"

#include <glib.h>
#include <stdbool.h>

/* What a command is called with. */
typedef struct {
    const char *words; /* the command's own: "key init" */
    const Options *options;
    Printer *printer;        /* finished by the caller */
    const char *config_path; /* --config, or NULL */
} CommandCall;

/* Does the work and prints its result. False with an error: it could not be done; the error's code
 * gives the exit code. False without one: done, but something in it was not, and this was told
 * already (exit 1). */
typedef bool (*CommandRun)(const CommandCall *call, GError **error);

typedef struct {
    const char *words;   /* "key init" */
    const char *summary; /* one line, no full stop */
    CommandRun run;
    OptionSpec spec;     /* without the options that all commands have */
    const char *details; /* further paragraphs for its help; or NULL */
} Command;

/* The commands of one file. */
typedef struct {
    const Command *commands;
    gsize count;
} CommandGroup;

/* Runs the command that argv names; prints errors. Returns the exit code. */
int command_main(const CommandGroup *groups, gsize count, int argc, char **argv);

/* For cmd_*.c: the settings that --config and the environment name. The caller owns them. */
Settings *command_settings(const CommandCall *call, GError **error);

#endif
