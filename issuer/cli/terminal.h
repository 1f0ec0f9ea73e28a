/* Secrets that a person gives: from a private file, or typed on the terminal without being shown.
 * Never from the command line, which everybody on the machine can read. */
#ifndef ISSUER_CLI_TERMINAL_H
#define ISSUER_CLI_TERMINAL_H

#include "base/secret.h"

#include <glib.h>

/* The operator's token: the file that ISSUER_TOKEN_FILE names, else asked for. Without both
 * ISSUER_ERROR_DENIED. The caller owns it, as with all of these. */
Secret *terminal_token(GError **error);

/* The first line of a private file (see file_read_private()). ISSUER_ERROR_INPUT if it is empty. */
Secret *terminal_read_file(const char *path, GError **error);

/* Asks "PROMPT: " once. ISSUER_ERROR_DENIED if there is no terminal, with `instead` as what to do
 * then. */
Secret *terminal_ask(const char *prompt, const char *instead, GError **error);

/* Asks twice; ISSUER_ERROR_INPUT if the answers differ or are empty. */
Secret *terminal_ask_new(const char *prompt, const char *instead, GError **error);

#endif
