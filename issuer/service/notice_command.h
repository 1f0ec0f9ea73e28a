/* Runs the program of the setting notice-command. */
#ifndef ISSUER_SERVICE_NOTICE_COMMAND_H
#define ISSUER_SERVICE_NOTICE_COMMAND_H

#include <glib.h>
#include <stdbool.h>

/* Runs `program` (a path) without a shell and without arguments, `text` on its standard input, what
 * it says thrown away, and of the environment PATH and LANG alone. After `seconds` it is killed.
 * `exit_code`: how it ended, after a signal 128 and its number; -1: it could not be started. False
 * with ISSUER_ERROR_FAILED unless that is 0. For a process of one thread. */
bool notice_command_run(const char *program, const char *text, unsigned seconds, int *exit_code,
                        GError **error);

#endif
