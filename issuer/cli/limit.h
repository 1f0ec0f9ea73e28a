/* --limit: how many rows of a list are shown. */
#ifndef ISSUER_CLI_LIMIT_H
#define ISSUER_CLI_LIMIT_H

#include "cli/options.h"
#include "cli/printer.h"

/* Its row in a command's table of options. */
#define LIMIT_OPTION                                                                               \
    {                                                                                              \
        .name = "limit", .value = "N", .type = OPTION_NUMBER, .least = 1, .most = 1000000,         \
        .meaning = "at most so many (200)"                                                         \
    }

/* How many rows that are: 200, unless told otherwise. */
unsigned limit_rows(const Options *options);

/* Says that there are more rows than were shown. */
void limit_say_more(Printer *printer);

#endif
