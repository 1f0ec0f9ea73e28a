/* Words that a person writes for a mail of ours: on the command line or in a file. */
#ifndef ISSUER_CLI_WORDS_H
#define ISSUER_CLI_WORDS_H

#include "cli/options.h"

#define WORDS_MOST 8000 /* characters */

/* Their rows in a command's table of options. */
#define WORDS_OPTIONS                                                                              \
    {.name = "text",                                                                               \
     .value = "TEXT",                                                                              \
     .type = OPTION_TEXT,                                                                          \
     .most = WORDS_MOST,                                                                           \
     .meaning = "what to write"},                                                                  \
    {                                                                                              \
        .name = "text-file", .value = "FILE", .type = OPTION_PATH,                                 \
        .meaning = "file with what to write; - is standard input"                                  \
    }

/* Whether either option was given. */
bool words_are_given(const Options *options);

/* The words that one of the two options gives. ISSUER_ERROR_USAGE if none or both are given, _INPUT
 * if the file holds no text, or too much; errors of file_read_whole(). New string. */
char *words_read(const Options *options, GError **error);

#endif
