#include "cli/progress.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define INTERVAL_US 100000

struct Progress {
    char *what;
    bool visible; /* standard error is a terminal */
    bool shown;
    int64_t next_us;
};

Progress *progress_new(const char *what)
{
    Progress *progress = g_new0(Progress, 1);
    progress->what = g_strdup(what);
    progress->visible = isatty(STDERR_FILENO) == 1;
    return progress;
}

void progress_show(Progress *progress, uint64_t done, uint64_t total)
{
    int64_t now = progress->visible ? clock_monotonic_us() : 0;
    if (!progress->visible || now < progress->next_us) {
        return;
    }
    progress->next_us = now + INTERVAL_US;
    progress->shown = true;
    if (total > 0) {
        (void)fprintf(stderr, "\r%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " %s\x1b[K",
                      (guint64)done, (guint64)total, progress->what);
    } else {
        (void)fprintf(stderr, "\r%" G_GUINT64_FORMAT " %s\x1b[K", (guint64)done, progress->what);
    }
}

void progress_free(Progress *progress)
{
    if (progress == NULL) {
        return;
    }
    if (progress->shown) {
        (void)fputs("\r\x1b[K", stderr);
    }
    g_free(progress->what);
    g_free(progress);
}
