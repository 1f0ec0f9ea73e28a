/* How a failure ends the program: one line on standard error and one exit code. */
#ifndef ISSUER_CLI_FAILURE_H
#define ISSUER_CLI_FAILURE_H

#include <glib.h>

typedef enum {
    EXIT_DONE = 0,
    EXIT_NOT_DONE = 1,
    EXIT_WRONG_USAGE = 2,
    EXIT_OUT_OF_REACH = 3,
} ExitCode;

/* Prints "issuer: MESSAGE" as one safe line. Returns the exit code for it. */
ExitCode failure_report(const GError *error);

#endif
