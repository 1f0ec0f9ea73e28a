/* Progress of long work: one line on standard error that is written over, at most ten times a
 * second, and only if that is a terminal. */
#ifndef ISSUER_CLI_PROGRESS_H
#define ISSUER_CLI_PROGRESS_H

#include <glib.h>
#include <stdint.h>

typedef struct Progress Progress;

/* `what` is counted: "messages". The caller owns it. */
Progress *progress_new(const char *what);

/* `done` so far, of `total` (0: not known). */
void progress_show(Progress *progress, uint64_t done, uint64_t total);

/* Clears the line and frees. */
void progress_free(Progress *progress);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

#endif
